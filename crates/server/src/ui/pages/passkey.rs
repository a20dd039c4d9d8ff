//! The part of the page to sign in that is for passkeys. It needs a script, and is not shown without.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use maud::{Markup, html};
use tallystick_auth::PasskeySite;

use crate::ui::assets::FILES;

/// As for the other pages, and a module of ours with requests of its own.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; script-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The button, hidden until the script finds that it can be of use; nothing where there are no passkeys.
pub(super) fn offer(site: Option<&PasskeySite>, next: &str) -> Markup {
    html! {
        @if let Some(site) = site {
            div id="passkey" class="choice" data-next=(next) data-origin=(site.origin()) hidden {
                p class="alert" role="alert" hidden {}
                button type="button" class="second" { "Sign in with a passkey" }
            }
            script type="module" src=(FILES.url("app/passkey-sign-in.js")) {}
        }
    }
}

/// Lets the page run the script, if it has it.
pub(super) fn permit(mut response: Response, site: Option<&PasskeySite>) -> Response {
    if site.is_some() {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    }
    response
}
