//! `DELETE /v1/session`: signs out.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tallystick_auth::Operation;

use crate::{
    admin_events::Who,
    error::{ApiError, Problem},
    http::{caller::Authenticated, cookie, params::Params},
    people_events::{self, AccountAct, USER_SIGNED_OUT},
    state::AppState,
};

/// Sign out
///
/// The session ends and its cookie is taken away. Recorded as `user.signed_out`.
#[utoipa::path(
    delete,
    path = "/v1/session",
    tag = "people",
    operation_id = "sign_out",
    responses(
        (status = 204, description = "Signed out"),
        (status = 401, description = "Nobody is", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn end(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Response, ApiError> {
    let user = state.auth.own_account(&caller.caller, Operation::EndSession).await?;
    params.end()?;
    state.auth.sign_out(&caller.caller).await?;
    let act = AccountAct::done(USER_SIGNED_OUT, json!({ "initiator": "user" }));
    people_events::record(&state, &Who::from(&caller), &user, act).await;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie::clear(&state))]).into_response())
}
