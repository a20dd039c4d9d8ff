//! What errors of a server and of JetStream mean for a batch.

use serde::Deserialize;

use super::protocol::Received;
use crate::{Answer, Outcome, socket};

/// What an `-ERR` of the server means, after which it usually hangs up.
pub(super) fn of_error(text: &str) -> Answer {
    let lower = text.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let outcome = if has(&["maximum payload"]) {
        Outcome::Split
    } else if has(&[
        "authorization violation",
        "authentication expired",
        "authentication revoked",
        "authentication timeout",
        "permissions violation",
        "tls required",
        "invalid subject",
        "account",
    ]) {
        Outcome::Misconfigured
    } else {
        Outcome::Retry { after: None }
    };
    socket::failed(outcome, format!("the server says: {text}"))
}

/// What an acknowledgement says of one event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// It is stored, now or from before.
    Stored,
    /// It is refused for good.
    Rejected(String),
    /// It may work later.
    Again(u16, String),
    /// Somebody has to change something first.
    Misconfigured(u16, String),
}

#[derive(Deserialize)]
struct Body {
    error: Option<Fault>,
    seq: Option<u64>,
}

#[derive(Deserialize)]
struct Fault {
    code: u16,
    #[serde(default)]
    err_code: u32,
    #[serde(default)]
    description: String,
}

/// Reads an acknowledgement (ADR-1 and ADR-6 of NATS).
pub(super) fn of_acknowledgement(received: &Received) -> Acknowledged {
    if received.status.starts_with("NATS/1.0 503") {
        let why = "no stream of JetStream has this subject (or it has no leader just now)";
        return Acknowledged::Misconfigured(503, why.to_owned());
    }
    let Ok(body) = serde_json::from_slice::<Body>(&received.body) else {
        let why = "who answers on this subject is not JetStream";
        return Acknowledged::Misconfigured(0, why.to_owned());
    };
    let Some(fault) = body.error else {
        return match body.seq {
            Some(_) => Acknowledged::Stored,
            None => Acknowledged::Misconfigured(0, "who answers on this subject is not JetStream".to_owned()),
        };
    };
    let text = format!("{} ({})", fault.description, fault.err_code);
    match (fault.err_code, fault.code) {
        (MESSAGE_TOO_LARGE, _) => Acknowledged::Rejected(text),
        (STREAM_SEALED | STREAM_MISMATCH | STREAM_NOT_FOUND | NOT_ENABLED | NOT_ENABLED_FOR_ACCOUNT, _) => {
            Acknowledged::Misconfigured(fault.code, text)
        }
        (_, 401 | 403 | 404) => Acknowledged::Misconfigured(fault.code, text),
        _ => Acknowledged::Again(fault.code, text),
    }
}

/// Codes of errors of JetStream (`server/errors.json` of the server).
const MESSAGE_TOO_LARGE: u32 = 10_054;
const STREAM_NOT_FOUND: u32 = 10_059;
const STREAM_MISMATCH: u32 = 10_060;
const NOT_ENABLED: u32 = 10_076;
const NOT_ENABLED_FOR_ACCOUNT: u32 = 10_039;
const STREAM_SEALED: u32 = 10_109;

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledged(status: &str, body: &str) -> Acknowledged {
        let (subject, status) = ("_INBOX.x.0".to_owned(), status.to_owned());
        of_acknowledgement(&Received { subject, status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn acknowledgements_are_told_apart() {
        use Acknowledged::*;
        assert_eq!(acknowledged("", r#"{"stream":"A","seq":1}"#), Stored);
        assert_eq!(acknowledged("", r#"{"stream":"A","seq":1,"duplicate":true}"#), Stored);
        let error = |code: u16, err: u32| {
            acknowledged(
                "",
                &format!(r#"{{"error":{{"code":{code},"err_code":{err},"description":"d"}},"stream":"A"}}"#),
            )
        };
        assert_eq!(error(400, 10_054), Rejected("d (10054)".to_owned()));
        assert_eq!(error(400, 10_060), Misconfigured(400, "d (10060)".to_owned()));
        assert_eq!(error(503, 10_077), Again(503, "d (10077)".to_owned()));
        assert_eq!(error(503, 10_023), Again(503, "d (10023)".to_owned()));
        assert!(matches!(acknowledged("NATS/1.0 503", ""), Misconfigured(503, _)));
        assert!(matches!(acknowledged("", "hello"), Misconfigured(0, _)));
        assert!(matches!(acknowledged("", "{}"), Misconfigured(0, _)));
    }

    #[test]
    fn errors_of_servers_are_told_apart() {
        assert_eq!(of_error("Authorization Violation").outcome, Outcome::Misconfigured);
        assert_eq!(of_error("Permissions Violation for Publish to \"a\"").outcome, Outcome::Misconfigured);
        assert_eq!(of_error("Maximum Payload Violation").outcome, Outcome::Split);
        for text in ["Slow Consumer", "Stale Connection", "maximum connections exceeded", "Server Shutdown"] {
            assert_eq!(of_error(text).outcome, Outcome::Retry { after: None }, "{text}");
        }
    }
}
