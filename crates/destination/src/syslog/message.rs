//! Messages of RFC 5424, one an event, and their frames.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{Batch, Record};

/// Longest APP-NAME (RFC 5424 6).
pub(super) const APP_BYTES_MAX: usize = 48;
/// Longest HOSTNAME (RFC 5424 6).
pub(super) const HOST_BYTES_MAX: usize = 255;
/// Longest SD-ID (RFC 5424 6).
pub(super) const SD_ID_BYTES_MAX: usize = 32;
/// Longest MSGID (RFC 5424 6).
const MSGID_BYTES_MAX: usize = 32;
/// What a message may have at most where the settings say nothing: what rsyslog takes as it is installed.
pub(super) const BYTES_MAX_DEFAULT: u64 = 8_192;

/// Severities (RFC 5424 table 2).
const WARNING: usize = 4;
const INFORMATIONAL: usize = 6;

/// How messages are told apart on a connection (RFC 6587 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Its length in bytes and a space before each message.
    OctetCounting,
    /// A line break after each message; there is none in any.
    Newline,
}

/// What is the same in all messages.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) facility: usize,
    pub(super) app: String,
    /// None: the log's service.
    pub(super) host: Option<String>,
    pub(super) sd_id: String,
    pub(super) framing: Framing,
    /// Most bytes of a message, without its frame.
    pub(super) bytes_max: usize,
}

/// A batch as it is written to the connection.
#[derive(Debug, Default)]
pub(super) struct Framed {
    pub(super) bytes: Vec<u8>,
    /// Places of events that are not in it, and the bytes that their messages would have.
    pub(super) too_large: Vec<(usize, usize)>,
}

impl Template {
    /// Frames all messages of a batch that are not too large.
    pub(super) fn frame(&self, batch: &Batch) -> Framed {
        let mut framed = Framed::default();
        let mut message = Vec::new();
        for (index, record) in batch.records.iter().enumerate() {
            message.clear();
            self.write(batch, record, &mut message);
            if message.len() > self.bytes_max {
                framed.too_large.push((index, message.len()));
                continue;
            }
            match self.framing {
                Framing::OctetCounting => {
                    framed.bytes.extend_from_slice(message.len().to_string().as_bytes());
                    framed.bytes.push(b' ');
                    framed.bytes.extend_from_slice(&message);
                }
                Framing::Newline => {
                    framed.bytes.extend_from_slice(&message);
                    framed.bytes.push(b'\n');
                }
            }
        }
        framed
    }

    /// HEADER SP STRUCTURED-DATA SP MSG. MSG has no byte order mark: receivers would hand it on as part of what they
    /// then cannot parse. PROCID is none: it would change when the service starts again.
    fn write(&self, batch: &Batch, record: &Record, out: &mut Vec<u8>) {
        let severity = if record.is_failure { WARNING } else { INFORMATIONAL };
        let service = || batch.log.split('/').next().unwrap_or_default();
        let host = self.host.clone().unwrap_or_else(|| header_text(service(), HOST_BYTES_MAX));
        let priority = self.facility * 8 + severity;
        let mut head = String::with_capacity(512);
        write!(
            head,
            "<{priority}>1 {} {host} {} - {} [{}",
            time(record.occurred_ms),
            self.app,
            header_text(&record.action, MSGID_BYTES_MAX),
            self.sd_id,
        )
        .expect("a string takes everything");
        let (seq, leaf) = (record.seq.to_string(), hex::encode(record.leaf_hash));
        let parameters = [
            ("org", batch.org.as_str()),
            ("log", &batch.log),
            ("seq", &seq),
            ("event_id", &record.event_id),
            ("action", &record.action),
            ("leaf", &leaf),
        ];
        for (name, value) in parameters {
            parameter(name, value, &mut head);
        }
        head.push_str("] ");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(&record.bytes);
    }
}

/// A part of the header: printable ASCII without spaces, cut off where it may go no further, `-` if nothing is left.
pub(super) fn header_text(text: &str, bytes_max: usize) -> String {
    let clean = text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' });
    let clean: String = clean.take(bytes_max).collect();
    if clean.is_empty() { "-".to_owned() } else { clean }
}

