//! `DELETE /v1/account/totp`: does without an authenticator.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;
use tallystick_auth::{Operation, Secret};

use super::PasswordAgain;
use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, json::Body, params::Params},
    people_events::{self, AccountAct, MFA_FACTOR_REMOVED},
    state::AppState,
};

/// Remove one's authenticator
///
/// The recovery codes go with it, and the session's cookie is replaced. Recorded as `mfa_factor.removed`.
#[utoipa::path(
    delete,
    path = "/v1/account/totp",
    tag = "people",
    operation_id = "remove_totp",
    request_body = PasswordAgain,
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "The password is wrong",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn remove(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<impl IntoResponse, ApiError> {
    let user = state.auth.own_account(&caller.caller, Operation::RemoveTotp).await?;
    params.end()?;
    let Body(again) = Body::<PasswordAgain>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    if state.auth.remove_totp(&caller.caller, &Secret::from(again.password)).await? {
        let act = AccountAct::done(MFA_FACTOR_REMOVED, json!({ "factor_type": "totp" }));
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    Ok((super::renewed(&state, &caller).await?, StatusCode::NO_CONTENT))
}
