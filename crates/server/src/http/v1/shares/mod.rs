//! Links by which one event is shown to somebody without an account. The page behind them is `ui/pages/share.rs`.

pub mod create;
pub mod list;
pub mod revoke;

use serde::Serialize;
use serde_json::{Value, json};
use tallystick_catalog::Share;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::admin_events::Act;

/// A link to an event was made.
pub const AUDIT_SHARE_CREATED: &str = "audit_share.created";
/// Somebody opened it.
pub const AUDIT_SHARE_OPENED: &str = "audit_share.opened";
/// Somebody took the proof from behind it.
pub const AUDIT_SHARE_DOWNLOADED: &str = "audit_share.downloaded";
/// It was taken back.
pub const AUDIT_SHARE_REVOKED: &str = "audit_share.revoked";

/// A link to an event, without what opens it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareAnswer {
    /// `shr_` and 20 characters.
    id: String,
    /// Whose event.
    org: String,
    /// Which.
    event: String,
    /// For whom or what, in its maker's words.
    note: String,
    /// RFC 3339.
    created_at: String,
    /// Id of a person or a key, or `root`.
    created_by: String,
    /// The maker's name at that time.
    created_by_name: String,
    /// RFC 3339; it works until then.
    expires_at: String,
    /// When it was last opened, RFC 3339; null: never.
    opened_at: Option<String>,
}

impl From<&Share> for ShareAnswer {
    fn from(share: &Share) -> Self {
        Self {
            id: share.id.to_string(),
            org: share.org.to_string(),
            event: share.event.to_string(),
            note: share.note.clone(),
            created_at: format_ms(share.created_ms),
            created_by: share.created_by.clone(),
            created_by_name: share.created_by_name.clone(),
            expires_at: format_ms(share.expires_ms),
            opened_at: share.opened_ms.map(format_ms),
        }
    }
}

/// What is recorded of an act on a link.
pub fn act(action: &'static str, share: &Share, changes: Vec<(&'static str, Value, Value)>) -> Act {
    Act {
        action,
        org: Some(share.org.clone()),
        target_type: "audit_share",
        target_id: share.id.to_string(),
        target_name: share.event.to_string(),
        changes,
        metadata: json!({
            "event": share.event.to_string(), "note": share.note, "expires_at": format_ms(share.expires_ms),
        }),
    }
}
