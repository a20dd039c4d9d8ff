//! The bodies of calls.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Batch, Media, Record};

/// How events stand in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An object as Standard Webhooks proposes it: `type`, `timestamp`, `data`.
    Batch,
    /// A JSON array.
    Array,
    /// One event a line.
    Lines,
    /// A JSON array that says of itself that it is a batch of CloudEvents.
    CloudEvents,
}

/// The body of [`Form::Batch`].
#[derive(Serialize)]
struct Envelope<'a> {
    r#type: &'static str,
    timestamp: String,
    organization_id: &'a str,
    first_seq: u64,
    last_seq: u64,
    data: &'a RawValue,
}

impl Form {
    /// In settings.
    pub(super) const NAMES: &'static [&'static str] = &["batch", "json_array", "ndjson", "cloudevents"];

    /// Of a name, which was checked.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "json_array" => Self::Array,
            "ndjson" => Self::Lines,
            "cloudevents" => Self::CloudEvents,
            _ => Self::Batch,
        }
    }

    pub(super) fn content_type(self, media: Media) -> &'static str {
        match (self, media) {
            (Self::Batch | Self::Array, _) => "application/json",
            (Self::CloudEvents, _) => "application/cloudevents-batch+json",
            (Self::Lines, Media::Json) => "application/x-ndjson",
            (Self::Lines, Media::Line) => "text/plain; charset=utf-8",
        }
    }

    /// The same for the same batch every time.
    pub(super) fn body(self, batch: &Batch) -> Vec<u8> {
        match self {
            Self::Lines => batch.lines(),
            Self::Array | Self::CloudEvents => array(batch).into_bytes(),
            Self::Batch => {
                let data = RawValue::from_string(array(batch)).expect("records are JSON, or texts in JSON");
                let newest = batch.records.iter().map(|record| record.received_ms).max().unwrap_or_default();
                let envelope = Envelope {
                    r#type: "audit.events",
                    timestamp: jiff::Timestamp::from_millisecond(newest).unwrap_or_default().to_string(),
                    organization_id: &batch.org,
                    first_seq: batch.first_seq,
                    last_seq: batch.last_seq,
                    data: &data,
                };
                serde_json::to_vec(&envelope).expect("texts and numbers are JSON")
            }
        }
    }
}

/// The events as a JSON array; lines of text are texts in it.
fn array(batch: &Batch) -> String {
    let mut out = String::with_capacity(batch.byte_count() + 2 * batch.records.len() + 2);
    out.push('[');
    for (index, record) in batch.records.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&item(batch.media, record));
    }
    out.push(']');
    out
}

fn item(media: Media, record: &Record) -> std::borrow::Cow<'_, str> {
    let text = String::from_utf8_lossy(&record.bytes);
    match media {
        Media::Json => text,
        Media::Line => serde_json::to_string(&text).expect("texts are JSON").into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::batch::tests::batch;

    fn body(form: Form, media: Media) -> String {
        let batch = Batch { media, ..batch(&[r#"{"a":"1"}"#, r#"{"b":2}"#]) };
        String::from_utf8(form.body(&batch)).unwrap()
    }

    #[test]
    fn all_forms_have_the_events_in_order() {
        assert_eq!(body(Form::Array, Media::Json), r#"[{"a":"1"},{"b":2}]"#);
        assert_eq!(body(Form::CloudEvents, Media::Json), r#"[{"a":"1"},{"b":2}]"#);
        assert_eq!(body(Form::Lines, Media::Json), "{\"a\":\"1\"}\n{\"b\":2}\n");
        assert_eq!(body(Form::Array, Media::Line), r#"["{\"a\":\"1\"}","{\"b\":2}"]"#);
        let envelope: Value = serde_json::from_str(&body(Form::Batch, Media::Json)).unwrap();
        let expected = json!({
            "type": "audit.events", "timestamp": "2026-11-22T00:00:01.001Z", "organization_id": "acme",
            "first_seq": 10, "last_seq": 11, "data": [{ "a": "1" }, { "b": 2 }],
        });
        assert_eq!(envelope, expected);
    }

    #[test]
    fn every_name_is_a_form_of_its_own() {
        let forms: Vec<Form> = Form::NAMES.iter().map(|name| Form::named(name)).collect();
        assert_eq!(forms, [Form::Batch, Form::Array, Form::Lines, Form::CloudEvents]);
        assert_eq!(Form::Lines.content_type(Media::Line), "text/plain; charset=utf-8");
    }
}
