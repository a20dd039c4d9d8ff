//! `GET /v1/session`: who one is.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::SessionUser;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// The session.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionAnswer {
    /// The person.
    user: SessionUser,
    /// `ses_` and 20 characters.
    session: String,
    /// The organization through whose provider one signed in, and to which the session is confined; null: with a
    /// password.
    single_sign_on: Option<String>,
    /// Whether an authenticator is in use.
    totp: bool,
    /// Recovery codes that are left.
    recovery_codes_left: u64,
}

/// Who am I
#[utoipa::path(
    get,
    path = "/v1/session",
    tag = "people",
    operation_id = "get_session",
    responses(
        (status = 200, description = "The signed-in person", body = SessionAnswer),
        (status = 401, description = "Nobody", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Json<SessionAnswer>, ApiError> {
    let user = state.auth.own_account(&caller.caller, Operation::GetSession).await?;
    params.end()?;
    let (totp, recovery_codes_left) = state.auth.second_factor(&user.id).await?;
    let session = caller.caller.person().map(|person| person.session.to_string()).unwrap_or_default();
    let mut user = SessionUser::from(&user);
    user.operator = caller.caller.person().is_some_and(|person| person.is_operator);
    let single_sign_on = caller.caller.sso_org().map(ToString::to_string);
    Ok(Json(SessionAnswer { user, session, single_sign_on, totp, recovery_codes_left }))
}
