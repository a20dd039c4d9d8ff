//! Pages that work without JavaScript: signing in, the first start, invitations, new passwords, shared events, errors.
//! Plain HTML and forms, nothing from elsewhere, escaped by `maud`.

pub mod errors;
mod form;
pub mod invite;
mod passkey;
pub mod reset;
pub mod setup;
pub mod share;
pub mod short_link;
pub mod sign_in;
pub mod sign_out;
pub mod sso;

use std::{fmt::Write as _, sync::Arc};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};
use tallystick_auth::Secret;
use tallystick_catalog::CatalogError;

use super::{assets::FILES, shell::mark};
use crate::{http::cookie, state::AppState};

/// Only the style sheet may be loaded, and only from here; forms go nowhere else.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'",
);
/// Forms have to say where they come from, which browsers leave out under `no-referrer`.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
/// Zones that are offered; any other can be typed in.
const ZONES: &[&str] = &[
    "UTC",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Africa/Lagos",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Dubai",
    "Asia/Jakarta",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Europe/Berlin",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Warsaw",
    "Pacific/Auckland",
];

/// The routes of the pages.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/sign-in", get(sign_in::show).post(sign_in::send))
        .route("/sign-in/sso", get(sso::start::show).post(sso::start::send))
        .route(crate::sso::CALLBACK, get(sso::callback::show))
        .route("/sign-out", post(sign_out::send))
        .route("/setup/{token}", get(setup::show).post(setup::send))
        .route("/invite/{token}", get(invite::show).post(invite::send))
        .route("/reset/{token}", get(reset::show).post(reset::send))
        .route("/s/{id}", get(short_link::show))
        .route("/share/{token}", get(share::show))
        .route("/share/{token}/proof.json", get(share::proof_json))
        .route("/share/{token}/proof.tlog-proof", get(share::proof_text))
}

/// A whole page.
fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · Tallystick" }
                link rel="icon" href=(FILES.url("app/favicon.svg")) type="image/svg+xml";
                @for style in ["tokens", "base", "pages"] {
                    link rel="stylesheet" href=(FILES.url(&format!("app/css/{style}.css")));
                }
            }
            body class="plain" {
                main {
                    a class="brand" href="/" { (mark()) "Tallystick" }
                    div class="card" { (content) }
                }
            }
        }
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, REFERRER),
    ];
    (status, headers, page.into_string()).into_response()
}

/// A text that somebody chose, with the characters that hide or reorder others written out, as the app does.
fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hides = c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{feff}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        if hides {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// What went wrong, above a form.
fn alert(message: Option<&str>) -> Markup {
    html! {
        @if let Some(message) = message {
            p role="alert" class="alert" { (shown(message)) }
        }
    }
}

/// A field with its label.
fn field(label: &str, name: &str, kind: &str, autocomplete: &str, value: &str, hint: Option<&str>) -> Markup {
    let described = format!("{name}-hint");
    html! {
        p class="field" {
            label for=(name) { (label) }
            input id=(name) name=(name) type=(kind) autocomplete=(autocomplete) value=(value) required
                aria-describedby=[hint.map(|_| described.as_str())];
            @if let Some(hint) = hint { small id=(described) { (hint) } }
        }
    }
}

/// A field for a new password.
fn new_password() -> Markup {
    let hint = "At least 12 characters, of any kind. A sentence of a few words is good.";
    field("Password", "password", "password", "new-password", "", Some(hint))
}

/// A field for the time zone.
fn zone_field(value: &str) -> Markup {
    html! {
        p class="field" {
            label for="time_zone" { "Time zone" }
            input id="time_zone" name="time_zone" value=(value) list="zones" autocomplete="off" required;
            datalist id="zones" { @for zone in ZONES { option value=(zone) {} } }
        }
    }
}

/// The page of a link that does not work, or does not any more. Which of the two is nobody's business.
fn gone() -> Response {
    let content = html! {
        h1 { "This link does not work" }
        p { "It was used, taken back, or is too old. Ask whoever gave it to you for a new one." }
        p { a href="/sign-in" { "Sign in" } }
    };
    page(StatusCode::NOT_FOUND, "This link does not work", &content)
}

/// Ends the session that the browser had before it is given another, so that nobody goes on with one that was known
/// to somebody before.
async fn forget_former(state: &AppState, headers: &HeaderMap) -> Result<(), CatalogError> {
    match cookie::session(headers, state) {
        Some(former) => state.auth.forget(&former).await,
        None => Ok(()),
    }
}

/// Goes on to another page, with a session if there is one to give.
fn go_on(state: &AppState, to: &str, token: Option<&Secret>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let to = HeaderValue::from_str(&ascii(to)).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, to);
    if let Some(token) = token {
        response.headers_mut().insert(header::SET_COOKIE, cookie::set(state, token));
    }
    response
}

/// An address with what is not ASCII as bytes in percent: browsers do not agree on what other bytes of a header mean.
fn ascii(address: &str) -> String {
    let mut text = String::with_capacity(address.len());
    for byte in address.bytes() {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Where to go on after signing in: a path of this site, whatever was asked for.
fn own_path(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    if is_own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hides_is_written_out() {
        assert_eq!(shown("Ana\u{202e}x\u{0}é 日"), "Ana⟨U+202E⟩x⟨U+0000⟩é 日");
    }

    #[test]
    fn addresses_are_sent_in_ascii() {
        assert_eq!(ascii("/events?q=actor:Tomás&x=%20"), "/events?q=actor:Tom%C3%A1s&x=%20");
    }

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        for good in ["/", "/events?q=a%20b&from=now-1h", "/entities/actor/user/u_1", "/a//b"] {
            assert_eq!(own_path(good), good);
        }
        for bad in [
            "",
            "events",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n//evil.example",
            " /x",
        ] {
            assert_eq!(own_path(bad), "/", "{bad:?}");
        }
    }
}
