//! `POST /sign-out`: for pages without JavaScript.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::header,
    response::Response,
};
use serde_json::json;
use tallystick_auth::Operation;

use super::go_on;
use crate::{
    admin_events::Who,
    error::ApiError,
    http::{caller::Authenticated, cookie, same_site},
    people_events::{self, AccountAct, USER_SIGNED_OUT},
    state::AppState,
};

/// `POST`
pub async fn send(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    same_site::check(&parts.headers)?;
    if let Some(caller) = Authenticated::of_session(&parts, &state).await? {
        let user = state.auth.own_account(&caller.caller, Operation::EndSession).await?;
        state.auth.sign_out(&caller.caller).await?;
        let act = AccountAct::done(USER_SIGNED_OUT, json!({ "initiator": "user" }));
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    let mut response = go_on(&state, "/sign-in", None);
    response.headers_mut().insert(header::SET_COOKIE, cookie::clear(&state));
    Ok(response)
}
