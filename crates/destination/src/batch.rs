//! What is sent in one go: consecutive events of one log, rendered, with an identity that is the same on every attempt.

use std::fmt;

use bytes::Bytes;
use sha2::{Digest, Sha256};

/// What the rendered bytes of a record are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// One JSON object, without a line break.
    Json,
    /// One line of text, without its line break.
    Line,
}

/// The identity of a batch: 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BatchId([u8; 16]);

impl BatchId {
    /// The first 16 bytes of SHA-256 over the stream, the log, the range of seqs and the version of the format, each
    /// text with its length before it. So the same events of the same stream always have the same id.
    pub fn of(stream: &str, log: &str, first_seq: u64, last_seq: u64, format_version: &str) -> Self {
        let mut hash = Sha256::new();
        for text in [stream, log, format_version] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.update(first_seq.to_be_bytes());
        hash.update(last_seq.to_be_bytes());
        let digest = hash.finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Self(id)
    }
}

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One event, rendered for a stream.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its place in its log.
    pub seq: u64,
    /// Its id, as the API shows it.
    pub event_id: String,
    /// Its leaf's hash in the log's tree.
    pub leaf_hash: [u8; 32],
    /// When it happened, Unix ms.
    pub occurred_ms: i64,
    /// When it was taken in, Unix ms.
    pub received_ms: i64,
    /// What was done, such as `user.created`.
    pub action: String,
    /// Whether it did not succeed (failure or denied).
    pub is_failure: bool,
    /// In the stream's format.
    pub bytes: Bytes,
    /// As the API shows it, masked as the stream wants it: for destinations with fields of their own. The same bytes as
    /// `bytes` if the format is the native one.
    pub native: Bytes,
}

/// Consecutive events of one log, in order, never none.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The same on every attempt.
    pub id: BatchId,
    /// The stream's id.
    pub stream: String,
    /// The organization's id.
    pub org: String,
    /// The origin of the log.
    pub log: String,
    /// The range of the log that the batch stands for. Events that the stream's filter left out lie in it, too.
    pub first_seq: u64,
    /// See `first_seq`; inclusive.
    pub last_seq: u64,
    /// What the records are.
    pub media: Media,
    /// The events.
    pub records: Vec<Record>,
    /// Unix ms now: for what the other side wants to be fresh, such as a signature's time.
    pub now_ms: i64,
}

impl Batch {
    /// Bytes of all records.
    pub fn byte_count(&self) -> usize {
        self.records.iter().map(|record| record.bytes.len()).sum()
    }

    /// All records, one a line, each with its line break.
    pub fn lines(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.byte_count() + self.records.len());
        for record in &self.records {
            out.extend_from_slice(&record.bytes);
            out.push(b'\n');
        }
        out
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// 2026-11-22T00:00:00Z.
    pub(crate) const HAPPENED_MS: i64 = 1_795_305_600_000;

    /// A batch of these JSON texts, from seq 10 on, received a second after they happened, a millisecond apart.
    pub(crate) fn batch(texts: &[&str]) -> Batch {
        let records = texts.iter().zip(10..).map(|(text, seq)| {
            let occurred_ms = HAPPENED_MS + seq as i64 - 10;
            let bytes = Bytes::copy_from_slice(text.as_bytes());
            Record {
                seq,
                event_id: format!("evt_{seq:032x}"),
                leaf_hash: [seq as u8; 32],
                occurred_ms,
                received_ms: occurred_ms + 1000,
                action: "user.created".to_owned(),
                is_failure: false,
                native: bytes.clone(),
                bytes,
            }
        });
        let last_seq = 9 + texts.len() as u64;
        Batch {
            id: BatchId::of("stream_1", "audit.example.com/acme", 10, last_seq, "native/1"),
            stream: "stream_1".to_owned(),
            org: "acme".to_owned(),
            log: "audit.example.com/acme".to_owned(),
            first_seq: 10,
            last_seq,
            media: Media::Json,
            records: records.collect(),
            now_ms: HAPPENED_MS + 5000,
        }
    }

    #[test]
    fn another_range_is_another_batch() {
        let id = BatchId::of("stream_1", "log", 0, 9, "native/1");
        assert_eq!(id, BatchId::of("stream_1", "log", 0, 9, "native/1"));
        assert_eq!(id.to_string().len(), 32);
        for other in [
            BatchId::of("stream_2", "log", 0, 9, "native/1"),
            BatchId::of("stream_1", "gol", 0, 9, "native/1"),
            BatchId::of("stream_1", "log", 0, 8, "native/1"),
            BatchId::of("stream_1", "log", 1, 9, "native/1"),
            BatchId::of("stream_1", "log", 0, 9, "native/2"),
            BatchId::of("stream_1l", "og", 0, 9, "native/1"),
        ] {
            assert_ne!(id, other);
        }
    }
}
