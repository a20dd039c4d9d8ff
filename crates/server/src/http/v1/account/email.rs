//! `POST /v1/account/email`: another address to sign in with.

use std::sync::Arc;

use axum::{Json, extract::State, response::IntoResponse};
use serde::Deserialize;
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
        v1::session::SessionUser,
    },
    people_events::{self, AccountAct, USER_EMAIL_CHANGED},
    state::AppState,
};

/// The present password and the next address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailChange {
    /// The present password.
    password: String,
    /// No other account has it.
    #[schema(example = "ana.ruiz@acme.example")]
    email: String,
}

impl Members for EmailChange {
    const MEMBERS: &'static [&'static str] = &["password", "email"];
}

/// Change one's e-mail address
///
/// It is what one signs in with from now on; nothing is sent to it. The session's cookie is replaced. Recorded as
/// `user.email_changed`.
#[utoipa::path(
    post,
    path = "/v1/account/email",
    tag = "people",
    operation_id = "change_email",
    request_body = EmailChange,
    responses(
        (status = 200, description = "The person", body = SessionUser),
        (status = 403, description = "The password is wrong",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another account has the address",
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
    let _reach = caller.may(Operation::ChangeEmail, None)?;
    params.end()?;
    let Body(sent) = Body::<EmailChange>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let password = Secret::from(sent.password);
    let changed = state.auth.change_email(&caller.caller, &password, &sent.email).await?;
    if changed.before.email != changed.after.email {
        let change = ("/email", json!(changed.before.email), json!(changed.after.email));
        let act = AccountAct::changed(USER_EMAIL_CHANGED, change, json!({ "verified": false }));
        people_events::record(&state, &Who::from(&caller), &changed.after, act).await;
    }
    Ok((super::renewed(&state, &caller).await?, Json(SessionUser::from(&changed.after))))
}
