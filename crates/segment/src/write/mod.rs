//! Writing a segment: sealing a tail, merging segments, rebuilding a damaged index. One code path for all of them.
//!
//! Steps, each of which holds one kind of data only: the order of rows; fixed columns; interned tables; bodies; values
//! and words; opaque ids. Dropping rows (retention) or units (erasure) belongs into `order` and `bodies`: everything
//! behind them goes by the new rows.

mod bodies;
mod columns;
mod index;
mod numbers;
mod order;
pub(crate) mod source;
mod tables;

pub(crate) use tables::TableSections;

use std::io::Write;

use crate::{
    error::Result,
    file::FileWriter,
    layout::Section,
    rows::{OrgSpan, Rows, Table},
    segment::Segment,
    tail::{Tail, TailEvent},
    write::{index::IndexWriter, source::SegmentSource},
};

/// What a segment holds, for the catalog and for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Number of rows.
    pub rows: u32,
    /// Organizations, sorted by id.
    pub orgs: Vec<OrgSpan>,
    /// Length of the file.
    pub file_bytes: u64,
    /// Bytes of each section; `Section::Frame` is what belongs to none (checksums, footer, padding).
    pub sections: Vec<(Section, u64)>,
    /// Number of distinct values in the dictionary.
    pub values: u32,
    /// Number of distinct words.
    pub words: u32,
}

impl SegmentInfo {
    /// Smallest and largest time of occurrence, Unix microseconds; `None` without rows.
    pub fn occurred_us(&self) -> Option<(i64, i64)> {
        let ranges = self.orgs.iter().map(|org| org.occurred_us);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    /// Smallest and largest time of receipt, Unix milliseconds; `None` without rows.
    pub fn received_ms(&self) -> Option<(i64, i64)> {
        let ranges = self.orgs.iter().map(|org| org.received_ms);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// Writes the rows of all sources, sorted, as one segment.
///
/// The bytes are complete when this returns, not durable: the caller syncs and publishes the file. Memory: about 100
/// bytes a row, plus the distinct values, words and interned units once.
///
/// # Errors
/// `Sources` if two sources hold the same row or contradict each other; `Corrupt` if a source is damaged; `Io`.
pub fn write_segment<W: Write>(sources: &[&dyn SegmentSource], out: W) -> Result<SegmentInfo> {
    let order = order::order(sources)?;
    let rows = order.rows.len() as u32;
    let mut file = FileWriter::new(out)?;
    columns::write(&mut file, sources, &order)?;
    for table in Table::ALL {
        tables::write(&mut file, sources, &order, table)?;
    }
    bodies::write(&mut file, sources, &order)?;
    let counts = IndexWriter::new(sources, &order).write(&mut file)?;
    let (file_bytes, sections) = file.finish(rows)?;
    Ok(SegmentInfo {
        rows,
        orgs: order.orgs,
        file_bytes,
        sections,
        values: counts.values,
        words: counts.words,
    })
}

/// Writes a whole new file for a segment whose index is damaged: terms are extracted from the bodies again,
/// no index section
/// of the old file is read.
///
/// # Errors
/// `Corrupt` if columns, tables or bodies are damaged too.
pub fn rebuild_index<W: Write>(segment: &Segment, out: W) -> Result<SegmentInfo> {
    let mut tail = Tail::new();
    let logs = segment.orgs();
    for row in 0..segment.len() {
        let (meta, org) = (segment.meta(row)?, segment.org_of(row)?);
        let span = logs.iter().find(|span| span.org == org).expect("a row's organization is in the table");
        tail.append(&TailEvent {
            org: &org,
            log: span.log,
            seq: meta.seq,
            received_ms: meta.received_ms,
            occurred_us: meta.occurred_us,
            id: meta.id,
            salt: meta.salt,
            units_root: meta.units_root,
            outcome: meta.outcome,
            leaf_form: meta.leaf_form,
            units: &segment.units(row)?,
            terms: None,
        })?;
    }
    write_segment(&[&tail], out)
}
