//! `/sign-in`: e-mail address, password, and a code if the account has a second factor.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::Response,
};
use maud::{Markup, html};
use tallystick_auth::{PasskeySite, SignInError};

use super::{alert, field, form::Form, go_on, own_path, page, passkey};
use crate::{
    error::ApiError,
    http::{caller::Authenticated, v1::session::sign_in::attempt},
    state::AppState,
};

/// `GET`
pub async fn show(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(parts.uri.query().unwrap_or_default()).unwrap_or_default();
    let next = pairs.iter().find(|(name, _)| name == "next").map_or("/", |(_, value)| own_path(value));
    if Authenticated::of_session(&parts, &state).await?.is_some() {
        return Ok(go_on(&state, next, None));
    }
    let site = state.options.passkey_site(&parts.headers).ok();
    let page = page(StatusCode::OK, "Sign in", &content(next, "", None, false, site.as_ref()));
    Ok(passkey::permit(page, site.as_ref()))
}

/// `POST`
pub async fn send(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    let form = Form::read(request, &state).await?;
    let (next, email) = (own_path(form.text("next")).to_owned(), form.text("email").to_owned());
    let code = Some(form.secret("code")).filter(|code| !code.expose().trim().is_empty());
    let error = match attempt(&state, &form.parts, email.clone(), form.secret("password"), code).await {
        Ok(signed_in) => return Ok(go_on(&state, &next, Some(&signed_in.token))),
        Err(SignInError::Catalog(error)) => return Err(error.into()),
        Err(error) => error,
    };
    let wants_code = matches!(error, SignInError::SecondFactorNeeded);
    let error = ApiError::from(error);
    let message = match error.code().status() {
        StatusCode::UNAUTHORIZED if wants_code => {
            "This account has a second factor. Enter its code together with the password."
        }
        StatusCode::FORBIDDEN => "Your organization takes single sign-on only. Use the button below.",
        StatusCode::UNAUTHORIZED => "The e-mail address, the password or the code is wrong.",
        _ => error.detail(),
    };
    let site = state.options.passkey_site(&form.parts.headers).ok();
    let content = content(&next, &email, Some(message), wants_code, site.as_ref());
    let mut response = passkey::permit(page(error.code().status(), "Sign in", &content), site.as_ref());
    if let Some(seconds) = error.retry_after_seconds() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn content(
    next: &str,
    email: &str,
    message: Option<&str>,
    wants_code: bool,
    site: Option<&PasskeySite>,
) -> Markup {
    html! {
        h1 { "Sign in" }
        (alert(message))
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(next);
            (field("E-mail address", "email", "email", "username", email, None))
            (field("Password", "password", "password", "current-password", "", None))
            details open[wants_code] {
                summary { "I have a code" }
                p class="field" {
                    label for="code" { "Code" }
                    input id="code" name="code" autocomplete="one-time-code" inputmode="text";
                    small { "Of your authenticator, or a recovery code." }
                }
            }
            p { button type="submit" { "Sign in" } }
            p class="or" { "or" }
            p {
                button type="submit" class="second" formaction="/sign-in/sso" formnovalidate {
                    "Sign in with single sign-on"
                }
            }
        }
        (passkey::offer(site, next))
        p class="note" { "Forgotten the password? An owner of your organization can give you a link for a new one." }
    }
}
