//! Headers of every answer: what browsers must not do with it.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// Nothing of an API answer is to be run, framed or loaded by a browser. Pages set their own policy.
pub const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Adds the headers that the handler has not set itself.
pub async fn secure(mut response: Response) -> Response {
    let defaults: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        // Answers hold personal data: no cache on the way may keep them.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(value);
    }
    let policy = response.headers().get(header::CONTENT_SECURITY_POLICY);
    // The older header knows only all or nothing, so it is left out of pages that some may frame.
    let text = policy.and_then(|policy| policy.to_str().ok()).unwrap_or_default();
    if !text.contains("frame-ancestors") || text.contains("frame-ancestors 'none'") {
        response.headers_mut().entry(header::X_FRAME_OPTIONS).or_insert(HeaderValue::from_static("DENY"));
    }
    response
}
