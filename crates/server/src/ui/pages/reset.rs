//! `/reset/{token}`: choosing a new password.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde_json::json;
use tallystick_auth::PeopleError;
use tallystick_catalog::LinkKind;

use super::{alert, form::Form, gone, new_password, page};
use crate::{
    admin_events::{self, Who},
    error::ApiError,
    http::caller::{client, user_agent},
    people_events::{self, AccountAct, PASSKEY_REMOVED, PASSWORD_RESET_COMPLETED, passkey_facts},
    state::AppState,
};

/// `GET`
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    if state.auth.open_link(LinkKind::Reset, &token).await?.is_none() {
        return Ok(gone());
    }
    Ok(page(StatusCode::OK, "New password", &content(None)))
}

/// `POST`
pub async fn send(
    State(state): State<Arc<AppState>>,
    Path(token): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let form = Form::read(request, &state).await?;
    let Some(link) = state.auth.open_link(LinkKind::Reset, &token).await? else { return Ok(gone()) };
    admin_events::require_recordable(&state)?;
    let (user, passkeys) = match state.auth.redeem_reset(&token, &form.secret("password")).await {
        Ok(done) => done,
        Err(PeopleError::Refused(_)) => return Ok(gone()),
        Err(PeopleError::Invalid { why, .. }) => {
            let content = content(Some(&format!("The password: {why}.")));
            return Ok(page(StatusCode::BAD_REQUEST, "New password", &content));
        }
        Err(error) => return Err(error.into()),
    };
    let who = Who::anonymous(client(&form.parts, &state), user_agent(&form.parts.headers));
    let act = AccountAct::done(PASSWORD_RESET_COMPLETED, json!({ "link_made_by": link.created_by }));
    people_events::record(&state, &who, &user, act).await;
    for passkey in &passkeys {
        let metadata = json!({ "passkey": passkey_facts(passkey), "because": "the password was reset" });
        let removed = AccountAct::done(PASSKEY_REMOVED, metadata);
        people_events::record(&state, &who, &user, removed).await;
    }
    let content = html! {
        h1 { "The new password is set" }
        p { "All your sessions have ended." }
        @if !passkeys.is_empty() {
            p { "Your passkeys were removed, as somebody else may have added one. Add yours again in the settings." }
        }
        p { a href="/sign-in" { "Sign in" } }
    };
    Ok(page(StatusCode::OK, "New password", &content))
}

fn content(message: Option<&str>) -> Markup {
    html! {
        h1 { "Choose a new password" }
        p { "All your sessions end with it, and your passkeys are removed." }
        (alert(message))
        form method="post" {
            (new_password())
            p { button type="submit" { "Set the password" } }
        }
    }
}
