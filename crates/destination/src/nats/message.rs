//! An event as a message with headers, as it is written to the connection.

use std::fmt::Write as _;

use bytes::Bytes;

use super::subject::Subject;
use crate::{BadSettings, Batch, Record};

/// A message that is ready but for where its acknowledgement goes.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) subject: String,
    /// `NATS/1.0`, headers, and the empty line after them.
    pub(super) head: String,
    pub(super) body: Bytes,
}

impl Message {
    /// What counts for a server's `max_payload`.
    pub(super) fn byte_count(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Writes it with the subject of its acknowledgement.
    pub(super) fn write(&self, reply: &str, out: &mut Vec<u8>) {
        let line = format!("HPUB {} {reply} {} {}\r\n", self.subject, self.head.len(), self.byte_count());
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(self.head.as_bytes());
        out.extend_from_slice(&self.body);
        out.extend_from_slice(b"\r\n");
    }
}

/// The messages of a batch, in order.
pub(super) fn of_batch(batch: &Batch, subject: &Subject, expected_stream: Option<&str>) -> Vec<Message> {
    let message = |record: &Record| Message {
        subject: subject.of(batch, record),
        head: head(batch, record, expected_stream),
        body: record.bytes.clone(),
    };
    batch.records.iter().map(message).collect()
}

/// `Nats-Msg-Id` is the same on every attempt, and of this stream alone: two streams may feed one of JetStream.
fn head(batch: &Batch, record: &Record, expected_stream: Option<&str>) -> String {
    let mut head = String::from("NATS/1.0\r\n");
    let (seq, leaf) = (record.seq.to_string(), hex::encode(record.leaf_hash));
    let id = format!("{}/{}", batch.stream, record.event_id);
    let fields = [
        ("Nats-Msg-Id", Some(id.as_str())),
        ("Nats-Expected-Stream", expected_stream),
        ("Tallystick-Event-Id", Some(&record.event_id)),
        ("Tallystick-Log", Some(&batch.log)),
        ("Tallystick-Seq", Some(&seq)),
        ("Tallystick-Leaf", Some(&leaf)),
    ];
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let clean: String = value.chars().filter(|c| !c.is_control()).collect();
        write!(head, "{name}: {clean}\r\n").expect("a string takes everything");
    }
    head.push_str("\r\n");
    head
}

/// A name of a stream as JetStream takes it.
pub(super) fn checked_stream(name: &str) -> Result<String, BadSettings> {
    let is_good = |c: char| c.is_ascii_graphic() && !matches!(c, '.' | '*' | '>' | '/' | '\\');
    if name.len() > 255 || !name.chars().all(is_good) {
        return Err(BadSettings::new(
            "jetstream",
            "is no name of a stream: it has spaces, dots, or one of * > / \\",
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
pub(in crate::nats) mod tests {
    use super::*;
    use crate::{BatchId, Media};

    pub(in crate::nats) fn batch(count: u64) -> Batch {
        let record = |seq: u64| Record {
            seq,
            event_id: format!("event_{seq}"),
            leaf_hash: [1; 32],
            occurred_ms: 0,
            received_ms: 0,
            action: "user.created".to_owned(),
            is_failure: false,
            bytes: Bytes::from(format!("{{\"seq\":{seq}}}")),
            native: Bytes::new(),
        };
        Batch {
            id: BatchId::of("stream_1", "log", 0, 1, "native"),
            stream: "stream_1".to_owned(),
            org: "org_1".to_owned(),
            log: "audit.example.com/org_1".to_owned(),
            first_seq: 0,
            last_seq: count - 1,
            media: Media::Json,
            records: (0..count).map(record).collect(),
            now_ms: 0,
        }
    }

    #[test]
    fn a_message_carries_its_id_and_its_lengths() {
        let messages = of_batch(&batch(2), &Subject::new("audit.{org}.{action}").unwrap(), Some("AUDIT"));
        let mut out = Vec::new();
        messages[1].write("_INBOX.x.1", &mut out);
        let text = String::from_utf8(out).unwrap();
        let (line, rest) = text.split_once("\r\n").unwrap();
        let end = rest.find("\r\n\r\n").unwrap() + 4;
        let expected = format!("HPUB audit.org_1.user.created _INBOX.x.1 {end} {}", rest.len() - 2);
        assert_eq!(line, expected);
        assert!(
            rest.starts_with("NATS/1.0\r\nNats-Msg-Id: stream_1/event_1\r\nNats-Expected-Stream: AUDIT\r\n")
        );
        assert!(rest.ends_with("\r\n\r\n{\"seq\":1}\r\n"));
    }
}
