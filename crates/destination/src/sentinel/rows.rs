//! Events as rows of a table of Log Analytics. Columns of a table have types and at most 64 KB a field; what is longer
//! is cut off without a word, so it is not sent.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::native::Native;
use crate::{Batch, Record, Rejection};

/// Longest field that arrives whole, bytes. Microsoft says 64 KB; the smaller reading of it counts.
const FIELD_BYTES_MAX: usize = 64_000;

/// A row; names as in the rule of the documentation. `None` is a column without a value.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Row<'a> {
    time_generated: String,
    occurred_at: String,
    received_at: String,
    event_id: &'a str,
    org: &'a str,
    log: &'a str,
    seq: u64,
    leaf_hash: String,
    action: &'a str,
    outcome: Option<&'a str>,
    reason: Option<&'a str>,
    actor_type: Option<&'a str>,
    actor_id: Option<&'a str>,
    actor_name: Option<&'a str>,
    actor_email: Option<&'a str>,
    target_types: Vec<&'a str>,
    target_ids: Vec<&'a str>,
    target_names: Vec<&'a str>,
    client_ip: Option<&'a str>,
    user_agent: Option<&'a str>,
    session_id: Option<&'a str>,
    request_id: Option<&'a str>,
    event: &'a RawValue,
}

/// The body for a batch, and the events that are not in it.
pub(super) fn body(batch: &Batch) -> (Vec<u8>, Vec<Rejection>) {
    let mut body = Vec::with_capacity(batch.byte_count() * 2 + 64);
    let mut rejected = Vec::new();
    for (index, record) in batch.records.iter().enumerate() {
        body.push(if body.is_empty() { b'[' } else { b',' });
        if let Err(reason) = row(batch, record, &mut body) {
            body.pop();
            rejected.push(Rejection { index, reason });
        }
    }
    if !body.is_empty() {
        body.push(b']');
    }
    (body, rejected)
}

/// Appends a row, or nothing and says why.
fn row(batch: &Batch, record: &Record, out: &mut Vec<u8>) -> Result<(), String> {
    if record.bytes.len() > FIELD_BYTES_MAX {
        let bytes = record.bytes.len();
        return Err(format!(
            "it has {bytes} bytes, and Sentinel cuts off what is longer than {FIELD_BYTES_MAX}"
        ));
    }
    let native = Native::read(&record.native);
    let event: &RawValue =
        serde_json::from_slice(&record.bytes).map_err(|error| format!("it is no JSON: {error}"))?;
    let occurred_at = time(record.occurred_ms)?;
    let row = Row {
        time_generated: occurred_at.clone(),
        occurred_at,
        received_at: time(record.received_ms)?,
        event_id: &record.event_id,
        org: &batch.org,
        log: &batch.log,
        seq: record.seq,
        leaf_hash: hex::encode(record.leaf_hash),
        action: &record.action,
        outcome: native.own("outcome"),
        reason: native.own("reason"),
        actor_type: native.text("actor", "type"),
        actor_id: native.text("actor", "id"),
        actor_name: native.text("actor", "name"),
        actor_email: native.text("actor", "email"),
        target_types: native.of_targets("type"),
        target_ids: native.of_targets("id"),
        target_names: native.of_targets("name"),
        client_ip: native.text("context", "ip"),
        user_agent: native.text("context", "user_agent"),
        session_id: native.text("context", "session_id"),
        request_id: native.text("context", "request_id"),
        event,
    };
    serde_json::to_writer(out, &row).expect("memory takes everything, and names are texts");
    Ok(())
}

fn time(unix_ms: i64) -> Result<String, String> {
    let time = jiff::Timestamp::from_millisecond(unix_ms).map_err(|error| error.to_string())?;
    Ok(format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;
    use crate::{BatchId, Media};

    fn batch(events: &[&str]) -> Batch {
        let records = events.iter().zip(0..).map(|(event, seq)| Record {
            seq,
            event_id: format!("evt_{seq}"),
            leaf_hash: [7; 32],
            occurred_ms: 1_700_000_000_120,
            received_ms: 1_700_000_001_000,
            action: "doc.read".to_owned(),
            is_failure: false,
            bytes: Bytes::copy_from_slice(event.as_bytes()),
            native: Bytes::copy_from_slice(event.as_bytes()),
        });
        Batch {
            id: BatchId::of("s", "l", 0, 1, "1"),
            stream: "s".to_owned(),
            org: "acme".to_owned(),
            log: "l/acme".to_owned(),
            first_seq: 0,
            last_seq: 1,
            media: Media::Json,
            records: records.collect(),
            now_ms: 0,
        }
    }

    #[test]
    fn a_row_has_the_columns_of_the_rule() {
        let event = r#"{"actor":{"type":"user","id":"u"},"targets":[{"id":"1"},{"id":"2"}],"n":1.0}"#;
        let (body, rejected) = body(&batch(&[event]));
        assert_eq!(rejected, []);
        assert!(String::from_utf8_lossy(&body).contains(event), "the event is as it was to the byte");
        let rows: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(rows[0]["TimeGenerated"], "2023-11-14T22:13:20.120Z");
        assert_eq!(rows[0]["TargetIds"], json!(["1", "2"]));
        assert_eq!(rows[0]["ActorName"], Value::Null);
        assert_eq!(rows[0]["LeafHash"], "07".repeat(32));
        // Names are at most 45 letters, and none of those that tables have themselves.
        for name in rows[0].as_object().unwrap().keys() {
            assert!(name.len() <= 45 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{name}");
            assert!(!["id", "TenantId", "Type", "UniqueId", "Title"].contains(&name.as_str()), "{name}");
        }
        let page = include_str!("../../../../docs/streams/sentinel.md");
        for name in rows[0].as_object().unwrap().keys() {
            assert!(
                page.contains(&format!("name: '{name}'")),
                "{name} is not in the rule of the documentation"
            );
        }
    }

    #[test]
    fn what_would_be_cut_off_is_not_sent() {
        let long = format!("\"{}\"", "x".repeat(FIELD_BYTES_MAX));
        let (body, rejected) = body(&batch(&["{}", &long, "CEF:1|", "{}"]));
        assert_eq!(rejected.iter().map(|rejection| rejection.index).collect::<Vec<_>>(), [1, 2]);
        assert!(rejected[0].reason.contains("64002 bytes"), "{}", rejected[0].reason);
        let rows: Vec<Value> = serde_json::from_slice(&body).unwrap();
        assert_eq!(rows.iter().map(|row| row["Seq"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 3]);
    }

    #[test]
    fn nothing_is_left_of_a_batch_of_which_nothing_can_be_sent() {
        for lines in [&["CEF:1|"][..], &["CEF:1|", "x"]] {
            let (body, rejected) = body(&batch(lines));
            assert!(body.is_empty());
            assert_eq!(rejected.len(), lines.len());
        }
    }
}
