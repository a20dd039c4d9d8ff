//! Rows of a Parquet file, column by column: what the reader's side hands to the side that encodes.

use bytes::Bytes;
use parquet::data_type::ByteArray;
use tallystick_engine::{ReadError, search::StoredEvent};
use tallystick_event::{CorruptBytes, Unit};

use crate::{
    failure::Failure,
    fields::{Fields, Members},
    limits::ROWS_BYTES_MAX,
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

/// Names and kinds of columns, in their order.
pub(crate) type Columns = &'static [(&'static str, Kind)];

/// The columns of exports. docs/formats/parquet.md says what is in them; names never change, new ones come last.
pub(crate) const COLUMNS: Columns = &[
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

    /// Hands over the texts, which share one buffer. It is used again afterwards, unless somebody has kept a text.
    pub(crate) fn lend_texts<T>(&mut self, take: impl FnOnce(&[ByteArray], &Self) -> T) -> T {
        let bytes = Bytes::from(std::mem::take(&mut self.text));
        let mut start = 0;
        let slice = |end: &usize| {
            let text = bytes.slice(start..*end);
            start = *end;
            ByteArray::from(text)
        };
        let texts: Vec<ByteArray> = self.ends.iter().map(slice).collect();
        let taken = take(&texts, self);
        drop(texts);
        if bytes.is_unique() {
            self.text = Vec::from(bytes);
        }
        taken
    }

    fn clear(&mut self) {
        self.numbers.clear();
        self.text.clear();
        self.ends.clear();
        self.definitions.clear();
        self.repetitions.clear();
    }
}

/// One event, as far as there are columns for it.
#[derive(Debug)]
pub(crate) struct Row<'a> {
    pub(crate) seq: u64,
    pub(crate) id: &'a str,
    pub(crate) org: &'a str,
    pub(crate) occurred_us: i64,
    pub(crate) received_ms: i64,
    /// Where its own members are, such as the action.
    pub(crate) event: &'a Members<'a>,
    pub(crate) actor: &'a Members<'a>,
    pub(crate) context: &'a Members<'a>,
    pub(crate) targets: &'a [Members<'a>],
    pub(crate) changes: Option<&'a str>,
    pub(crate) metadata: Option<&'a str>,
    /// All of it.
    pub(crate) json: &'a str,
    /// The origin of its log; empty where there is no column for it.
    pub(crate) log: &'a str,
    /// Hexadecimal; as `log`.
    pub(crate) leaf_hash: &'a str,
}

/// Rows that are encoded at once.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    bytes: usize,
    kinds: Columns,
    pub(crate) columns: Vec<Values>,
}

impl Rows {
    pub(crate) fn new(kinds: Columns) -> Self {
        Self { count: 0, bytes: 0, kinds, columns: kinds.iter().map(|_| Values::default()).collect() }
    }

    /// The same without its rows: memory that is filled again and again stays as much as it is.
    pub(crate) fn emptied(mut self) -> Self {
        (self.count, self.bytes) = (0, 0);
        self.columns.iter_mut().for_each(Values::clear);
        self
    }

    /// Whether no more should be added.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes >= ROWS_BYTES_MAX
    }

    /// Adds an event.
    pub(crate) fn push(&mut self, stored: &StoredEvent) -> Result<(), Failure> {
        let mut json = Vec::with_capacity(stored.units.total_len() + 256);
        stored.render(&mut json)?;
        let json = String::from_utf8(json).map_err(|_| Failure::Broken("an event is not UTF-8".into()))?;
        let fields = Fields::of(stored)?;
        self.add(&Row {
            seq: stored.meta.seq,
            id: &stored.meta.id.to_string(),
            org: stored.org.as_str(),
            occurred_us: stored.meta.occurred_us,
            received_ms: stored.meta.received_ms,
            event: &fields.event,
            actor: &fields.actor,
            context: &fields.context,
            targets: &fields.targets,
            changes: fields.unit(Unit::Changes)?,
            metadata: fields.unit(Unit::Metadata)?,
            json: &json,
            log: "",
            leaf_hash: "",
        })
    }

    /// Adds what is known of an event.
    pub(crate) fn add(&mut self, row: &Row<'_>) -> Result<(), Failure> {
        for (values, (name, _)) in self.columns.iter_mut().zip(self.kinds) {
            add(values, name, row)?;
        }
        self.count += 1;
        self.bytes += 2 * row.json.len();
        Ok(())
    }
}

fn add(values: &mut Values, column: &str, row: &Row<'_>) -> Result<(), Failure> {
    let broken =
        |error: CorruptBytes| Failure::Read(ReadError::Corrupt(format!("event {}: {error}", row.id)));
    match column {
        "seq" => values.numbers.push(i64::try_from(row.seq).map_err(|e| Failure::Broken(e.to_string()))?),
        "id" => values.text(row.id),
        "org" => values.text(row.org),
        "log" => values.text(row.log),
        "leaf_hash" => values.text(row.leaf_hash),
        "occurred_at" => values.numbers.push(row.occurred_us),
        "received_at" => values.numbers.push(row.received_ms),
        "version" => {
            let version = row.event.text(column).map_err(broken)?;
            let version = version.and_then(|text| text.parse::<i64>().ok());
            values.definitions.push(i16::from(version.is_some()));
            values.numbers.extend(version);
        }
        "changes" => values.maybe(row.changes),
        "metadata" => values.maybe(row.metadata),
        "event" => values.text(row.json),
        "target_types" | "target_ids" | "target_names" => {
            let (member, levels) = match column {
                "target_types" => ("type", 1),
                "target_ids" => ("id", 1),
                _ => ("name", 2),
            };
            let mut texts = Vec::with_capacity(row.targets.len());
            for target in row.targets {
                let text = target.text(member).map_err(broken)?;
                // Types and ids are always there; where nothing may be missing, an empty text stands for it.
                texts.push(if levels == 1 { Some(text.unwrap_or_default()) } else { text });
            }
            values.list(texts.into_iter(), levels);
        }
        name => {
            let text = match name.strip_prefix("actor_") {
                Some(member) => row.actor.text(member),
                None if matches!(name, "action" | "outcome" | "reason" | "source" | "idempotency_key") => {
                    row.event.text(name)
                }
                None => row.context.text(name),
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
        for _ in 0..2 {
            let texts = values.lend_texts(|texts, _| texts.iter().map(|text| text.data().to_vec()).collect());
            let texts: Vec<Vec<u8>> = texts;
            assert_eq!(texts, [b"a".to_vec(), b"".to_vec()]);
        }
    }
}
