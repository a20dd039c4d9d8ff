//! `POST /v1/account/password`: another password.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tallystick_auth::{Operation, Secret};
use utoipa::ToSchema;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    people_events::{self, AccountAct, PASSWORD_CHANGED},
    state::AppState,
};

/// The present password and the next.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    password: String,
    /// At least 12 characters, of any kind.
    new_password: String,
}

impl Members for PasswordChange {
    const MEMBERS: &'static [&'static str] = &["password", "new_password"];
}

/// What a new password did.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasswordChanged {
    /// Other sessions that ended.
    sessions_ended: u64,
}

/// Change one's password
///
/// All other sessions end, and the cookie of this one is replaced. Recorded as `password.changed`.
#[utoipa::path(
    post,
    path = "/v1/account/password",
    tag = "people",
    operation_id = "change_password",
    request_body = PasswordChange,
    responses(
        (status = 200, description = "Changed", body = PasswordChanged),
        (status = 403, description = "The present password is wrong",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn change(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<impl IntoResponse, ApiError> {
    let user = state.auth.own_account(&caller.caller, Operation::ChangePassword).await?;
    params.end()?;
    let Body(change) = Body::<PasswordChange>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let (present, new) = (Secret::from(change.password), Secret::from(change.new_password));
    let sessions_ended = state.auth.change_password(&caller.caller, &present, &new).await?;
    let act = AccountAct::done(PASSWORD_CHANGED, json!({ "sessions_ended": sessions_ended }));
    people_events::record(&state, &Who::from(&caller), &user, act).await;
    Ok((super::renewed(&state, &caller).await?, Json(PasswordChanged { sessions_ended })))
}
