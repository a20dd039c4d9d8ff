//! What an endpoint means by its answer.

use crate::Outcome;
use crate::http::{Response, usual};

/// 410 ends it, as Standard Webhooks has it. What says that an event cannot be read is looked into event by event;
/// other refusals are of everything that will ever be sent there, so that somebody has to look at them.
pub(super) fn meaning(response: &Response) -> Outcome {
    match response.status {
        410 => Outcome::Gone,
        409 | 423 => Outcome::Retry { after: response.retry_after },
        _ => match usual(response) {
            Outcome::Refused if !matches!(response.status, 400 | 422) => Outcome::Misconfigured,
            usual => usual,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let meaning = |status: u16| meaning(&Response { status, ..Response::default() });
        assert_eq!(meaning(204), Outcome::Delivered);
        assert_eq!(meaning(410), Outcome::Gone);
        assert_eq!(meaning(413), Outcome::Split);
        for status in [400, 422] {
            assert_eq!(meaning(status), Outcome::Refused, "{status}");
        }
        for status in [302, 401, 402, 403, 404, 405, 406, 415, 451] {
            assert_eq!(meaning(status), Outcome::Misconfigured, "{status}");
        }
        for status in [408, 409, 423, 425, 429, 500, 503] {
            assert_eq!(meaning(status), Outcome::Retry { after: None }, "{status}");
        }
    }
}
