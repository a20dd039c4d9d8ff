//! A person's own account.

pub mod email;
pub mod passkeys;
pub mod password;
pub mod totp_begin;
pub mod totp_confirm;
pub mod totp_remove;
pub mod update;

use axum::http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    http::{caller::Authenticated, cookie, json::Members},
    state::AppState,
};

/// The header that gives the browser another token for its session, after what somebody signs in with has changed.
async fn renewed(
    state: &AppState,
    caller: &Authenticated,
) -> Result<[(HeaderName, HeaderValue); 1], ApiError> {
    let token = state.auth.renew_session(&caller.caller).await?;
    Ok([(header::SET_COOKIE, cookie::set(state, &token))])
}

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
