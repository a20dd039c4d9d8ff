//! What a receiver's answers mean. The protocol says which may be sent again: 429, 502, 503 and 504, and nothing else.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use prost::Message;
use serde_json::Value;

use super::message::{self, PartialSuccess};
use crate::http::{Response, usual};
use crate::{Outcome, Rejection};

/// What the answer to `count` records means.
pub(super) fn meaning(response: &Response, count: usize) -> Outcome {
    match response.status {
        200..=299 => match partial_success(response) {
            Some(partial) if partial.rejected_log_records > 0 => refused_in_part(&partial, count),
            _ => Outcome::Delivered,
        },
        429 | 502 | 503 | 504 => Outcome::Retry { after: response.retry_after },
        // The protocol forbids to send it again after these, and dropping it is out of the question: hold everything,
        // tell somebody, try again much later.
        408 | 425 | 415 | 500.. => Outcome::Misconfigured,
        _ => usual(response),
    }
}

/// The receiver says how many it refused, not which, and wants none of them again. So all are put where a person can
/// look at them; with one record in the batch it is that one.
fn refused_in_part(partial: &PartialSuccess, count: usize) -> Outcome {
    let said = partial.error_message.trim();
    let told = match count {
        1 => format!("the receiver refused it: {said}"),
        _ => format!(
            "the receiver refused {} of the {count} records of its batch and does not say which: {said}",
            partial.rejected_log_records
        ),
    };
    let reason = told.trim_end_matches([' ', ':']).to_owned();
    let rejected = (0..count).map(|index| Rejection { index, reason: reason.clone() }).collect();
    Outcome::Partial { rejected, again: Vec::new() }
}

fn partial_success(response: &Response) -> Option<PartialSuccess> {
    if is_protobuf(response) {
        return message::Response::decode(response.body.clone()).ok()?.partial_success;
    }
    let json = response.json()?;
    let partial = json.get("partialSuccess")?;
    let rejected = match partial.get("rejectedLogRecords")? {
        Value::String(text) => text.parse().ok()?,
        number => number.as_i64()?,
    };
    let message = partial.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    Some(PartialSuccess { rejected_log_records: rejected, error_message: message.to_owned() })
}

/// The answer with a body that people can read.
pub(super) fn readable(mut response: Response) -> Response {
    if is_protobuf(&response) {
        let text = if response.status < 300 {
            partial_success(&response).map(|partial| partial.error_message)
        } else {
            message::Status::decode(response.body.clone()).ok().map(|status| status.message)
        };
        response.body = Bytes::from(text.unwrap_or_default());
    }
    response
}

fn is_protobuf(response: &Response) -> bool {
    let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|content_type| content_type.starts_with("application/x-protobuf"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::*;

    fn response(status: u16, content_type: &'static str, body: &'static [u8]) -> Response {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Response {
            status,
            headers,
            body: Bytes::from_static(body),
            retry_after: Some(Duration::from_secs(3)),
        }
    }

    #[test]
    fn only_four_statuses_are_sent_again_soon() {
        let meaning = |status| meaning(&response(status, "application/json", b"{}"), 2);
        for status in [429, 502, 503, 504] {
            assert_eq!(meaning(status), Outcome::Retry { after: Some(Duration::from_secs(3)) }, "{status}");
        }
        for status in [301, 401, 403, 404, 405, 408, 415, 500, 501, 505] {
            assert_eq!(meaning(status), Outcome::Misconfigured, "{status}");
        }
        assert_eq!(meaning(400), Outcome::Refused);
        assert_eq!(meaning(413), Outcome::Split);
        assert_eq!(meaning(200), Outcome::Delivered);
    }

    #[test]
    fn what_is_refused_in_part_is_never_sent_again() {
        let json = response(
            200,
            "application/json",
            br#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}"#,
        );
        let protobuf = response(200, "application/x-protobuf", b"\x0a\x06\x08\x01\x12\x02no");
        for response in [json, protobuf] {
            let Outcome::Partial { rejected, again } = meaning(&response, 2) else { panic!() };
            assert_eq!(again, Vec::<usize>::new());
            assert_eq!(rejected.len(), 2);
            assert!(
                rejected[1].reason.contains("refused 1 of the 2 records")
                    && rejected[1].reason.ends_with(": no")
            );
            let Outcome::Partial { rejected, .. } = meaning(&response, 1) else { panic!() };
            assert_eq!(rejected[0].reason, "the receiver refused it: no");
        }
        let warning =
            response(200, "application/json", br#"{"partialSuccess":{"errorMessage":"slow down a bit"}}"#);
        assert_eq!(meaning(&warning, 2), Outcome::Delivered);
    }

    #[test]
    fn protobuf_is_not_shown_as_it_is() {
        let shown = readable(response(400, "application/x-protobuf", b"\x08\x03\x12\x03bad"));
        assert_eq!(&shown.body[..], b"bad");
        let shown = readable(response(400, "text/plain", b"as it is"));
        assert_eq!(&shown.body[..], b"as it is");
    }
}
