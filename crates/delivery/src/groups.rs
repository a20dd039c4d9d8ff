//! The values of one Parquet row group, column by column: what the reader's side hands to the side that encodes.

use bytes::Bytes;
use parquet::data_type::ByteArray;
use tallystick_engine::search::StoredEvent;
use tallystick_event::Unit;

use crate::{
    failure::Failure,
    fields::{Fields, damaged},
    limits::{GROUP_BYTES_MAX, GROUP_ROWS_MAX},
};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Always a number.
    Number,
    /// A number, or nothing.
    MaybeNumber,
    /// Unix microseconds.
    Micros,
    /// Unix milliseconds.
    Millis,
    /// Always a text.
    Text,
    /// A text, or nothing.
    MaybeText,
    /// JSON text, or nothing.
    MaybeJson,
    /// JSON text.
    Json,
    /// A text for each target.
    Texts,
    /// A text, or nothing, for each target.
    MaybeTexts,
}

/// The columns in their order. docs/formats/parquet.md says what is in them; names never change, new ones come last.
pub(crate) const COLUMNS: &[(&str, Kind)] = &[
    ("seq", Kind::Number),
    ("id", Kind::Text),
    ("org", Kind::Text),
    ("occurred_at", Kind::Micros),
    ("received_at", Kind::Millis),
    ("action", Kind::MaybeText),
    ("outcome", Kind::MaybeText),
    ("reason", Kind::MaybeText),
    ("version", Kind::MaybeNumber),
    ("actor_type", Kind::MaybeText),
    ("actor_id", Kind::MaybeText),
    ("actor_name", Kind::MaybeText),
    ("actor_email", Kind::MaybeText),
    ("target_types", Kind::Texts),
    ("target_ids", Kind::Texts),
    ("target_names", Kind::MaybeTexts),
    ("ip", Kind::MaybeText),
    ("user_agent", Kind::MaybeText),
    ("origin", Kind::MaybeText),
    ("request_id", Kind::MaybeText),
    ("session_id", Kind::MaybeText),
    ("trace_id", Kind::MaybeText),
    ("country", Kind::MaybeText),
    ("source", Kind::MaybeText),
    ("idempotency_key", Kind::MaybeText),
    ("changes", Kind::MaybeJson),
    ("metadata", Kind::MaybeJson),
    ("event", Kind::Json),
];

/// The values of one column, with what Parquet calls definition and repetition levels where they say something.
#[derive(Debug, Default)]
pub(crate) struct Values {
    numbers: Vec<i64>,
    text: Vec<u8>,
    ends: Vec<usize>,
    pub(crate) definitions: Vec<i16>,
    pub(crate) repetitions: Vec<i16>,
}

impl Values {
    fn text(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
        self.ends.push(self.text.len());
    }

    fn maybe(&mut self, text: Option<&str>) {
        self.definitions.push(i16::from(text.is_some()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// The texts of a list; `levels` is the definition of one that is there.
    fn list<'a>(&mut self, texts: impl Iterator<Item = Option<std::borrow::Cow<'a, str>>>, levels: i16) {
        let mut is_empty = true;
        for text in texts {
            self.repetitions.push(i16::from(!is_empty));
            is_empty = false;
            match text {
                Some(text) => {
                    self.definitions.push(levels);
                    self.text(&text);
                }
                None => self.definitions.push(levels - 1),
            }
        }
        if is_empty {
            self.repetitions.push(0);
            self.definitions.push(0);
        }
    }

    /// The numbers.
    pub(crate) fn numbers(&self) -> &[i64] {
        &self.numbers
    }

    /// The texts, which share one buffer.
    pub(crate) fn texts(&mut self) -> Vec<ByteArray> {
        let bytes = Bytes::from(std::mem::take(&mut self.text));
        let mut start = 0;
        let slice = |end: usize| {
            let text = bytes.slice(start..end);
            start = end;
            ByteArray::from(text)
        };
        std::mem::take(&mut self.ends).into_iter().map(slice).collect()
    }
}

/// The values of one row group.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) rows: usize,
    bytes: usize,
    pub(crate) columns: Vec<Values>,
}

impl Group {
    pub(crate) fn new() -> Self {
        Self { rows: 0, bytes: 0, columns: COLUMNS.iter().map(|_| Values::default()).collect() }
    }

    /// Whether no more should be added.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= GROUP_ROWS_MAX || self.bytes >= GROUP_BYTES_MAX
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, stored: &StoredEvent) -> Result<(), Failure> {
        let mut json = Vec::with_capacity(stored.units.total_len() + 256);
        stored.render(&mut json)?;
        let json = String::from_utf8(json).map_err(|_| Failure::Broken("an event is not UTF-8".into()))?;
        let fields = Fields::of(stored)?;
        for (values, (name, _)) in self.columns.iter_mut().zip(COLUMNS) {
            add(values, name, &fields, &json)?;
        }
        self.rows += 1;
        self.bytes += 2 * json.len();
        Ok(())
    }
}

fn add(values: &mut Values, column: &str, fields: &Fields<'_>, json: &str) -> Result<(), Failure> {
    let meta = &fields.stored.meta;
    let broken = |error| Failure::from(damaged(fields.stored, error));
    match column {
        "seq" => values.numbers.push(i64::try_from(meta.seq).map_err(|e| Failure::Broken(e.to_string()))?),
        "id" => values.text(&meta.id.to_string()),
        "org" => values.text(fields.stored.org.as_str()),
        "occurred_at" => values.numbers.push(meta.occurred_us),
        "received_at" => values.numbers.push(meta.received_ms),
        "version" => {
            let version = fields.event.text(column).map_err(broken)?;
            let version = version.and_then(|text| text.parse::<i64>().ok());
            values.definitions.push(i16::from(version.is_some()));
            values.numbers.extend(version);
        }
        "changes" => values.maybe(fields.unit(Unit::Changes)?),
        "metadata" => values.maybe(fields.unit(Unit::Metadata)?),
        "event" => values.text(json),
        "target_types" | "target_ids" | "target_names" => {
            let (member, levels) = match column {
                "target_types" => ("type", 1),
                "target_ids" => ("id", 1),
                _ => ("name", 2),
            };
            let mut texts = Vec::with_capacity(fields.targets.len());
            for target in &fields.targets {
                let text = target.text(member).map_err(broken)?;
                // Types and ids are always there; where nothing may be missing, an empty text stands for it.
                texts.push(if levels == 1 { Some(text.unwrap_or_default()) } else { text });
            }
            values.list(texts.into_iter(), levels);
        }
        name => {
            let text = match name.strip_prefix("actor_") {
                Some(member) => fields.actor.text(member),
                None if matches!(name, "action" | "outcome" | "reason" | "source" | "idempotency_key") => {
                    fields.event.text(name)
                }
                None => fields.context.text(name),
            };
            values.maybe(text.map_err(broken)?.as_deref());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn lists_have_the_levels_that_readers_expect() {
        let mut values = Values::default();
        values.list([].into_iter(), 2);
        values.list([Some(Cow::Borrowed("a")), None, Some(Cow::Borrowed(""))].into_iter(), 2);
        assert_eq!(values.definitions, [0, 2, 1, 2]);
        assert_eq!(values.repetitions, [0, 0, 1, 1]);
        let texts: Vec<Vec<u8>> = values.texts().iter().map(|text| text.data().to_vec()).collect();
        assert_eq!(texts, [b"a".to_vec(), b"".to_vec()]);
    }
}
