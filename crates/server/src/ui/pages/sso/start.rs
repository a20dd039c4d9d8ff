//! `/sign-in/sso`: from an organization or an e-mail address to its provider.
//!
//! Nothing here depends on whether an account exists. The browser is led on by a page and not by a redirect, because
//! pages with forms let forms go nowhere else, and so that people see where they are going.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use tallystick_catalog::{LinkKind, SsoConnection};

use super::super::{alert, field, form::Form, gone, own_path, page};
use crate::{
    admin_events::Who,
    error::ApiError,
    http::caller::{client, user_agent},
    sso::{self, Failed, Purpose},
    state::AppState,
};

/// Bytes of a path to go on to at most; a longer one is the start page.
const NEXT_BYTES_MAX: usize = 1_000;
/// Characters of what is looked up at most.
const ASKED_CHARS_MAX: usize = 320;

/// `GET`
pub async fn show(request: Request) -> Response {
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(request.uri().query().unwrap_or_default()).unwrap_or_default();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    page(StatusCode::OK, TITLE, &content(own_path(get("next")), get("organization"), None))
}

/// `POST`
pub async fn send(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let form = Form::read(request, &state).await?;
    let next = Some(own_path(form.text("next"))).filter(|next| next.len() <= NEXT_BYTES_MAX).unwrap_or("/");
    let invitation = form.text("invitation");
    if !invitation.is_empty() {
        return invited(&state, &form, invitation).await;
    }
    // The page to sign in with a password sends what was typed there as the address.
    let asked = [form.text("organization"), form.text("email")].into_iter().find(|text| !text.is_empty());
    let again =
        |status, message: Option<&str>| page(status, TITLE, &content(next, asked.unwrap_or(""), message));
    let Some(asked) = asked else { return Ok(again(StatusCode::OK, None)) };
    if asked.chars().count() > ASKED_CHARS_MAX {
        return Ok(again(StatusCode::BAD_REQUEST, Some(UNKNOWN)));
    }
    let found = state.engine.catalog().find_sso(asked).await?;
    let hint = asked.contains('@').then_some(asked);
    match found.as_slice() {
        [] => Ok(again(StatusCode::NOT_FOUND, Some(UNKNOWN))),
        [one] => lead(&state, &form, one, Purpose::SignIn { next: next.to_owned() }, hint).await,
        several => Ok(page(StatusCode::OK, TITLE, &choice(&state, next, hint, several).await?)),
    }
}

async fn invited(state: &Arc<AppState>, form: &Form, token: &str) -> Result<Response, ApiError> {
    let Some(link) = state.auth.open_link(LinkKind::Invite, token).await? else { return Ok(gone()) };
    let Some(org) = &link.org else { return Ok(gone()) };
    let Some(connection) = state.engine.catalog().sso_connection(org).await? else { return Ok(gone()) };
    let purpose = Purpose::Invitation { token: token.to_owned() };
    lead(state, form, &connection, purpose, link.email.as_deref()).await
}

/// Sends the browser to the provider.
async fn lead(
    state: &Arc<AppState>,
    form: &Form,
    connection: &SsoConnection,
    purpose: Purpose,
    hint: Option<&str>,
) -> Result<Response, ApiError> {
    let from = client(&form.parts, state);
    let wait_ms = state.auth.sso_wait_ms(from);
    if wait_ms > 0 {
        return Ok(super::callback::wait(wait_ms));
    }
    let begun = match sso::begin(state, connection, purpose, &form.parts.headers, hint).await? {
        Ok(begun) => begun,
        Err(fault) => {
            state.auth.sso_failed(from);
            tracing::warn!(org = %connection.org, reason = fault.reason(), %fault, "single sign-on cannot begin");
            let who = Who::anonymous(from, user_agent(&form.parts.headers));
            let org = Some(connection.org.clone());
            let failed = Failed { reason: fault.reason(), detail: fault.to_string(), org };
            sso::record_failure(state, &who, &failed, None).await;
            return Ok(super::callback::refused(failed.reason));
        }
    };
    let name = state.engine.catalog().organization(&connection.org).await?.name;
    let content = html! {
        h1 { "Going to your sign-in service" }
        p { "You sign in to " strong { (name) } " at " strong { (host(&connection.issuer)) } "." }
        p { a class="onward" href=(begun.url) { "Go on" } }
    };
    let mut response = page(StatusCode::OK, TITLE, &content).into_response();
    // What a browser does at once, if it does; the link is for those that do not.
    let refresh = HeaderValue::from_str(&format!("0;url={}", begun.url)).map_err(ApiError::internal)?;
    response.headers_mut().insert("refresh", refresh);
    response.headers_mut().insert(header::SET_COOKIE, begun.cookie);
    Ok(response)
}

/// The host of an issuer, for people.
pub(super) fn host(issuer: &str) -> &str {
    let rest = issuer.split_once("://").map_or(issuer, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

const TITLE: &str = "Single sign-on";
const UNKNOWN: &str = "No organization here signs in this way under that name or domain. Ask an owner of yours what to \
                       enter, or sign in with a password.";

fn content(next: &str, asked: &str, message: Option<&str>) -> Markup {
    let hint = "Its name, or the e-mail address that you have there.";
    html! {
        h1 { "Single sign-on" }
        (alert(message))
        form method="post" action="/sign-in/sso" {
            input type="hidden" name="next" value=(next);
            (field("Organization or e-mail address", "organization", "text", "username", asked, Some(hint)))
            p { button type="submit" { "Go on" } }
        }
        p class="note" { a href={ "/sign-in?" (query(next)) } { "Sign in with a password" } }
    }
}

async fn choice(
    state: &AppState,
    next: &str,
    hint: Option<&str>,
    several: &[SsoConnection],
) -> Result<Markup, ApiError> {
    let mut names = Vec::with_capacity(several.len());
    for one in several {
        names.push((state.engine.catalog().organization(&one.org).await?.name, one));
    }
    Ok(html! {
        h1 { "Choose your organization" }
        @for (name, one) in names {
            form method="post" action="/sign-in/sso" {
                input type="hidden" name="next" value=(next);
                input type="hidden" name="organization" value=(one.org);
                @if let Some(hint) = hint { input type="hidden" name="email" value=(hint); }
                p { button type="submit" class="second" { (name) small { (host(&one.issuer)) } } }
            }
        }
    })
}

/// The path to go on to, as the query of a link.
pub(in crate::ui::pages) fn query(next: &str) -> String {
    serde_urlencoded::to_string([("next", next)]).unwrap_or_default()
}
