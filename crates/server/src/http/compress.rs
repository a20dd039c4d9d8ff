//! JSON that leaves compressed. A page of events is mostly names that repeat: what takes four round trips over a slow
//! line takes one. Everything else stays as it is: pages and modules are compressed once, streams must not be held
//! back, and what is cached by its tag is small or does not shrink.

use axum::{
    body::HttpBody,
    http::{Response, header},
};
use tower_http::{
    CompressionLevel,
    compression::{CompressionLayer, Predicate},
};

/// Bytes from which compressing is worth its time: what is shorter fits into the first packets anyway.
const SIZE_MIN: u64 = 4096;

/// Which answers are compressed.
#[derive(Debug, Clone, Copy)]
pub struct LongJson;

impl Predicate for LongJson {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let is_json =
            response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
        let is_tagged = response.headers().contains_key(header::ETAG);
        is_json && !is_tagged && response.body().size_hint().exact().is_some_and(|size| size >= SIZE_MIN)
    }
}

/// The layer: gzip, at the level that costs least, for those who accept it.
pub fn layer() -> CompressionLayer<LongJson> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(LongJson)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_taken(kind: &str, tag: Option<&str>, body: Body) -> bool {
        let mut response = Response::builder().header(header::CONTENT_TYPE, kind);
        if let Some(tag) = tag {
            response = response.header(header::ETAG, tag);
        }
        LongJson.should_compress(&response.body(body).unwrap())
    }

    #[test]
    fn only_long_json_without_a_tag_is_compressed() {
        let long = || Body::from(vec![b' '; 4096]);
        assert!(is_taken("application/json", None, long()));
        assert!(!is_taken("application/json", None, Body::from(vec![b' '; 4095])));
        assert!(!is_taken("application/json", Some("\"1\""), long()));
        assert!(!is_taken("text/event-stream", None, long()));
        assert!(!is_taken("application/x-tar", None, long()));
    }
}
