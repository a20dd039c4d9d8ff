//! Requests that pages of other products make with a viewer token. Such a token is good for pages of its own origins
//! only, and only they can read the answers; whoever has no token learns nothing but that there is an API.
//!
//! The question that a browser asks before (a preflight) has no token in it, so it is answered the same for everybody.
//! No answer lets cookies come along.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tallystick_auth::{Auth, Caller, Secret};

use super::caller::{AcceptedViewer, bearer, client};
use crate::{
    error::{ApiError, ErrorCode},
    state::AppState,
};

/// How long a browser may keep the answer to a preflight, seconds.
const PREFLIGHT_AGE_S: HeaderValue = HeaderValue::from_static("600");
const METHODS: HeaderValue = HeaderValue::from_static("GET");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, last-event-id");
const EXPOSED: HeaderValue = HeaderValue::from_static("content-disposition, retry-after, x-request-id");
const VARY: HeaderValue = HeaderValue::from_static("origin");

/// Looks at viewer tokens and at where they are used.
pub async fn layer(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    if let Some(origin) = origin.as_ref().filter(|_| is_preflight(&request)) {
        return preflight(origin);
    }
    let Some(token) = viewer_token(request.headers()) else { return next.run(request).await };
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (mut parts, body) = request.into_parts();
    let accepted = state.auth.authenticate_viewer(&token, client(&parts, &state)).await;
    let (mut response, is_readable) = match accepted {
        // The same for a token that never was, so that it says nothing; a page has to know that it needs another.
        Err(error) => (ApiError::from(error).into_response(), true),
        Ok(caller) if !is_for(&caller, &parts) => (refused().into_response(), false),
        Ok(caller) => {
            parts.extensions.insert(AcceptedViewer(caller));
            request = Request::from_parts(parts, body);
            (next.run(request).await, true)
        }
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, VARY);
    if let Some(origin) = origin.filter(|_| is_readable && is_read) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}

fn viewer_token(headers: &HeaderMap) -> Option<Secret> {
    bearer(headers).ok().filter(Auth::is_viewer_token)
}

/// Whether a page may use the token. What is not a page (no `Origin`) and the frame that we serve ourselves may: the
/// one could send any origin, of the other we say who may show it.
fn is_for(caller: &Caller, parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(header::ORIGIN) else { return true };
    let is_own = parts.headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    let allowed = caller.viewer().map_or(&[][..], |viewer| &viewer.origins);
    is_own || allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

fn refused() -> ApiError {
    ApiError::new(
        ErrorCode::OriginNotAllowed,
        "the viewer token is not for pages of this origin; its maker names them as \"origins\"",
    )
}

fn is_preflight(request: &Request) -> bool {
    let path = request.uri().path();
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
        && (path.starts_with("/v1/") || path.starts_with("/.well-known/"))
}

fn preflight(origin: &HeaderValue) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S),
        (header::VARY, VARY),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
