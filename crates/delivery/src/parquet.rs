//! Parquet: one fixed schema, whole events beside their most asked-for places. The footer is written last, so a file
//! that was cut short is begun again.

use std::{
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use parquet::{
    basic::{Compression, ZstdLevel},
    column::{
        page::{CompressedPage, PageWriteSpec, PageWriter},
        writer::{ColumnWriter, get_column_writer, get_typed_column_writer_mut},
    },
    data_type::{ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedFileWriter, SerializedPageWriter, TrackedWrite},
    },
    schema::{parser::parse_message_type, types::ColumnPath},
};
use serde_json::Value;

use crate::{
    failure::Failure,
    limits::{GROUP_BYTES_MAX, GROUP_ROWS_MAX, PAGE_BYTES_MAX},
    rows::{Columns, Kind, Rows, Values},
};

/// zstd's level: the first ones differ little in size and much in time.
const ZSTD_LEVEL: i32 = 1;
/// Name of the entry of the file's metadata that says how many rows it has.
const ROWS_KEY: &str = "tallystick.rows";
/// In these nothing repeats, and nobody looks for a range of them.
const UNIQUE: &[&str] = &["id", "changes", "metadata", "event", "leaf_hash"];

/// Writes rows. Those of one row group are encoded as they come, and wait side by side until it is complete: so row
/// groups are large, and what is in memory is small.
pub(crate) struct ParquetFile<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Columns,
    group: Option<RowGroup>,
}

