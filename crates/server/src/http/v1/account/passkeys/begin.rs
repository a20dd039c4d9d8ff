//! `POST /v1/account/passkeys/begin`: a challenge for the device that is to make a passkey.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tallystick_auth::{Operation, Secret};
use utoipa::ToSchema;

use super::super::PasswordAgain;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, cookie, json::Body, params::Params},
    state::AppState,
};

/// What a browser hands to the device.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChallengeAnswer {
    /// `{"publicKey": ...}`, as WebAuthn has it in JSON: bytes are in base64url.
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
}

/// Begin with a passkey
///
/// The answer sets a cookie that belongs to the challenge. It is good for five minutes and for one answer, to
/// `POST /v1/account/passkeys`, with the same session.
#[utoipa::path(
    post,
    path = "/v1/account/passkeys/begin",
    tag = "people",
    operation_id = "begin_passkey",
    request_body = PasswordAgain,
    responses(
        (status = 200, description = "What the device needs", body = ChallengeAnswer),
        (status = 403, description = "The password is wrong",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are too many, or none at this address",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn begin(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    let _reach = caller.may(Operation::BeginPasskey, None)?;
    params.end()?;
    let site = state.options.passkey_site(request.headers())?;
    let Body(again) = Body::<PasswordAgain>::read(request, &state).await?;
    let password = Secret::from(again.password);
    let challenge = state.auth.begin_passkey(&caller.caller, &site, &password).await?;
    let kept = [(header::SET_COOKIE, cookie::set_challenge(&state, &challenge.token))];
    Ok((kept, Json(ChallengeAnswer { options: challenge.options })).into_response())
}
