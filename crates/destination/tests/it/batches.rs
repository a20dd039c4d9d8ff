//! Batches for tests, as streams make them.

use bytes::Bytes;
use tallystick_destination::{Batch, BatchId, Media, Record};
use tallystick_receivers::now_ms;

/// The organization whose log they are of.
pub(crate) const ORG: &str = "acme";
/// The stream that they are for.
pub(crate) const STREAM: &str = "stream_01a1fd326b6d73649982cc7dc64592d8";

/// `n` events from seq 0 on.
pub(crate) fn batch(n: usize) -> Batch {
    batch_from(0, n)
}

/// `n` events, the first with this seq. Those of the same seqs have the same bytes within one run.
pub(crate) fn batch_from(first_seq: u64, n: usize) -> Batch {
    batch_with(first_seq, n, |_| serde_json::Value::Null)
}

/// `n` events with something more in their `metadata`, by their seq.
pub(crate) fn batch_with(first_seq: u64, n: usize, metadata: impl Fn(u64) -> serde_json::Value) -> Batch {
    let records = (first_seq..first_seq + n as u64).map(|seq| record(seq, &metadata(seq))).collect();
    batch_of(records)
}

/// A batch of these records, which must have ascending seqs.
pub(crate) fn batch_of(records: Vec<Record>) -> Batch {
    let (first_seq, last_seq) = (records.first().unwrap().seq, records.last().unwrap().seq);
    let log = format!("audit.example.com/{ORG}");
    Batch {
        id: BatchId::of(STREAM, &log, first_seq, last_seq, "native/1"),
        stream: STREAM.to_owned(),
        org: ORG.to_owned(),
        log,
        first_seq,
        last_seq,
        media: Media::Json,
        records,
        now_ms: now_ms(),
    }
}

fn record(seq: u64, metadata: &serde_json::Value) -> Record {
    let event_id = format!("evt_{:032x}", u128::from(seq) + (0x019a_1fd3_26b6_u128 << 80));
    // An hour ago to the hour: fresh for services that refuse what is old, and the same for the whole run.
    let occurred_ms = now_ms() / 3_600_000 * 3_600_000 - 3_600_000 + seq as i64;
    let is_failure = seq % 10 == 7;
    let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap().to_string();
    let mut event = serde_json::json!({
        "id": event_id,
        "org": ORG,
        "seq": seq,
        "occurred_at": at(occurred_ms),
        "received_at": at(occurred_ms + 25),
        "action": "user.created",
        "actor": { "type": "user", "id": "u_1", "name": "Zoë \"Z\" Ångström" },
        "targets": [{ "type": "user", "id": format!("u_{seq}") }],
        "outcome": if is_failure { "failure" } else { "success" },
        "context": { "ip": "203.0.113.9", "user_agent": "curl/8" },
    });
    if !metadata.is_null() {
        event["metadata"] = metadata.clone();
    }
    let bytes = Bytes::from(event.to_string());
    Record {
        seq,
        event_id,
        leaf_hash: [seq as u8; 32],
        occurred_ms,
        received_ms: occurred_ms + 25,
        action: "user.created".to_owned(),
        is_failure,
        native: bytes.clone(),
        bytes,
    }
}
