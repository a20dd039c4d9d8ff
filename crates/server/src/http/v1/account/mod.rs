//! A person's own account.

pub mod password;
pub mod totp_begin;
pub mod totp_confirm;
pub mod totp_remove;
pub mod update;

use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::json::Members;

/// The present password again, so that a session left open is not enough.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAgain {
    /// The present password.
    password: String,
}

impl Members for PasswordAgain {
    const MEMBERS: &'static [&'static str] = &["password"];
}
