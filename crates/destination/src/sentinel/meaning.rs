//! What answers of the Logs Ingestion API mean.

use serde_json::Value;

use crate::Outcome;
use crate::http::{Response, usual};

/// What an answer means. A rule or a stream that is not there is told by 404 or, with a code, by 400.
pub(super) fn meaning(response: &Response) -> Outcome {
    match response.status {
        400 if is_about_the_address(response) => Outcome::Misconfigured,
        // Every answer but 413 is about the address or the rule, and none about one event.
        410 | 415 => Outcome::Misconfigured,
        _ => usual(response),
    }
}

/// Whether a code such as `InvalidDcrImmutableId`, `InvalidStream` or `InvalidApiVersion` stands in the answer.
fn is_about_the_address(response: &Response) -> bool {
    let json = response.json().unwrap_or(Value::Null);
    let code = json.pointer("/error/code").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    ["dcr", "stream", "apiversion", "rule", "endpoint"].iter().any(|word| code.contains(word))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn a_wrong_address_is_not_the_events_fault() {
        let meaning = |status, body: &'static str| {
            meaning(&Response { status, body: Bytes::from_static(body.as_bytes()), ..Response::default() })
        };
        let code = r#"{"error":{"code":"InvalidDcrImmutableId","message":"…"}}"#;
        assert_eq!(meaning(400, code), Outcome::Misconfigured);
        assert_eq!(meaning(400, r#"{"error":{"code":"InvalidPayload"}}"#), Outcome::Refused);
        assert_eq!(meaning(400, "?"), Outcome::Refused);
        assert_eq!(meaning(404, code), Outcome::Misconfigured);
        assert_eq!(meaning(403, ""), Outcome::Misconfigured);
        assert_eq!(meaning(204, ""), Outcome::Delivered);
        assert_eq!(meaning(413, ""), Outcome::Split);
        assert_eq!(meaning(503, ""), Outcome::Retry { after: None });
    }
}
