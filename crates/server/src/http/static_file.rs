//! Answers with the semantics of a file: an entity tag, and nothing sent again that the caller has.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Who may keep an answer, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It never changes.
    Forever,
    /// It may be other in a moment.
    Seconds(u32),
}

/// The answer to a request with these headers. Bytes that a key was needed for are kept by nobody but the caller.
pub fn answer(
    headers: &HeaderMap,
    content_type: &'static str,
    body: Vec<u8>,
    keep: Keep,
    is_public: bool,
) -> Response {
    let tag = tag_of(&body);
    answer_tagged(headers, content_type, (body.into(), &tag), keep, is_public)
}

/// The entity tag of a body.
pub fn tag_of(body: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(body)[..16]))
}

/// [`answer`] with a body whose tag, by [`tag_of`], is known.
pub fn answer_tagged(
    headers: &HeaderMap,
    content_type: &'static str,
    (body, tag): (Bytes, &str),
    keep: Keep,
    is_public: bool,
) -> Response {
    let who = if is_public { "public" } else { "private" };
    let control = match keep {
        Keep::Forever => format!("{who}, max-age=31536000, immutable"),
        Keep::Seconds(seconds) => format!("{who}, max-age={seconds}"),
    };
    let fresh = [
        (header::CACHE_CONTROL, value(&control)),
        (header::ETAG, value(tag)),
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
    ];
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut known = known.flat_map(|value| value.split(','));
    if known.any(|known| matches!(known.trim().trim_start_matches("W/"), "*") || known.trim() == tag) {
        return (StatusCode::NOT_MODIFIED, fresh).into_response();
    }
    (fresh, body).into_response()
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("made of ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_has_is_not_sent_again() {
        let none = HeaderMap::new();
        let first = answer(&none, "text/plain", b"tile".to_vec(), Keep::Forever, false);
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "private, max-age=31536000, immutable");
        let mut has = HeaderMap::new();
        has.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        let again = answer(&has, "text/plain", b"tile".to_vec(), Keep::Forever, true);
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let changed = answer(&has, "text/plain", b"other".to_vec(), Keep::Seconds(2), true);
        assert_eq!(changed.status(), StatusCode::OK);
        assert_eq!(changed.headers()[header::CACHE_CONTROL], "public, max-age=2");
    }
}
