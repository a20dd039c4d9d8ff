//! `POST /v1/account/totp`: begins with an authenticator.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{Operation, Secret};
use utoipa::ToSchema;

use super::PasswordAgain;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, json::Body, params::Params},
    state::AppState,
};

/// What an authenticator needs. It is shown this once.
#[derive(Serialize, ToSchema)]
pub struct TotpBegun {
    /// To be typed in: base 32.
    secret: String,
    /// To be shown as a QR code: `otpauth://totp/...`.
    url: String,
}

/// Begin with an authenticator
///
/// It is in use once a code of it was sent to `/v1/account/totp/confirm`; to begin again before makes another secret.
#[utoipa::path(
    post,
    path = "/v1/account/totp",
    tag = "people",
    operation_id = "begin_totp",
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "What the authenticator needs", body = TotpBegun),
        (status = 403, description = "The password is wrong, or one is in use",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn begin(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<TotpBegun>, ApiError> {
    let _reach = caller.may(Operation::BeginTotp, None)?;
    params.end()?;
    let Body(again) = Body::<PasswordAgain>::read(request, &state).await?;
    let begun = state.auth.begin_totp(&caller.caller, &Secret::from(again.password)).await?;
    Ok(Json(TotpBegun { secret: begun.secret.expose().to_owned(), url: begun.address.expose().to_owned() }))
}
