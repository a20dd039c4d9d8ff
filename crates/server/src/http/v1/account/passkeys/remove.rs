//! `DELETE /v1/account/passkeys/{id}`: does without a passkey.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use serde_json::json;
use tallystick_auth::{Operation, Secret};
use tallystick_catalog::PasskeyId;

use super::super::{PasswordAgain, renewed};
use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, json::Body, params::Params, path::Id},
    people_events::{self, AccountAct, PASSKEY_REMOVED, passkey_facts},
    state::AppState,
};

/// Remove a passkey
///
/// Nobody signs in with it any more; sessions that were opened with it go on. The session's cookie is replaced.
/// Recorded as `passkey.removed`.
#[utoipa::path(
    delete,
    path = "/v1/account/passkeys/{id}",
    tag = "people",
    operation_id = "remove_passkey",
    params(("id" = String, Path, description = "`pk_` and 20 characters")),
    request_body = PasswordAgain,
    responses(
        (status = 204, description = "Removed"),
        (status = 403, description = "The password is wrong",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn remove(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<PasskeyId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<impl IntoResponse, ApiError> {
    let _reach = caller.may(Operation::RemovePasskey, None)?;
    params.end()?;
    let Body(again) = Body::<PasswordAgain>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let password = Secret::from(again.password);
    let (user, passkey) = state.auth.remove_passkey(&caller.caller, &id, &password).await?;
    let act = AccountAct::done(PASSKEY_REMOVED, json!({ "passkey": passkey_facts(&passkey) }));
    people_events::record(&state, &Who::from(&caller), &user, act).await;
    Ok((renewed(&state, &caller).await?, StatusCode::NO_CONTENT))
}
