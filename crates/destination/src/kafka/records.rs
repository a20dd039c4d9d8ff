//! Events as a record batch of version 2, which is what is sent and what is stored.

use jiff::Timestamp;

use super::codec::Writer;
use crate::http::gzip;
use crate::{Batch, Media, Record};

/// Who sends, and which batch of his this is, so that a broker tells a repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sequence {
    pub(super) producer_id: i64,
    pub(super) epoch: i16,
    pub(super) first: i32,
}

impl Sequence {
    /// Nobody: repetitions are not told.
    pub(super) const NONE: Self = Self { producer_id: -1, epoch: -1, first: -1 };
}

/// All records of a batch as one record batch, compressed if it is wanted.
pub(super) fn encode(batch: &Batch, sequence: Sequence, is_gzip: bool) -> Vec<u8> {
    let times = || batch.records.iter().map(|record| record.received_ms);
    let first_ms = batch.records.first().map_or(0, |record| record.received_ms);
    let max_ms = times().max().unwrap_or_default();
    let mut records = Writer::default();
    for (index, record) in batch.records.iter().enumerate() {
        let one = encode_record(batch, record, index, record.received_ms - first_ms);
        records.var_bytes(&one);
    }
    let records = records.done();
    let records = if is_gzip { gzip(&records) } else { records };
    let count = batch.records.len();
    let last = i32::try_from(count).expect("a batch is small") - 1;
    let checked = Writer::default()
        .i16(i16::from(is_gzip)) // Attributes: the compression, times of the producer, no transaction.
        .i32(last)
        .i64(first_ms)
        .i64(max_ms)
        .i64(sequence.producer_id)
        .i16(sequence.epoch)
        .i32(sequence.first)
        .count(count)
        .raw(&records)
        .done();
    Writer::default()
        .i64(0) // The offset: the broker's matter.
        .count(checked.len() + LENGTH_COUNTS_BEFORE_CHECKED)
        .i32(-1) // The leader's epoch: the broker's matter.
        .i8(2)
        .raw(&crc32c::crc32c(&checked).to_be_bytes())
        .raw(&checked)
        .done()
}

/// The leader's epoch, the version and the checksum stand between the length and what is checked.
const LENGTH_COUNTS_BEFORE_CHECKED: usize = 4 + 1 + 4;

/// The key is the organization, so that its events are in one partition, in order.
fn encode_record(batch: &Batch, record: &Record, index: usize, time_delta: i64) -> Vec<u8> {
    let mut out = Writer::default();
    out.i8(0).varint(time_delta).varint(index as i64);
    out.var_bytes(batch.org.as_bytes()).var_bytes(&record.bytes);
    let headers = headers(batch, record);
    out.varint(headers.len() as i64);
    for (name, value) in headers {
        out.var_bytes(name.as_bytes()).var_bytes(value.as_bytes());
    }
    out.done()
}

/// The event's place in its log, and a CloudEvent as its binding to Kafka (1.0.2) has it: in binary mode with its
/// attributes here, or, if the format is that of CloudEvents, in structured mode with everything in the value.
fn headers(batch: &Batch, record: &Record) -> Vec<(&'static str, String)> {
    let mut headers = vec![("tallystick_seq", record.seq.to_string())];
    headers.push(("tallystick_leaf", hex::encode(record.leaf_hash)));
    if record.bytes.starts_with(STRUCTURED_START) {
        headers.push(("content-type", "application/cloudevents+json; charset=UTF-8".to_owned()));
        return headers;
    }
    headers.push(("ce_specversion", "1.0".to_owned()));
    headers.push(("ce_id", record.event_id.clone()));
    headers.push(("ce_source", batch.log.clone()));
    headers.push(("ce_type", record.action.clone()));
    if let Ok(time) = Timestamp::from_millisecond(record.occurred_ms) {
        headers.push(("ce_time", time.to_string()));
    }
    let content_type = match batch.media {
        Media::Json => "application/json",
        Media::Line => "text/plain; charset=utf-8",
    };
    headers.push(("content-type", content_type.to_owned()));
    headers
}

/// How a record in the format of CloudEvents begins, and none in any other.
const STRUCTURED_START: &[u8] = b"{\"specversion\":";

#[cfg(test)]
pub(in crate::kafka) mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::BatchId;

    pub(in crate::kafka) fn batch(count: u64) -> Batch {
        let record = |seq: u64| Record {
            seq,
            event_id: format!("event_{seq}"),
            leaf_hash: [1; 32],
            occurred_ms: 1_732_000_000_000,
            received_ms: 1_732_000_000_000 + seq as i64,
            action: "user.created".to_owned(),
            is_failure: false,
            bytes: Bytes::from(format!("{{\"seq\":{seq}}}")),
            native: Bytes::new(),
        };
        Batch {
            id: BatchId::of("stream_1", "log", 0, count - 1, "native"),
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
    fn a_record_batch_has_everything_at_its_place() {
        let sequence = Sequence { producer_id: 7, epoch: 1, first: 40 };
        let bytes = encode(&batch(3), sequence, false);
        let i32_at = |at: usize| i32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let i64_at = |at: usize| i64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(i32_at(8) as usize, bytes.len() - 12, "the length is of what follows it");
        assert_eq!(bytes[16], 2);
        assert_eq!(i32_at(17) as u32, crc32c::crc32c(&bytes[21..]));
        assert_eq!((bytes[21], bytes[22], i32_at(23)), (0, 0, 2));
        assert_eq!((i64_at(27), i64_at(35)), (1_732_000_000_000, 1_732_000_000_002));
        assert_eq!((i64_at(43), i32_at(53), i32_at(57)), (7, 40, 3));
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("org_1\u{12}{\"seq\":0}"), "the key and the value with its length: {text}");
        assert!(text.contains("\u{a}ce_id\u{e}event_2"), "a header: {text}");
    }

    #[test]
    fn a_repetition_is_the_same_to_the_byte() {
        let batch = batch(100);
        let packed = encode(&batch, Sequence::NONE, true);
        assert_eq!(packed, encode(&batch, Sequence::NONE, true));
        assert_eq!(packed[22], 1);
        assert!(packed.len() < encode(&batch, Sequence::NONE, false).len() / 4);
    }
}
