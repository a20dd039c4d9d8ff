//! What the collector's codes mean. They are listed in Splunk's "Troubleshoot HTTP Event Collector".

use serde::Deserialize;

use crate::Outcome;
use crate::http::{Response, usual};

/// There was nothing in the call.
pub(super) const NO_DATA: u16 = 5;

/// The body of an answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Reply {
    pub(super) code: Option<u16>,
    #[serde(rename = "ackId")]
    pub(super) ack_id: Option<u64>,
}

impl Reply {
    pub(super) fn of(response: &Response) -> Self {
        response.json().and_then(|json| serde_json::from_value(json).ok()).unwrap_or_default()
    }
}

/// What an answer to events means. The code counts before the status. Something that answers well and says no code is
/// no collector, but perhaps the page on which people log in.
pub(super) fn meaning(response: &Response, reply: &Reply) -> Outcome {
    let retry = Outcome::Retry { after: response.retry_after };
    match reply.code {
        // Taken; the queue, or the acknowledgements, are nearly full.
        Some(0 | 24 | 25) => Outcome::Delivered,
        // Internal error, busy, queues full, acknowledgement not there, both, shutting down, queue full, channel full.
        Some(8 | 9 | 18 | 19 | 20 | 23 | 26 | 27) => retry,
        // The token, the index, the channel, and switches on the other side.
        Some(1..=4 | 7 | 10 | 11 | 14 | 16 | 21 | 22) => Outcome::Misconfigured,
        // No data, not readable, event missing, event blank, indexed fields. It says which event it was, but versions
        // do not agree on where to count from, nor on whether those before it were taken.
        Some(NO_DATA | 6 | 12 | 13 | 15) => Outcome::Refused,
        _ => match usual(response) {
            Outcome::Delivered => Outcome::Misconfigured,
            usual => usual,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn meaning_of(status: u16, body: &'static str) -> Outcome {
        let retry_after = Some(Duration::from_secs(3));
        let response = Response { status, body: body.into(), retry_after, ..Response::default() };
        meaning(&response, &Reply::of(&response))
    }

    #[test]
    fn two_hundred_is_not_success() {
        assert_eq!(meaning_of(200, r#"{"text":"Success","code":0}"#), Outcome::Delivered);
        assert_eq!(meaning_of(200, r#"{"text":"Success","code":0,"ackId":3}"#), Outcome::Delivered);
        assert_eq!(meaning_of(200, r#"{"text":"approaching capacity","code":24}"#), Outcome::Delivered);
        assert_eq!(meaning_of(200, "<html>log in"), Outcome::Misconfigured);
        assert_eq!(meaning_of(200, "{}"), Outcome::Misconfigured);
        assert_eq!(
            meaning_of(200, r#"{"text":"busy","code":9}"#),
            Outcome::Retry { after: Some(Duration::from_secs(3)) }
        );
    }

    #[test]
    fn every_code_means_something() {
        let of = |code: u16| {
            meaning(
                &Response { status: 400, ..Response::default() },
                &Reply { code: Some(code), ack_id: None },
            )
        };
        for code in [8, 9, 18, 19, 20, 23, 26, 27] {
            assert_eq!(of(code), Outcome::Retry { after: None }, "{code}");
        }
        for code in [1, 2, 3, 4, 7, 10, 11, 14, 16, 21, 22] {
            assert_eq!(of(code), Outcome::Misconfigured, "{code}");
        }
        for code in [5, 6, 12, 13, 15, 99] {
            assert_eq!(of(code), Outcome::Refused, "{code}");
        }
    }

    #[test]
    fn without_a_code_the_status_counts() {
        assert_eq!(meaning_of(413, "Content-Length of 2000000 too large"), Outcome::Split);
        assert_eq!(
            meaning_of(503, "<html>no healthy upstream"),
            Outcome::Retry { after: Some(Duration::from_secs(3)) }
        );
        assert_eq!(meaning_of(303, ""), Outcome::Misconfigured);
    }
}
