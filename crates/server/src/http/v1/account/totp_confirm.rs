//! `POST /v1/account/totp/confirm`: puts an authenticator in use.

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
    people_events::{self, AccountAct, MFA_FACTOR_ENROLLED},
    state::AppState,
};

/// The first code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstCode {
    /// Six digits.
    #[schema(example = "287082")]
    code: String,
}

impl Members for FirstCode {
    const MEMBERS: &'static [&'static str] = &["code"];
}

/// Recovery codes. They are shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten; each works once in place of a code.
    recovery_codes: Vec<String>,
}

/// Put an authenticator in use
///
/// From now on every sign-in takes a code. The session's cookie is replaced. Recorded as `mfa_factor.enrolled`.
#[utoipa::path(
    post,
    path = "/v1/account/totp/confirm",
    tag = "people",
    operation_id = "confirm_totp",
    request_body = FirstCode,
    responses(
        (status = 200, description = "In use", body = RecoveryCodes),
        (status = 403, description = "The code is wrong",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn confirm(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<impl IntoResponse, ApiError> {
    let user = state.auth.own_account(&caller.caller, Operation::ConfirmTotp).await?;
    params.end()?;
    let Body(first) = Body::<FirstCode>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let recovery_codes = state.auth.confirm_totp(&caller.caller, &Secret::from(first.code)).await?;
    let act = AccountAct::done(MFA_FACTOR_ENROLLED, json!({ "factor_type": "totp" }));
    people_events::record(&state, &Who::from(&caller), &user, act).await;
    Ok((super::renewed(&state, &caller).await?, Json(RecoveryCodes { recovery_codes })))
}
