//! What answers of ClickHouse mean: its error codes say more than its statuses (`src/Common/ErrorCodes.cpp`).

use crate::Outcome;
use crate::http::{Response, usual};

/// It is overloaded, read-only for a while, or does not know whether it has it: `TIMEOUT_EXCEEDED`, `QUOTA_EXPIRED`,
/// `TOO_MANY_SIMULTANEOUS_QUERIES`, `NO_FREE_CONNECTION`, `SOCKET_TIMEOUT`, `NETWORK_ERROR`, `NO_ZOOKEEPER`, `ABORTED`,
/// `MEMORY_LIMIT_EXCEEDED`, `TABLE_IS_READ_ONLY`, `NOT_ENOUGH_SPACE`, `TOO_MANY_PARTS`, `NO_ACTIVE_REPLICAS`,
/// `ALL_CONNECTION_TRIES_FAILED`, `TOO_FEW_LIVE_REPLICAS`, `UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE`,
/// `UNKNOWN_STATUS_OF_INSERT`, `RECEIVED_ERROR_TOO_MANY_REQUESTS`, `QUERY_WAS_CANCELLED`, `CANNOT_SCHEDULE_TASK`,
/// `KEEPER_EXCEPTION`.
const RETRY: [u32; 21] =
    [159, 201, 202, 203, 209, 210, 225, 236, 241, 242, 243, 252, 254, 279, 285, 286, 319, 364, 394, 439, 999];

/// It cannot read a row, or a row is not what the table takes: `CANNOT_PARSE_TEXT`, `CANNOT_PARSE_ESCAPE_SEQUENCE`,
/// `CANNOT_PARSE_QUOTED_STRING`, `CANNOT_PARSE_INPUT_ASSERTION_FAILED`, `CANNOT_PARSE_DATE`, `CANNOT_PARSE_DATETIME`,
/// `CANNOT_PARSE_NUMBER`, `INCORRECT_DATA`, `TOO_LARGE_STRING_SIZE`, `VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE`,
/// `CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN`, `CANNOT_PARSE_UUID`, `CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING`,
/// `VIOLATED_CONSTRAINT`, `CANNOT_PARSE_IPV4`, `CANNOT_PARSE_IPV6`.
const REFUSED: [u32; 16] = [6, 25, 26, 27, 38, 41, 72, 117, 131, 321, 349, 376, 441, 469, 675, 676];

/// The header with the code.
const CODE_HEADER: &str = "x-clickhouse-exception-code";

/// What an answer means. An error may come after a status of success was sent.
pub(super) fn meaning(response: &Response) -> Outcome {
    match code(response) {
        None | Some(0) => usual(response),
        Some(code) if RETRY.contains(&code) => Outcome::Retry { after: response.retry_after },
        Some(code) if REFUSED.contains(&code) => Outcome::Refused,
        // Users, rights, tables, columns and settings (60, 81, 497, 516, …), and whatever else no repetition mends.
        Some(_) => Outcome::Misconfigured,
    }
}

/// The code of the error: in a header, or in a line `Code: 60. DB::Exception: …` of the body.
fn code(response: &Response) -> Option<u32> {
    let header = response.headers.get(CODE_HEADER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    header.or_else(|| {
        let body = String::from_utf8_lossy(&response.body);
        let told = body.lines().find_map(|line| line.trim_start().strip_prefix("Code: "))?;
        told.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn codes_say_more_than_statuses() {
        let meaning = |status, body: &'static str| {
            meaning(&Response { status, body: Bytes::from_static(body.as_bytes()), ..Response::default() })
        };
        assert_eq!(meaning(200, ""), Outcome::Delivered);
        assert_eq!(meaning(200, "Code: 252. DB::Exception: Too many parts"), Outcome::Retry { after: None });
        assert_eq!(meaning(200, "\nCode: 60, e.displayText() = DB::Exception"), Outcome::Misconfigured);
        assert_eq!(meaning(404, "Code: 60. DB::Exception: Table d.t does not exist"), Outcome::Misconfigured);
        assert_eq!(meaning(500, "Code: 497. DB::Exception: Not enough privileges"), Outcome::Misconfigured);
        assert_eq!(meaning(400, "Code: 27. DB::Exception: Cannot parse input"), Outcome::Refused);
        assert_eq!(
            meaning(500, "Code: 241. DB::Exception: Memory limit exceeded"),
            Outcome::Retry { after: None }
        );
        assert_eq!(meaning(502, "<html>Bad Gateway"), Outcome::Retry { after: None });
        assert_eq!(meaning(413, "<html>"), Outcome::Split);
        assert_eq!(meaning(403, ""), Outcome::Misconfigured);
    }

    #[test]
    fn the_header_comes_first() {
        let header = (HeaderName::from_static(CODE_HEADER), HeaderValue::from_static("516"));
        let headers = HeaderMap::from_iter([header]);
        let response =
            Response { status: 500, headers, body: Bytes::from_static(b"Code: 252."), ..Response::default() };
        assert_eq!(meaning(&response), Outcome::Misconfigured);
    }
}
