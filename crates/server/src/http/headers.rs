//! Headers of every answer: what browsers must not do with it.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};

/// Nothing of an API answer is to be run, framed or loaded by a browser. Pages set their own policy.
pub const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Adds the headers that the handler has not set itself.
pub async fn secure(mut response: Response) -> Response {
    let defaults: [(HeaderName, HeaderValue); 5] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        // Answers hold personal data: no cache on the way may keep them.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    for (name, value) in defaults {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}
