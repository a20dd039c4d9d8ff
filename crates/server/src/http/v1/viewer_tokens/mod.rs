//! Viewer tokens: what a product's backend makes so that its pages can show a part of a log.

pub mod create;
pub mod list;
pub mod revoke;
pub mod revoke_all;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_catalog::ViewerToken;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::admin_events::{AUDIT_VIEWER_TOKEN_ISSUED, Act};

/// Who looks, as the product that shows the log knows them.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ViewerActor {
    /// Their id there; what they look at is recorded as theirs.
    #[schema(example = "u_7")]
    pub id: String,
    /// Their name.
    #[schema(example = "Ana Ruiz")]
    pub name: Option<String>,
}

/// A viewer token, without the token itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewerTokenAnswer {
    /// `vt_` and 20 characters.
    id: String,
    /// Whose log it shows.
    org: String,
    /// Who looks.
    actor: ViewerActor,
    /// Query that every event they see matches; empty: all events.
    query: String,
    /// What they may beside reading: `search`, `raw`, `live`, `export`.
    features: Vec<String>,
    /// Origins of the pages that may show it.
    origins: Vec<String>,
    /// Whether what they look at is recorded.
    record_views: bool,
    /// RFC 3339.
    created_at: String,
    /// A key's id, a person's, or `root`.
    created_by: String,
    /// RFC 3339.
    expires_at: String,
    /// RFC 3339; null: it is not.
    revoked_at: Option<String>,
    /// Address of a page that shows it in an `iframe`, which only pages of its origins may.
    frame: String,
}

impl From<&ViewerToken> for ViewerTokenAnswer {
    fn from(token: &ViewerToken) -> Self {
        Self {
            id: token.id.to_string(),
            org: token.org.to_string(),
            actor: ViewerActor { id: token.actor_id.clone(), name: token.actor_name.clone() },
            query: token.filter.clone(),
            features: token.features.clone(),
            origins: token.origins.clone(),
            record_views: token.record_views,
            created_at: format_ms(token.created_ms),
            created_by: token.created_by.clone(),
            expires_at: format_ms(token.expires_ms),
            revoked_at: token.revoked_ms.map(format_ms),
            frame: format!("/embed/v1/frame/{}", token.id),
        }
    }
}

/// What is recorded of an act on a token.
fn act(action: &'static str, token: &ViewerToken) -> Act {
    let changes = if action == AUDIT_VIEWER_TOKEN_ISSUED {
        vec![
            ("/org", Value::Null, json!(token.org)),
            ("/filter", Value::Null, json!(token.filter)),
            ("/features", Value::Null, json!(token.features)),
            ("/origins", Value::Null, json!(token.origins)),
            ("/record_views", Value::Null, json!(token.record_views)),
            ("/expires_at", Value::Null, json!(format_ms(token.expires_ms))),
        ]
    } else {
        vec![("/status", json!("active"), json!("revoked"))]
    };
    Act {
        action,
        org: Some(token.org.clone()),
        target_type: "viewer_token",
        target_id: token.id.to_string(),
        target_name: token.actor_name.clone().unwrap_or_else(|| token.actor_id.clone()),
        changes,
        metadata: json!({ "viewer_id": token.actor_id }),
    }
}
