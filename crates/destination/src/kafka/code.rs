//! Codes of errors of Kafka's protocol (`org.apache.kafka.common.protocol.Errors`), and what they mean for a batch.

use crate::Outcome;

pub(super) const NONE: i16 = 0;
pub(super) const UNKNOWN_TOPIC_OR_PARTITION: i16 = 3;
pub(super) const LEADER_NOT_AVAILABLE: i16 = 5;
pub(super) const UNSUPPORTED_SASL_MECHANISM: i16 = 33;
pub(super) const OUT_OF_ORDER_SEQUENCE: i16 = 45;
pub(super) const DUPLICATE_SEQUENCE: i16 = 46;
pub(super) const INVALID_PRODUCER_EPOCH: i16 = 47;
pub(super) const SASL_AUTHENTICATION_FAILED: i16 = 58;
pub(super) const UNKNOWN_PRODUCER_ID: i16 = 59;
pub(super) const INVALID_RECORD: i16 = 87;
pub(super) const PRODUCER_FENCED: i16 = 90;

/// Whether the broker has lost, or never had, what it needs to tell repetitions of ours.
pub(super) fn is_of_producer(code: i16) -> bool {
    matches!(code, OUT_OF_ORDER_SEQUENCE | INVALID_PRODUCER_EPOCH | UNKNOWN_PRODUCER_ID | PRODUCER_FENCED)
}

/// Whether nothing of the batch was stored, for sure.
pub(super) fn is_refusal(code: i16) -> bool {
    matches!(meaning(code), Outcome::Split | Outcome::Refused | Outcome::Misconfigured)
}

/// What a code means for a batch.
pub(super) fn meaning(code: i16) -> Outcome {
    match code {
        NONE | DUPLICATE_SEQUENCE => Outcome::Delivered,
        // Too large: the message, the record batch.
        10 | 18 => Outcome::Split,
        // A time that the topic does not take; a record that it does not take.
        32 | INVALID_RECORD => Outcome::Refused,
        // Topics, what may be done to them, who we are, and what a broker does not speak.
        UNKNOWN_TOPIC_OR_PARTITION
        | 17
        | 29
        | 31
        | UNSUPPORTED_SASL_MECHANISM
        | 34
        | 35
        | 42
        | 43
        | 44
        | 53
        | 54
        | SASL_AUTHENTICATION_FAILED
        | 61
        | 65
        | 76 => Outcome::Misconfigured,
        _ => Outcome::Retry { after: None },
    }
}

/// Its name.
pub(super) fn name(code: i16) -> &'static str {
    match code {
        -1 => "UNKNOWN_SERVER_ERROR",
        2 => "CORRUPT_MESSAGE",
        UNKNOWN_TOPIC_OR_PARTITION => "UNKNOWN_TOPIC_OR_PARTITION",
        LEADER_NOT_AVAILABLE => "LEADER_NOT_AVAILABLE",
        6 => "NOT_LEADER_OR_FOLLOWER",
        7 => "REQUEST_TIMED_OUT",
        10 => "MESSAGE_TOO_LARGE",
        13 => "NETWORK_EXCEPTION",
        17 => "INVALID_TOPIC_EXCEPTION",
        18 => "RECORD_LIST_TOO_LARGE",
        19 => "NOT_ENOUGH_REPLICAS",
        20 => "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
        29 => "TOPIC_AUTHORIZATION_FAILED",
        31 => "CLUSTER_AUTHORIZATION_FAILED",
        32 => "INVALID_TIMESTAMP",
        UNSUPPORTED_SASL_MECHANISM => "UNSUPPORTED_SASL_MECHANISM",
        34 => "ILLEGAL_SASL_STATE",
        35 => "UNSUPPORTED_VERSION",
        42 => "INVALID_REQUEST",
        43 => "UNSUPPORTED_FOR_MESSAGE_FORMAT",
        44 => "POLICY_VIOLATION",
        OUT_OF_ORDER_SEQUENCE => "OUT_OF_ORDER_SEQUENCE_NUMBER",
        DUPLICATE_SEQUENCE => "DUPLICATE_SEQUENCE_NUMBER",
        INVALID_PRODUCER_EPOCH => "INVALID_PRODUCER_EPOCH",
        53 => "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
        54 => "SECURITY_DISABLED",
        56 => "KAFKA_STORAGE_ERROR",
        SASL_AUTHENTICATION_FAILED => "SASL_AUTHENTICATION_FAILED",
        UNKNOWN_PRODUCER_ID => "UNKNOWN_PRODUCER_ID",
        61 => "DELEGATION_TOKEN_AUTH_DISABLED",
        65 => "DELEGATION_TOKEN_AUTHORIZATION_FAILED",
        76 => "UNSUPPORTED_COMPRESSION_TYPE",
        INVALID_RECORD => "INVALID_RECORD",
        89 => "THROTTLING_QUOTA_EXCEEDED",
        PRODUCER_FENCED => "PRODUCER_FENCED",
        _ => "an error without a name here",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_mends_is_told_from_what_people_mend() {
        for code in [-1, 2, 5, 6, 7, 13, 19, 20, 45, 47, 56, 59, 89, 90, 9_999] {
            assert_eq!(meaning(code), Outcome::Retry { after: None }, "{}", name(code));
            assert!(!is_refusal(code));
        }
        for code in [3, 17, 29, 31, 33, 44, 58] {
            assert_eq!(meaning(code), Outcome::Misconfigured, "{}", name(code));
        }
        assert!(is_refusal(10) && !is_refusal(0) && !is_refusal(46));
    }
}
