//! Events as the collector takes them: one JSON object each, one after the other.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Batch, Media, Record, Settings};

/// What all events of a stream are marked with.
pub(super) struct Marks {
    index: Option<String>,
    source: Option<String>,
    sourcetype: Option<String>,
    host: Option<String>,
}

impl Marks {
    pub(super) fn of(settings: &Settings) -> Self {
        let text = |name: &str| settings.text(name).map(str::to_owned);
        Self {
            index: text("index"),
            source: text("source"),
            sourcetype: text("sourcetype"),
            host: text("host"),
        }
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    time: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sourcetype: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    event: &'a RawValue,
    fields: IndexedFields<'a>,
}

/// Indexed with the event, so that a repetition can be told without reading events: flat, and texts only.
#[derive(Serialize)]
struct IndexedFields<'a> {
    event_id: &'a str,
    org_id: &'a str,
    seq: String,
    action: &'a str,
}

pub(super) fn body(marks: &Marks, batch: &Batch) -> Vec<u8> {
    // What is put around an event, roughly.
    let mut out = Vec::with_capacity(batch.byte_count() + 256 * batch.records.len());
    for record in &batch.records {
        let event = event_of(batch.media, record);
        let event = Envelope {
            time: seconds(record.occurred_ms),
            host: marks.host.as_deref(),
            source: marks.source.as_deref().unwrap_or(&batch.log),
            sourcetype: marks.sourcetype.as_deref(),
            index: marks.index.as_deref(),
            event: &event,
            fields: IndexedFields {
                event_id: &record.event_id,
                org_id: &batch.org,
                seq: record.seq.to_string(),
                action: &record.action,
            },
        };
        serde_json::to_writer(&mut out, &event).expect("memory takes everything");
        out.push(b'\n');
    }
    out
}

/// A line of text is a text in JSON. So is what is no JSON at all, which would make the whole call unreadable.
fn event_of(media: Media, record: &Record) -> Box<RawValue> {
    let text = String::from_utf8_lossy(&record.bytes);
    let json = match media {
        Media::Json => RawValue::from_string(text.clone().into_owned()).ok(),
        Media::Line => None,
    };
    json.unwrap_or_else(|| serde_json::value::to_raw_value(&text).expect("texts are JSON"))
}

/// Unix ms as seconds with three decimals, exactly.
fn seconds(ms: i64) -> Box<RawValue> {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    RawValue::from_string(format!("{sign}{}.{:03}", ms / 1000, ms % 1000)).expect("a number")
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::super::fields::FIELDS;
    use super::*;
    use crate::batch::tests::batch;

    fn marks(values: &Value) -> Marks {
        let mut all = json!({ "url": "https://splunk.example", "token": "t" });
        all.as_object_mut().unwrap().extend(values.as_object().cloned().unwrap_or_else(Map::new));
        Marks::of(&Settings::new(FIELDS, all.as_object().unwrap().clone()).unwrap())
    }

    #[test]
    fn every_event_stands_for_itself() {
        let marks = marks(&json!({ "index": "audit", "host": "h", "source": "s" }));
        let text = String::from_utf8(body(&marks, &batch(&[r#"{"n":1.10}"#, r#"{"b":2}"#]))).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].contains(r#""event":{"n":1.10}"#), "{text}");
        let first: Value = serde_json::from_str(lines[0]).unwrap();
        let expected = json!({
            "time": 1_795_305_600.0, "host": "h", "source": "s", "sourcetype": "tallystick:audit:json",
            "index": "audit", "event": { "n": 1.1 },
            "fields": {
                "event_id": "evt_0000000000000000000000000000000a", "org_id": "acme", "seq": "10",
                "action": "user.created",
            },
        });
        assert_eq!(first, expected);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn lines_of_text_are_texts() {
        let batch = Batch { media: Media::Line, ..batch(&["CEF:0|a\"b"]) };
        let event: Value = serde_json::from_slice(&body(&marks(&json!({})), &batch)).unwrap();
        assert_eq!(event["event"], "CEF:0|a\"b");
        assert_eq!(event["source"], "audit.example.com/acme");
    }

    #[test]
    fn times_have_milliseconds() {
        for (ms, text) in
            [(1_732_000_000_123, "1732000000.123"), (7, "0.007"), (-1, "-0.001"), (-1500, "-1.500")]
        {
            assert_eq!(seconds(ms).get(), text);
        }
    }
}
