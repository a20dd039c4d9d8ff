//! `POST /v1/session/passkey`: signs somebody in with a passkey.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::{PasskeySignIn, PasskeySignInError, SignInError, SignedInByPasskey};
use utoipa::ToSchema;

use super::{
    SessionUser,
    sign_in::{Refused, SignedInAnswer, shut_out, welcome},
};
use crate::{
    admin_events::Who,
    error::{ApiError, Problem},
    http::{
        caller::{client, user_agent},
        cookie,
        json::{Body, Members},
        request_id, same_site,
    },
    people_events::{self, passkey_facts},
    state::AppState,
};

/// What a device answered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyCredential {
    /// A `PublicKeyCredential` in JSON, bytes in base64url.
    #[schema(value_type = Object)]
    credential: serde_json::Value,
}

impl Members for PasskeyCredential {
    const MEMBERS: &'static [&'static str] = &["credential"];
}

/// Sign in with a passkey
///
/// After `POST /v1/session/passkey/begin`. No address and no code are needed. The answer sets the session's cookie.
/// Failures count like wrong passwords. Recorded as `user.signed_in`, `user.sign_in_failed` and `user.locked_out`.
#[utoipa::path(
    post,
    path = "/v1/session/passkey",
    tag = "people",
    operation_id = "sign_in_with_passkey",
    request_body = PasskeyCredential,
    responses(
        (status = 200, description = "Signed in", body = SignedInAnswer),
        (status = 401, description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are no passkeys at this address",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many failures", body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub async fn sign_in(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    same_site::check_api_if_browser(&parts)?;
    let asked = parts.clone();
    let Body(sent) = Body::<PasskeyCredential>::read(Request::from_parts(parts, body), &state).await?;
    // Whatever comes of it, the challenge is not answered again.
    let spent = cookie::clear_challenge(&state);
    let mut response = match attempt(&state, &asked, sent.credential).await {
        Ok(done) => {
            let answer = Json(SignedInAnswer { user: SessionUser::from(&done.signed_in.user) });
            ([(header::SET_COOKIE, cookie::set(&state, &done.signed_in.token))], answer).into_response()
        }
        Err(error) => error.into_response(),
    };
    response.headers_mut().append(header::SET_COOKIE, spent);
    Ok(response)
}

async fn attempt(
    state: &Arc<AppState>,
    parts: &Parts,
    credential: serde_json::Value,
) -> Result<SignedInByPasskey, ApiError> {
    let site = state.options.passkey_site(&parts.headers)?;
    let headers: &HeaderMap = &parts.headers;
    let (from, user_agent) = (client(parts, state), user_agent(headers));
    let token = cookie::challenge(headers, state);
    let sent = PasskeySignIn { token, credential, from, user_agent: user_agent.clone() };
    let outcome = state.auth.sign_in_with_passkey(&site, sent).await;
    match &outcome {
        Ok(done) => {
            let metadata = json!({
                "method": "passkey",
                "second_factor": "user_verification",
                "passkey": passkey_facts(&done.passkey),
                "new_address": done.signed_in.is_new_address,
            });
            welcome(state, parts, &done.signed_in, metadata).await?;
        }
        Err(PasskeySignInError::Refused { known, credential_id, why, locked_out }) => {
            let who = Who::anonymous(from, user_agent);
            let (state, why) = (Arc::clone(state), why.reason());
            if let Some((user, passkey)) = known.as_deref().cloned() {
                let metadata = json!({ "method": "passkey", "passkey": passkey_facts(&passkey) });
                let refused = Refused { user, why, metadata, locked_out: *locked_out };
                tokio::spawn(request_id::carried(refused.record(state, who)));
            } else {
                let id = credential_id.clone();
                tokio::spawn(request_id::carried(async move {
                    people_events::unknown_passkey(&state, &who, &id, why).await;
                }));
            }
        }
        Err(PasskeySignInError::SignIn(SignInError::SsoRequired { user })) => {
            shut_out(state, &Who::anonymous(from, user_agent), user, "passkey").await;
        }
        Err(_) => {}
    }
    Ok(outcome?)
}