/// A PARAM-VALUE, in which `"`, `\` and `]` are escaped (RFC 5424 6.3.3). Control characters are left out: some
/// receivers rewrite them.
fn parameter(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// TIMESTAMP in UTC with milliseconds; `-` for a time that has no four digits of a year.
fn time(unix_ms: i64) -> String {
    match Timestamp::from_millisecond(unix_ms) {
        Ok(time) if (YEAR_0_MS..YEAR_10000_MS).contains(&unix_ms) => format!("{time:.3}"),
        _ => "-".to_owned(),
    }
}

/// 0000-01-01T00:00:00Z, Unix ms.
const YEAR_0_MS: i64 = -62_167_219_200_000;
/// 10000-01-01T00:00:00Z, Unix ms.
const YEAR_10000_MS: i64 = 253_402_300_800_000;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{BatchId, Media};

    fn template(framing: Framing, bytes_max: usize) -> Template {
        Template {
            facility: 13,
            app: "tallystick".to_owned(),
            host: None,
            sd_id: "tallystick@32473".to_owned(),
            framing,
            bytes_max,
        }
    }

    fn batch(bodies: &[&str]) -> Batch {
        let record = |(seq, body): (usize, &&str)| Record {
            seq: seq as u64,
            event_id: format!("event_{seq}"),
            leaf_hash: [0xab; 32],
            occurred_ms: 1_732_000_000_120,
            received_ms: 1_732_000_000_500,
            action: "team member.added".to_owned(),
            is_failure: seq == 1,
            bytes: Bytes::copy_from_slice(body.as_bytes()),
            native: Bytes::new(),
        };
        Batch {
            id: BatchId::of("stream_1", "audit.example.com/org_1", 0, 1, "native"),
            stream: "stream_1".to_owned(),
            org: "org_\"1]\\".to_owned(),
            log: "audit.example.com/org_1".to_owned(),
            first_seq: 0,
            last_seq: bodies.len() as u64 - 1,
            media: Media::Json,
            records: bodies.iter().enumerate().map(record).collect(),
            now_ms: 1_732_000_001_000,
        }
    }

    #[test]
    fn a_message_is_what_the_rfc_says() {
        let framed = template(Framing::Newline, 8_192).frame(&batch(&[r#"{"a":"ä"}"#, "x"]));
        let leaf = "ab".repeat(32);
        let expected = format!(
            "<110>1 2024-11-19T07:06:40.120Z audit.example.com tallystick - team_member.added [tallystick@32473 \
             org=\"org_\\\"1\\]\\\\\" log=\"audit.example.com/org_1\" seq=\"0\" event_id=\"event_0\" \
             action=\"team member.added\" leaf=\"{leaf}\"] {{\"a\":\"ä\"}}\n<108>1 "
        );
        let text = String::from_utf8(framed.bytes).unwrap();
        assert!(text.starts_with(&expected), "{text}");
        assert!(text.ends_with("] x\n"));
    }

    #[test]
    fn frames_count_bytes_and_leave_out_what_is_too_large() {
        let large = "y".repeat(9_000);
        let framed = template(Framing::OctetCounting, 8_192).frame(&batch(&["ä", &large, "z"]));
        assert_eq!(framed.too_large.len(), 1);
        assert_eq!(framed.too_large[0].0, 1);
        assert!(framed.too_large[0].1 > 9_000);
        let mut rest = framed.bytes.as_slice();
        let mut bodies = Vec::new();
        while !rest.is_empty() {
            let space = rest.iter().position(|byte| *byte == b' ').unwrap();
            let count: usize = std::str::from_utf8(&rest[..space]).unwrap().parse().unwrap();
            let message = std::str::from_utf8(&rest[space + 1..space + 1 + count]).unwrap();
            bodies.push(message.rsplit_once("] ").unwrap().1.to_owned());
            rest = &rest[space + 1 + count..];
        }
        assert_eq!(bodies, ["ä", "z"]);
    }

    #[test]
    fn parts_of_the_header_hold_what_they_may() {
        assert_eq!(header_text("", 5), "-");
        assert_eq!(header_text("a b\u{e4}\ncdef", 5), "a_b__");
        assert_eq!(time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(time(i64::MAX), "-");
        assert_eq!(time(-62_167_219_200_001), "-");
    }
}
