//! Reading records back, while appends may go on.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use super::Span;
use super::walk::{Here, WalkError, Walker, corrupt};
use crate::disk::Disk;
use crate::error::{Damage, ReadError};
use crate::format::FRAME_HEADER_BYTES;
use crate::log::{Position, Record};

/// Iterator over the records of a few files, up to what was durable when it was made.
#[derive(Debug)]
pub(super) struct FileRecords {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// Files not read to their end, oldest first.
    spans: VecDeque<Span>,
    /// The first of them, once opened.
    walker: Option<Walker>,
    from: Position,
}

impl FileRecords {
    pub(super) fn new(disk: Arc<dyn Disk>, dir: PathBuf, spans: VecDeque<Span>, from: Position) -> Self {
        Self { disk, dir, spans, walker: None, from }
    }

    fn read(&mut self) -> Result<Option<Record>, WalkError> {
        while let Some(span) = self.spans.front().copied() {
            let walker = match &mut self.walker {
                Some(walker) => walker,
                none => none.insert(Walker::open(&*self.disk, &self.dir, span.first)?),
            };
            if walker.at >= span.end {
                self.walker = None;
                self.spans.pop_front();
                continue;
            }
            if let Some(record) = read_one(walker, self.from)? {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }
}

/// Reads one record, or passes it without looking at its body if it ends before `from`.
fn read_one(walker: &mut Walker, from: Position) -> Result<Option<Record>, WalkError> {
    let expected = format_args!("the record at position {}", walker.position).to_string();
    let (frame, crc) = match walker.look()? {
        Here::Batch(frame, crc) => (frame, crc),
        other => {
            return Err(corrupt(
                &walker.path,
                Damage::Record,
                walker.at,
                expected,
                format_args!("{other:?}"),
            ));
        }
    };
    let record = if frame.end_position() > from {
        let whole = walker.whole(&frame)?;
        if !frame.body_is_intact(whole) {
            return Err(corrupt(&walker.path, Damage::Record, walker.at, expected, "other bytes"));
        }
        let payload = whole[FRAME_HEADER_BYTES..][..frame.length as usize].to_vec();
        Some(Record { first_position: frame.first_position, count: frame.count, payload })
    } else {
        None
    };
    walker.pass(&frame, crc);
    Ok(record)
}

impl Iterator for FileRecords {
    type Item = Result<Record, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read();
        if read.is_err() {
            self.spans.clear();
        }
        read.map_err(ReadError::from).transpose()
    }
}
