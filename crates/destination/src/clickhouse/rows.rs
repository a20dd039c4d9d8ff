//! Events as rows of a table: one JSON object a line (`JSONEachRow`). Columns that a table does not have are left out
//! by the server, and columns that a row does not have get their default.

use serde::Serialize;

use crate::native::Native;
use crate::{Batch, Record};

/// A row; names as in the table of the documentation.
#[derive(Serialize)]
struct Row<'a> {
    org: &'a str,
    seq: u64,
    id: &'a str,
    log: &'a str,
    occurred_at: String,
    received_at: String,
    action: &'a str,
    outcome: &'a str,
    reason: &'a str,
    actor_type: &'a str,
    actor_id: &'a str,
    actor_name: &'a str,
    actor_email: &'a str,
    target_types: Vec<&'a str>,
    target_ids: Vec<&'a str>,
    target_names: Vec<&'a str>,
    ip: &'a str,
    user_agent: &'a str,
    country: &'a str,
    session_id: &'a str,
    request_id: &'a str,
    trace_id: &'a str,
    leaf_hash: String,
    /// In the stream's format, to the byte.
    event: &'a str,
}

/// The body for a batch.
pub(super) fn body(batch: &Batch) -> Vec<u8> {
    let mut body = Vec::with_capacity(batch.byte_count() * 2);
    for record in &batch.records {
        row(batch, record, &mut body);
        body.push(b'\n');
    }
    body
}

fn row(batch: &Batch, record: &Record, out: &mut Vec<u8>) {
    let native = Native::read(&record.native);
    let own = |name| native.own(name).unwrap_or("");
    let text = |part, name| native.text(part, name).unwrap_or("");
    let event = String::from_utf8_lossy(&record.bytes);
    let row = Row {
        org: &batch.org,
        seq: record.seq,
        id: &record.event_id,
        log: &batch.log,
        occurred_at: time(record.occurred_ms),
        received_at: time(record.received_ms),
        action: &record.action,
        outcome: own("outcome"),
        reason: own("reason"),
        actor_type: text("actor", "type"),
        actor_id: text("actor", "id"),
        actor_name: text("actor", "name"),
        actor_email: text("actor", "email"),
        target_types: native.of_targets("type"),
        target_ids: native.of_targets("id"),
        target_names: native.of_targets("name"),
        ip: text("context", "ip"),
        user_agent: text("context", "user_agent"),
        country: text("context", "country"),
        session_id: text("context", "session_id"),
        request_id: text("context", "request_id"),
        trace_id: text("context", "trace_id"),
        leaf_hash: hex::encode(record.leaf_hash),
        event: &event,
    };
    serde_json::to_writer(out, &row).expect("memory takes everything, and names are texts");
}

/// Seconds since 1970 with three places, which a `DateTime64` takes in every time zone.
fn time(unix_ms: i64) -> String {
    let unix_ms = unix_ms.max(0);
    format!("{}.{:03}", unix_ms / 1_000, unix_ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_places() {
        assert_eq!(time(1_700_000_000_007), "1700000000.007");
        assert_eq!(time(-5), "0.000");
    }
}
