//! Invitations into organizations.

pub mod create;
pub mod list;
pub mod revoke;

use serde::Serialize;
use serde_json::{Value, json};
use tallystick_catalog::Link;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::admin_events::Act;

/// An invitation, without its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// `lnk_` and 20 characters.
    id: String,
    /// For whom.
    email: String,
    /// Into which organization.
    org: String,
    /// As what: `owner`, `admin`, `auditor`, `member`, or a custom role's id.
    role: String,
    /// RFC 3339.
    created_at: String,
    /// Id of a person or a key, or `root`.
    created_by: String,
    /// RFC 3339; it works until then.
    expires_at: String,
}

impl From<&Link> for Invitation {
    fn from(link: &Link) -> Self {
        Self {
            id: link.id.to_string(),
            email: link.email.clone().unwrap_or_default(),
            org: link.org.as_ref().map(ToString::to_string).unwrap_or_default(),
            role: link.role.clone().unwrap_or_default(),
            created_at: format_ms(link.created_ms),
            created_by: link.created_by.clone(),
            expires_at: format_ms(link.expires_ms),
        }
    }
}

/// What is recorded of an act on an invitation.
fn act(action: &'static str, link: &Link, changes: Vec<(&'static str, Value, Value)>) -> Act {
    Act {
        action,
        org: link.org.clone(),
        target_type: "invitation",
        target_id: link.id.to_string(),
        target_name: link.email.clone().unwrap_or_default(),
        changes,
        metadata: json!({ "role": link.role, "expires_at": format_ms(link.expires_ms) }),
    }
}
