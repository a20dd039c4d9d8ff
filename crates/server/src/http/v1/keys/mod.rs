//! API keys.

pub mod create;
pub mod get;
pub mod list;
pub mod revoke;

use serde::Serialize;
use serde_json::json;
use tallystick_auth::KeyView;
use utoipa::ToSchema;

use crate::admin_events::Act;

/// An API key, without its token.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// `ak_` and 20 characters.
    id: String,
    /// The only organization it may touch; null: all.
    org: Option<String>,
    /// For people.
    name: String,
    /// What it may do.
    scopes: Vec<String>,
    /// First characters of the token.
    token_prefix: String,
    /// RFC 3339.
    created_at: String,
    /// Id of the key that made it, or `root`.
    created_by: String,
    /// RFC 3339, within a minute or so.
    last_used_at: Option<String>,
    /// RFC 3339; null: never.
    expires_at: Option<String>,
    /// RFC 3339; null: it is not.
    revoked_at: Option<String>,
}

impl From<KeyView> for ApiKey {
    fn from(key: KeyView) -> Self {
        Self {
            id: key.id,
            org: key.org.map(String::from),
            name: key.name,
            scopes: key.scopes,
            token_prefix: key.token_prefix,
            created_at: key.created_at,
            created_by: key.created_by,
            last_used_at: key.last_used_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// What is recorded of an act on a key.
fn act(action: &'static str, key: &KeyView) -> Act {
    Act {
        action,
        org: key.org.clone(),
        target_type: "api_key",
        target_id: key.id.clone(),
        target_name: key.name.clone(),
        changes: Vec::new(),
        metadata: json!({ "scopes": key.scopes, "expires_at": key.expires_at }),
    }
}
