//! CSV by RFC 4180. Cells are what strangers wrote, and a spreadsheet runs a cell that begins like a formula; so such a
//! cell gets a `'` in front, unless the export says that a program is to read it.

use std::borrow::Cow;

use csv_core::{QuoteStyle, WriteResult, Writer, WriterBuilder};
use jiff::{Timestamp, tz::TimeZone};
use tallystick_engine::{ReadError, search::StoredEvent};
use tallystick_event::{CorruptBytes, Unit, format_ms, sentence::sentence_text};

use crate::{
    column::{Column, ColumnList},
    failure::Failure,
    fields::{Fields, Members, damaged},
    shape::Shape,
};

/// Between the values of a column that has one for each target.
const BETWEEN: &str = "; ";

/// What a spreadsheet takes for the beginning of a formula, or skips before one. The wide forms are what some take for
/// the narrow ones.
const FORMULA_STARTS: &[char] =
    &['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Rows of cells.
pub(crate) struct Csv {
    columns: ColumnList,
    zone: TimeZone,
    has_guard: bool,
    writer: Writer,
    needs_metadata: bool,
}

impl Csv {
    pub(crate) fn new(columns: ColumnList, zone: TimeZone, has_guard: bool) -> Self {
        let needs_metadata = columns.iter().any(|column| matches!(column, Column::MetadataAt(_)));
        Self { columns, zone, has_guard, writer: writer(), needs_metadata }
    }

    fn row(&mut self, stored: &StoredEvent, out: &mut Vec<u8>) -> Result<(), Failure> {
        let fields = Fields::of(stored)?;
        let metadata = if self.needs_metadata { parsed(&fields)? } else { serde_json::Value::Null };
        let places = Places { fields: &fields, metadata: &metadata, zone: &self.zone };
        for (index, column) in self.columns.iter().enumerate() {
            let cell = places.cell(column)?;
            if index > 0 {
                put(out, |room| self.writer.delimiter(room));
            }
            cell_into(&mut self.writer, &cell, self.has_guard, out);
        }
        put(out, |room| self.writer.terminator(room));
        Ok(())
    }
}

impl Shape for Csv {
    fn head(&mut self, out: &mut Vec<u8>) -> Result<(), Failure> {
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                put(out, |room| self.writer.delimiter(room));
            }
            cell_into(&mut self.writer, &column.to_string(), self.has_guard, out);
        }
        put(out, |room| self.writer.terminator(room));
        Ok(())
    }

    fn event(&mut self, event: &StoredEvent, _row: u64, out: &mut Vec<u8>) -> Result<(), Failure> {
        event.require_committed()?;
        self.row(event, out)
    }

    fn end(&mut self, _rows: u64, _out: &mut Vec<u8>) {}
}

fn writer() -> Writer {
    WriterBuilder::new().quote_style(QuoteStyle::Necessary).terminator(csv_core::Terminator::CRLF).build()
}

fn cell_into(writer: &mut Writer, cell: &str, has_guard: bool, out: &mut Vec<u8>) {
    let guarded: Cow<'_, str> = if has_guard && cell.starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    };
    let mut rest = guarded.as_bytes();
    loop {
        let start = out.len();
        out.resize(start + rest.len() + 16, 0);
        let (result, read, wrote) = writer.field(rest, &mut out[start..]);
        out.truncate(start + wrote);
        rest = &rest[read..];
        if result == WriteResult::InputEmpty {
            return;
        }
    }
}

/// Appends what the writer has to say between cells; that is a few bytes at most.
fn put(out: &mut Vec<u8>, mut f: impl FnMut(&mut [u8]) -> (WriteResult, usize)) {
    let mut room = [0; 16];
    loop {
        let (result, wrote) = f(&mut room);
        out.extend_from_slice(&room[..wrote]);
        if result == WriteResult::InputEmpty {
            return;
        }
    }
}

fn parsed(fields: &Fields<'_>) -> Result<serde_json::Value, ReadError> {
    let Some(text) = fields.unit(Unit::Metadata)? else { return Ok(serde_json::Value::Null) };
    serde_json::from_str(text)
        .map_err(|error| damaged(fields.stored, CorruptBytes { offset: error.column() }))
}

/// What cells are made of.
struct Places<'a> {
    fields: &'a Fields<'a>,
    metadata: &'a serde_json::Value,
    zone: &'a TimeZone,
}

