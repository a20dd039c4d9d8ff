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
    Ok(Json(SessionAnswer { user: SessionUser::from(&user), session, totp, recovery_codes_left }))
}
