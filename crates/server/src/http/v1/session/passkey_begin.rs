//! `POST /v1/session/passkey/begin`: a challenge for whoever wants to sign in with a passkey.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    error::{ApiError, Problem},
    http::{cookie, params::Params, same_site, v1::account::passkeys::begin::ChallengeAnswer},
    state::AppState,
};

/// Begin to sign in with a passkey
///
/// The answer sets a cookie that belongs to the challenge. It is good for five minutes and for one answer, to
/// `POST /v1/session/passkey`. It says nothing of any account.
#[utoipa::path(
    post,
    path = "/v1/session/passkey/begin",
    tag = "people",
    operation_id = "begin_passkey_sign_in",
    responses(
        (status = 200, description = "What the device needs", body = ChallengeAnswer),
        (status = 409, description = "There are no passkeys at this address",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub async fn begin(
    State(state): State<Arc<AppState>>,
    params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    params.end()?;
    let (parts, _) = request.into_parts();
    same_site::check_api_if_browser(&parts)?;
    let site = state.options.passkey_site(&parts.headers)?;
    let challenge = state.auth.begin_passkey_sign_in(&site);
    let challenge = challenge.map_err(|why| ApiError::internal(why.reason()))?;
    let kept = [(header::SET_COOKIE, cookie::set_challenge(&state, &challenge.token))];
    Ok((kept, Json(ChallengeAnswer { options: challenge.options })).into_response())
}
