//! The organizations of a segment and the row range of each.

use std::ops::Range;

use tallystick_event::{LogId, OrgId};

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::Section,
    rows::{OrgSpan, Row},
    varint::Cursor,
};

/// Organizations sorted by id; their rows follow each other in the same order.
#[derive(Debug)]
pub(crate) struct Orgs {
    spans: Vec<OrgSpan>,
    /// End of each one's rows.
    ends: Vec<Row>,
}

impl Orgs {
    pub(crate) fn open(file: &SegmentFile) -> Result<Self> {
        let bytes = file.read_all(Section::Orgs)?;
        read(bytes, file.rows()).ok_or(SegmentError::corrupt(Section::Orgs, "table of organizations"))
    }

    pub(crate) fn spans(&self) -> &[OrgSpan] {
        &self.spans
    }

    pub(crate) fn span(&self, org: &OrgId) -> Option<&OrgSpan> {
        self.spans.binary_search_by(|span| span.org.cmp(org)).ok().map(|no| &self.spans[no])
    }

    pub(crate) fn range(&self, org: &OrgId) -> Range<Row> {
        match self.spans.binary_search_by(|span| span.org.cmp(org)) {
            Ok(no) => self.range_of(no),
            Err(_) => 0..0,
        }
    }

    pub(crate) fn range_of(&self, no: usize) -> Range<Row> {
        let start = if no == 0 { 0 } else { self.ends[no - 1] };
        start..self.ends[no]
    }

    /// Position of the organization of a row below the number of rows.
    pub(crate) fn of_row(&self, row: Row) -> usize {
        self.ends.partition_point(|end| *end <= row)
    }
}

fn read(bytes: &[u8], rows: u32) -> Option<Orgs> {
    let mut cursor = Cursor::new(bytes);
    let count = cursor.varint()?;
    let (mut spans, mut ends) = (Vec::<OrgSpan>::new(), Vec::new());
    let mut end = 0_u32;
    for _ in 0..count {
        let len = usize::try_from(cursor.varint()?).ok()?;
        let org = OrgId::new(std::str::from_utf8(cursor.take(len)?).ok()?).ok()?;
        let log = LogId(cursor.take(16)?.try_into().ok()?);
        let rows = cursor.u32()?;
        end = end.checked_add(rows)?;
        let seq = (cursor.u64()?, cursor.u64()?);
        let occurred_us = (cursor.u64()? as i64, cursor.u64()? as i64);
        let received_ms = (cursor.u64()? as i64, cursor.u64()? as i64);
        if spans.last().is_some_and(|last| last.org >= org) {
            return None;
        }
        spans.push(OrgSpan { org, log, rows, seq, occurred_us, received_ms });
        ends.push(end);
    }
    (end == rows && cursor.rest().is_empty()).then_some(Orgs { spans, ends })
}
