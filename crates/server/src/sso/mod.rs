//! Single sign-on: sending a browser to an organization's provider, and believing what it brings back.
//!
//! What a browser carries meanwhile is sealed in a cookie: only the browser that began can come back, only once, only
//! within ten minutes, and only while the connection is as it was. What a provider's word is good for is decided in
//! `auth`.

mod attempt;
mod back;
mod record;

use axum::http::{HeaderMap, HeaderValue, header};
use tallystick_auth::{PeopleError, Secret};
use tallystick_catalog::SsoConnection;
use tallystick_oidc::{Fault, Flow, Registration, authorize_url};

pub use self::{
    attempt::{ATTEMPT_MS, Attempt, Purpose},
    back::{Back, Failed, Vouching, come_back},
    record::{record_failure, record_sign_in, record_test},
};
use crate::{error::ApiError, http::cookie, state::AppState};

/// Where providers send browsers back to, after our own address.
pub const CALLBACK: &str = "/sign-in/sso/callback";

/// A browser that can be sent on its way.
#[derive(Debug)]
pub struct Begun {
    /// Where to.
    pub url: String,
    /// With this cookie.
    pub cookie: HeaderValue,
}

/// What providers must have as the redirect URI: our public address, or that which the browser used if none is set.
pub fn redirect_uri(state: &AppState, headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let base = state.options.public_url.clone().unwrap_or_else(|| format!("http://{host}"));
    format!("{base}{CALLBACK}")
}

/// Begins a sign-in through a connection.
///
/// # Errors
/// If the provider cannot be asked where to send people.
pub async fn begin(
    state: &AppState,
    connection: &SsoConnection,
    purpose: Purpose,
    headers: &HeaderMap,
    login_hint: Option<&str>,
) -> Result<Result<Begun, Fault>, ApiError> {
    let provider = match state.oidc.provider(&connection.issuer).await {
        Ok(provider) => provider,
        Err(fault) => return Ok(Err(fault)),
    };
    let redirect_uri = redirect_uri(state, headers);
    let secret = state.auth.sso_secret(connection)?;
    let registration = registration(connection, secret.as_ref(), &redirect_uri);
    let flow = Flow::new(state.random());
    let url = authorize_url(&provider, &registration, &flow, login_hint);
    let attempt = Attempt::new(flow, connection, purpose, redirect_uri.clone(), state.clock.now_ms());
    let cookie = cookie::set_attempt(state, &attempt.seal(state), ATTEMPT_MS / 1_000);
    let cookie = cookie.ok_or(PeopleError::Refused("the address to go back to is too long"))?;
    Ok(Ok(Begun { url, cookie }))
}

fn registration<'a>(
    connection: &'a SsoConnection,
    secret: Option<&'a Secret>,
    redirect_uri: &'a str,
) -> Registration<'a> {
    Registration {
        issuer: &connection.issuer,
        client_id: &connection.client_id,
        client_secret: secret.map(Secret::expose),
        redirect_uri,
        scopes: &connection.scopes,
    }
}
