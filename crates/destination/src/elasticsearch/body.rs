//! The lines of a bulk call: what to do, and the document, for every event.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::index::Index;
use crate::Batch;

/// What a data stream needs of every document.
#[derive(Deserialize)]
struct Timed {
    #[serde(rename = "@timestamp")]
    timestamp: Option<IgnoredAny>,
}

/// Only ever `create`: data streams take nothing else, and what is there is not written over.
pub(super) fn body(index: &Index, has_ids: bool, batch: &Batch) -> Vec<u8> {
    // What is put around an event, roughly.
    let mut out = Vec::with_capacity(batch.byte_count() + 160 * batch.records.len());
    for record in &batch.records {
        let name = index.name(&batch.org, record.occurred_ms);
        // Names of indexes and ids have nothing to escape, but that is not for this line to know.
        let quoted = |text: &str| serde_json::to_string(text).expect("texts are JSON");
        let action = if has_ids {
            format!("{{\"create\":{{\"_index\":{},\"_id\":{}}}}}\n", quoted(&name), quoted(&record.event_id))
        } else {
            format!("{{\"create\":{{\"_index\":{}}}}}\n", quoted(&name))
        };
        out.extend_from_slice(action.as_bytes());
        out.extend_from_slice(&timed(&record.bytes, record.occurred_ms));
        out.push(b'\n');
    }
    out
}

/// The document with an `@timestamp`: formats that are not made for Elasticsearch have none.
fn timed(document: &[u8], occurred_ms: i64) -> Cow<'_, [u8]> {
    let has_none = serde_json::from_slice::<Timed>(document).is_ok_and(|timed| timed.timestamp.is_none());
    let Some(inside) = document.strip_prefix(b"{").filter(|_| has_none) else {
        return Cow::Borrowed(document);
    };
    let time = jiff::Timestamp::from_millisecond(occurred_ms).unwrap_or_default();
    let comma = if inside.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    let mut out = format!("{{\"@timestamp\":\"{time:.3}\"{comma}").into_bytes();
    out.extend_from_slice(inside);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::tests::{HAPPENED_MS, batch};

    fn lines(has_ids: bool, texts: &[&str]) -> Vec<String> {
        let index = Index::parse("audit-{yyyy}").unwrap();
        let text = String::from_utf8(body(&index, has_ids, &batch(texts))).unwrap();
        assert!(text.ends_with('\n'));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn every_event_is_created_under_its_id() {
        let lines = lines(true, &[r#"{"@timestamp":"2026-11-22T00:00:00Z"}"#, r#"{"a":1}"#]);
        assert_eq!(
            lines,
            [
                r#"{"create":{"_index":"audit-2026","_id":"evt_0000000000000000000000000000000a"}}"#,
                r#"{"@timestamp":"2026-11-22T00:00:00Z"}"#,
                r#"{"create":{"_index":"audit-2026","_id":"evt_0000000000000000000000000000000b"}}"#,
                r#"{"@timestamp":"2026-11-22T00:00:00.001Z","a":1}"#,
            ]
        );
    }

    #[test]
    fn ids_can_be_left_to_the_server() {
        assert_eq!(lines(false, &["{}"])[0], r#"{"create":{"_index":"audit-2026"}}"#);
    }

    #[test]
    fn a_time_is_put_in_where_there_is_none() {
        let timed = |text: &str| String::from_utf8(timed(text.as_bytes(), HAPPENED_MS).into_owned()).unwrap();
        assert_eq!(timed("{}"), r#"{"@timestamp":"2026-11-22T00:00:00.000Z"}"#);
        let inner = r#"{"data":{"@timestamp":1}}"#;
        assert_eq!(timed(inner), r#"{"@timestamp":"2026-11-22T00:00:00.000Z","data":{"@timestamp":1}}"#);
        assert_eq!(timed("no JSON"), "no JSON");
    }
}