/// A row group that is not complete.
struct RowGroup {
    rows: usize,
    columns: Vec<(ColumnWriter<'static>, Pages)>,
}

/// Encoded pages of one column.
#[derive(Clone)]
struct Pages(Arc<Mutex<TrackedWrite<Vec<u8>>>>);

impl Pages {
    fn with<T>(&self, take: impl FnOnce(&mut TrackedWrite<Vec<u8>>) -> T) -> T {
        take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PageWriter for Pages {
    fn write_page(&mut self, page: CompressedPage) -> Result<PageWriteSpec, ParquetError> {
        self.with(|to| SerializedPageWriter::new(to).write_page(page))
    }

    fn close(&mut self) -> Result<(), ParquetError> {
        Ok(())
    }
}

impl RowGroup {
    fn is_complete(&self) -> bool {
        let bytes = |(_, pages): &(_, Pages)| pages.with(|to| to.bytes_written());
        self.rows >= GROUP_ROWS_MAX || self.columns.iter().map(bytes).sum::<usize>() >= GROUP_BYTES_MAX
    }
}

impl<W: Write + Send> ParquetFile<W> {
    pub(crate) fn new(out: W, columns: Columns) -> Result<Self, Failure> {
        let schema = Arc::new(parse_message_type(&message(columns)).map_err(failure)?);
        let level = ZstdLevel::try_new(ZSTD_LEVEL).map_err(failure)?;
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("tallystick version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_data_page_size_limit(PAGE_BYTES_MAX)
            .set_offset_index_disabled(true);
        for (name, _) in columns.iter().filter(|(name, _)| UNIQUE.contains(name)) {
            let path = || ColumnPath::from(*name);
            properties = properties
                .set_column_dictionary_enabled(path(), false)
                .set_column_statistics_enabled(path(), EnabledStatistics::None);
        }
        let writer = SerializedFileWriter::new(out, schema, Arc::new(properties.build())).map_err(failure)?;
        Ok(Self { writer, columns, group: None })
    }

    /// Adds rows, and gives what they were in back empty.
    pub(crate) fn write(&mut self, mut rows: Rows) -> Result<Rows, Failure> {
        let mut group = self.group.take().unwrap_or_else(|| self.new_group());
        let columns = group.columns.iter_mut().zip(&mut rows.columns).zip(self.columns);
        for (((column, _), values), (_, kind)) in columns {
            encode(column, values, *kind)?;
        }
        group.rows += rows.count;
        if group.is_complete() {
            self.complete(group)?;
        } else {
            self.group = Some(group);
        }
        Ok(rows.emptied())
    }

    fn new_group(&self) -> RowGroup {
        let column = |description: &_| {
            let pages = Pages(Arc::new(Mutex::new(TrackedWrite::new(Vec::new()))));
            let properties = Arc::clone(self.writer.properties());
            (get_column_writer(Arc::clone(description), properties, Box::new(pages.clone())), pages)
        };
        RowGroup { rows: 0, columns: self.writer.schema_descr().columns().iter().map(column).collect() }
    }

    fn complete(&mut self, group: RowGroup) -> Result<(), Failure> {
        let mut to = self.writer.next_row_group().map_err(failure)?;
        for (column, pages) in group.columns {
            let closed = column.close().map_err(failure)?;
            let bytes = pages.with(|pages| {
                let written = std::mem::replace(pages, TrackedWrite::new(Vec::new()));
                written.into_inner()
            });
            to.append_column(&Bytes::from(bytes.map_err(failure)?), closed).map_err(failure)?;
        }
        to.close().map(drop).map_err(failure)
    }

    /// Writes the footer, in which `key` has a statement about the file.
    pub(crate) fn finish(mut self, key: &str, statement: &Value, rows: u64) -> Result<(), Failure> {
        if let Some(group) = self.group.take() {
            self.complete(group)?;
        }
        for (key, value) in [(key, statement.to_string()), (ROWS_KEY, rows.to_string())] {
            self.writer.append_key_value_metadata(KeyValue { key: key.to_owned(), value: Some(value) });
        }
        self.writer.finish().map(drop).map_err(failure)
    }

    /// The file, for looking at how long it is.
    pub(crate) fn inner(&self) -> &W {
        self.writer.inner()
    }
}

fn encode(column: &mut ColumnWriter<'static>, values: &mut Values, kind: Kind) -> Result<(), Failure> {
    let written = values.lend_texts(|texts, values| {
        let definitions = values.definitions.as_slice();
        let definitions = (kind != Kind::Text && !definitions.is_empty()).then_some(definitions);
        let is_list = matches!(kind, Kind::Texts | Kind::MaybeTexts);
        let repetitions = is_list.then_some(values.repetitions.as_slice());
        match kind {
            Kind::Number | Kind::MaybeNumber | Kind::Micros | Kind::Millis => {
                let column = get_typed_column_writer_mut::<Int64Type>(column);
                column.write_batch(values.numbers(), definitions, repetitions)
            }
            _ => {
                let column = get_typed_column_writer_mut::<ByteArrayType>(column);
                column.write_batch(texts, definitions, repetitions)
            }
        }
    });
    written.map(drop).map_err(failure)
}

/// The schema as text.
fn message(columns: Columns) -> String {
    let column = |(name, kind): &(&str, Kind)| match kind {
        Kind::Number => format!("required int64 {name};"),
        Kind::MaybeNumber => format!("optional int64 {name};"),
        Kind::Micros => format!("required int64 {name} (TIMESTAMP(MICROS,true));"),
        Kind::Millis => format!("required int64 {name} (TIMESTAMP(MILLIS,true));"),
        Kind::Text => format!("required binary {name} (STRING);"),
        Kind::MaybeText => format!("optional binary {name} (STRING);"),
        Kind::Json => format!("required binary {name} (JSON);"),
        Kind::MaybeJson => format!("optional binary {name} (JSON);"),
        Kind::Texts => list(name, "required"),
        Kind::MaybeTexts => list(name, "optional"),
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    format!("message event {{ {} }}", columns.join(" "))
}

fn list(name: &str, element: &str) -> String {
    format!("required group {name} (LIST) {{ repeated group list {{ {element} binary element (STRING); }} }}")
}

/// An error of writing keeps its kind, since a full disk is told from others by it.
fn failure(error: ParquetError) -> Failure {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => Failure::Write(*error),
            Err(other) => Failure::Broken(other.to_string()),
        },
        other => Failure::Broken(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::COLUMNS;

    #[test]
    fn the_documented_columns_are_those_that_are_written() {
        let text = include_str!("../../../docs/formats/parquet.md");
        let documented: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .filter(|name| COLUMNS.iter().any(|(column, _)| column == name))
            .collect();
        let written: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(documented, written);
    }

    #[test]
    fn a_full_disk_stays_one() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(failure(ParquetError::External(Box::new(full))).code(), "disk_full");
    }
}
