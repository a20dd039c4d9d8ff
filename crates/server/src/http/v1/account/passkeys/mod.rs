//! A person's own passkeys.

pub mod add;
pub mod begin;
pub mod list;
pub mod remove;
pub mod rename;

use serde::Serialize;
use tallystick_catalog::Passkey;
use tallystick_event::format_ms;
use utoipa::ToSchema;

/// A passkey.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyView {
    /// `pk_` and 20 characters.
    id: String,
    /// For people.
    name: String,
    /// RFC 3339.
    created_at: String,
    /// When somebody last signed in with it, RFC 3339; null: never.
    used_at: Option<String>,
    /// Whether it is kept in more places than one, as a password manager does; false: on one device.
    synced: bool,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        Self {
            id: passkey.id.to_string(),
            name: passkey.name,
            created_at: format_ms(passkey.created_ms),
            used_at: passkey.used_ms.map(format_ms),
            synced: passkey.is_synced,
        }
    }
}
