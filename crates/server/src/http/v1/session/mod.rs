//! The session of whoever asks: signing in, who one is, signing out.

pub mod end;
pub mod get;
pub mod passkey;
pub mod passkey_begin;
pub mod sign_in;

use serde::Serialize;
use tallystick_catalog::User;
use utoipa::ToSchema;

/// A signed-in person.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionUser {
    /// `usr_` and 20 characters.
    pub id: String,
    /// For people.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// As in `Europe/Madrid`.
    pub time_zone: String,
    /// Whether they run the installation.
    pub operator: bool,
}

impl From<&User> for SessionUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name.clone(),
            email: user.email.clone(),
            time_zone: user.time_zone.clone(),
            operator: user.is_operator,
        }
    }
}
