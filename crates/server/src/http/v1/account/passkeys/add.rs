//! `POST /v1/account/passkeys`: takes the passkey that a device made.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::{NewPasskeyAnswer, Operation};
use utoipa::ToSchema;

use super::{super::renewed, PasskeyView};
use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        cookie,
        json::{Body, Members},
        params::Params,
    },
    people_events::{self, AccountAct, PASSKEY_REGISTERED, passkey_facts},
    state::AppState,
};

/// A passkey that is to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    /// For people.
    #[schema(example = "Work laptop")]
    name: String,
    /// What the device made: a `PublicKeyCredential` in JSON, bytes in base64url.
    #[schema(value_type = Object)]
    credential: serde_json::Value,
}

impl Members for NewPasskey {
    const MEMBERS: &'static [&'static str] = &["name", "credential"];
}

/// Add a passkey
///
/// After `POST /v1/account/passkeys/begin`. From now on it signs in without a password and without a code: the device
/// has verified its person. The session's cookie is replaced. Recorded as `passkey.registered`.
#[utoipa::path(
    post,
    path = "/v1/account/passkeys",
    tag = "people",
    operation_id = "add_passkey",
    request_body = NewPasskey,
    responses(
        (status = 201, description = "Added", body = PasskeyView),
        (status = 403, description = "It was not accepted",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "There are too many, it is in use, or there are none at this address",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn add(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    let _reach = caller.may(Operation::AddPasskey, None)?;
    params.end()?;
    let site = state.options.passkey_site(request.headers())?;
    let token = cookie::challenge(request.headers(), &state);
    let Body(new) = Body::<NewPasskey>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let answer = NewPasskeyAnswer { token, name: new.name.trim().to_owned(), credential: new.credential };
    let (user, passkey) = state.auth.add_passkey(&caller.caller, &site, answer).await?;
    let act = AccountAct::done(PASSKEY_REGISTERED, json!({ "passkey": passkey_facts(&passkey) }));
    people_events::record(&state, &Who::from(&caller), &user, act).await;
    let renewed = renewed(&state, &caller).await?;
    let mut response = (StatusCode::CREATED, renewed, Json(PasskeyView::from(passkey))).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie::clear_challenge(&state));
    Ok(response)
}