impl<'a> Places<'a> {
    fn cell(&self, column: &Column) -> Result<Cow<'a, str>, Failure> {
        let (fields, meta) = (self.fields, &self.fields.stored.meta);
        let member = |members: &Members<'a>, name: &str| {
            let text = members.text(name).map_err(|error| damaged(fields.stored, error))?;
            Ok::<_, Failure>(text.unwrap_or_default())
        };
        Ok(match column {
            Column::Seq => meta.seq.to_string().into(),
            Column::Id => meta.id.to_string().into(),
            Column::OccurredAt => member(&fields.event, "occurred_at")?,
            Column::OccurredAtLocal => self.local()?.into(),
            Column::ReceivedAt => format_ms(meta.received_ms).into(),
            Column::Event(name) => member(&fields.event, name)?,
            Column::Actor(name) => member(&fields.actor, name)?,
            Column::Context(name) => member(&fields.context, name)?,
            Column::EachTarget(name) => self.each_target(name)?,
            Column::Targets => fields.unit(Unit::Targets)?.unwrap_or_default().into(),
            Column::Changes => fields.unit(Unit::Changes)?.unwrap_or_default().into(),
            Column::Metadata => fields.unit(Unit::Metadata)?.unwrap_or_default().into(),
            Column::MetadataAt(path) => metadata_at(self.metadata, path).into(),
            Column::Sentence => sentence_text(&self.whole()?).into(),
            Column::Whole => {
                let text = String::from_utf8(self.whole()?);
                text.map_err(|_| Failure::Broken("an event is not UTF-8".to_owned()))?.into()
            }
        })
    }

    fn each_target(&self, name: &str) -> Result<Cow<'a, str>, Failure> {
        let text = |target: &Members<'a>| {
            let text = target.text(name).map_err(|error| damaged(self.fields.stored, error))?;
            Ok::<_, Failure>(text.unwrap_or_default())
        };
        match self.fields.targets.as_slice() {
            [] => Ok(Cow::Borrowed("")),
            [only] => text(only),
            several => {
                let texts = several.iter().map(text).collect::<Result<Vec<_>, _>>()?;
                Ok(texts.join(BETWEEN).into())
            }
        }
    }

    fn whole(&self) -> Result<Vec<u8>, Failure> {
        let mut json = Vec::new();
        self.fields.stored.render(&mut json)?;
        Ok(json)
    }

    fn local(&self) -> Result<String, Failure> {
        let time = Timestamp::from_microsecond(self.fields.stored.meta.occurred_us)
            .map_err(|error| Failure::Broken(format!("event {}: {error}", self.fields.stored.meta.id)))?;
        Ok(time.to_zoned(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").to_string())
    }
}

/// What stands at a path of the metadata: a member of this very name, or members within members.
fn metadata_at(metadata: &serde_json::Value, path: &str) -> String {
    let found = metadata.get(path).or_else(|| {
        path.split('.').try_fold(metadata, |at, name| match at {
            serde_json::Value::Array(list) => name.parse::<usize>().ok().and_then(|index| list.get(index)),
            _ => at.get(name),
        })
    });
    match found {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(cell: &str, has_guard: bool) -> String {
        let mut out = Vec::new();
        let mut writer = writer();
        cell_into(&mut writer, cell, has_guard, &mut out);
        put(&mut out, |room| writer.terminator(room));
        String::from_utf8(out).expect("text stays text")
    }

    #[test]
    fn what_would_run_in_a_spreadsheet_is_made_text() {
        for (cell, expected) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0\r\n"),
            ("+1", "'+1\r\n"),
            ("-1", "'-1\r\n"),
            ("@SUM(A1)", "'@SUM(A1)\r\n"),
            ("\t=1", "'\t=1\r\n"),
            ("\r=1", "\"'\r=1\"\r\n"),
            ("\u{ff1d}1", "'\u{ff1d}1\r\n"),
            ("a=1", "a=1\r\n"),
            ("a\"b,c\n", "\"a\"\"b,c\n\"\r\n"),
        ] {
            assert_eq!(written(cell, true), expected);
        }
        assert_eq!(written("=1", false), "=1\r\n");
    }

    #[test]
    fn metadata_is_found_by_name_and_by_path() {
        let metadata = json!({"a.b": "exact", "a": {"b": "nested", "c": [1, {"d": true}]}, "n": null});
        for (path, expected) in
            [("a.b", "exact"), ("a.c.1.d", "true"), ("a.c", "[1,{\"d\":true}]"), ("n", ""), ("x.y", "")]
        {
            assert_eq!(metadata_at(&metadata, path), expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_reader_of_csv_gets_the_cells_back(cells in proptest::collection::vec("(?s).*", 1..6)) {
            // A header first, as in each file: what looks like a byte order mark is one only at the very start.
            let mut out = b"header\r\n".to_vec();
            let mut writer = writer();
            for (index, cell) in cells.iter().enumerate() {
                if index > 0 {
                    put(&mut out, |room| writer.delimiter(room));
                }
                cell_into(&mut writer, cell, false, &mut out);
            }
            put(&mut out, |room| writer.terminator(room));
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(&out[..]);
            let rows: Vec<Vec<String>> =
                reader.deserialize().collect::<Result<_, _>>().expect("it can be read");
            prop_assert_eq!(&rows[1..], &[cells]);
        }
    }
}
