//! What statuses mean unless a service says otherwise.

use super::Response;
use crate::Outcome;

/// The usual meaning. Redirects are not followed, so one means that the address is not right.
pub(crate) fn usual(response: &Response) -> Outcome {
    match response.status {
        200..=299 => Outcome::Delivered,
        413 => Outcome::Split,
        408 | 425 | 429 => Outcome::Retry { after: response.retry_after },
        // Who we are, what we may, and where it is; a method that is not known there is a wrong address, too.
        300..=399 | 401 | 403 | 404 | 405 | 407 => Outcome::Misconfigured,
        400..=499 => Outcome::Refused,
        _ => Outcome::Retry { after: response.retry_after },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_status_means_something() {
        let after = Some(Duration::from_secs(7));
        let meaning = |status: u16| usual(&Response { status, retry_after: after, ..Response::default() });
        for (statuses, expected) in [
            (&[200, 201, 202, 204][..], Outcome::Delivered),
            (&[408, 425, 429, 500, 502, 503, 504, 599], Outcome::Retry { after }),
            (&[413], Outcome::Split),
            (&[301, 302, 307, 308, 401, 403, 404, 405], Outcome::Misconfigured),
            (&[400, 409, 410, 415, 422, 499], Outcome::Refused),
        ] {
            for status in statuses {
                assert_eq!(meaning(*status), expected, "{status}");
            }
        }
    }
}
