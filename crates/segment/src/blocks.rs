//! Compressed blocks of byte strings, addressable by number: the bodies of events (four units a row) and the interned
//! tables (one string an entry).
//!
//! A block is, for each column, the varint lengths of its strings and then, for each column, the strings themselves; so
//! that like stands next to like.

use std::ops::Range;

use crate::{
    compress::{Packer, Unpacker},
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::Section,
    packed::{self, Packed},
    varint::{self, Cursor},
};

/// Collects the rows of a block, column by column.
pub(crate) struct BlockBuilder<const COLUMNS: usize> {
    lengths: [Vec<u8>; COLUMNS],
    bytes: [Vec<u8>; COLUMNS],
    rows: usize,
}

impl<const COLUMNS: usize> BlockBuilder<COLUMNS> {
    pub(crate) fn new() -> Self {
        Self { lengths: [const { Vec::new() }; COLUMNS], bytes: [const { Vec::new() }; COLUMNS], rows: 0 }
    }

    pub(crate) fn push(&mut self, row: [&[u8]; COLUMNS]) {
        for (column, bytes) in row.into_iter().enumerate() {
            varint::put(&mut self.lengths[column], bytes.len() as u64);
            self.bytes[column].extend_from_slice(bytes);
        }
        self.rows += 1;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends the block to `out` and starts the next one.
    pub(crate) fn take(&mut self, out: &mut Vec<u8>) {
        for part in self.lengths.iter_mut().chain(&mut self.bytes) {
            out.extend_from_slice(part);
            part.clear();
        }
        self.rows = 0;
    }
}

/// Compresses blocks as they fill and remembers where each starts.
pub(crate) struct BlockWriter<const COLUMNS: usize> {
    builder: BlockBuilder<COLUMNS>,
    block_rows: usize,
    packer: Packer,
    offsets: Vec<i64>,
    position: usize,
    raw: Vec<u8>,
    packed: Vec<u8>,
}

impl<const COLUMNS: usize> BlockWriter<COLUMNS> {
    pub(crate) fn new(block_rows: usize, dictionary: &[u8]) -> Self {
        Self {
            builder: BlockBuilder::new(),
            block_rows,
            packer: Packer::new(dictionary),
            offsets: vec![0],
            position: 0,
            raw: Vec::new(),
            packed: Vec::new(),
        }
    }

    /// Adds a row; a block that is full goes to `out`.
    pub(crate) fn push(
        &mut self,
        row: [&[u8]; COLUMNS],
        out: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        self.builder.push(row);
        if self.builder.rows() == self.block_rows { self.flush(out) } else { Ok(()) }
    }

    fn flush(&mut self, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.raw.clear();
        self.builder.take(&mut self.raw);
        self.packer.pack(&self.raw, &mut self.packed)?;
        self.position += self.packed.len();
        self.offsets.push(self.position as i64);
        out(&self.packed)
    }

    /// Writes the last block; returns the column of offsets.
    pub(crate) fn finish(mut self, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<Vec<u8>> {
        if self.builder.rows() > 0 {
            self.flush(out)?;
        }
        Ok(packed::encode(&self.offsets))
    }
}

/// Opened blocks.
#[derive(Debug)]
pub(crate) struct Blocks<const COLUMNS: usize> {
    section: Section,
    offsets: Packed,
    block_rows: usize,
    rows: usize,
}

impl<const COLUMNS: usize> Blocks<COLUMNS> {
    pub(crate) fn open(
        file: &SegmentFile,
        section: Section,
        offsets: Section,
        offsets_at: usize,
        block_rows: usize,
        rows: usize,
    ) -> Result<Self> {
        let offsets = Packed::open(file, offsets, offsets_at)?;
        if offsets.len() != rows.div_ceil(block_rows) + 1 {
            return Err(SegmentError::corrupt(section, "number of blocks"));
        }
        Ok(Self { section, offsets, block_rows, rows })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Unpacks the block a row stands in.
    pub(crate) fn load(
        &self,
        file: &SegmentFile,
        unpacker: &Unpacker,
        row: usize,
        out: &mut Block<COLUMNS>,
    ) -> Result<()> {
        if row >= self.rows {
            return Err(SegmentError::corrupt(self.section, "number past the last entry"));
        }
        let block = row / self.block_rows;
        let start = self.offsets.get_usize(file, block)?;
        let end = self.offsets.get_usize(file, block + 1)?;
        out.first = usize::MAX;
        unpacker.unpack(file.read(self.section, start..end)?, &mut out.bytes)?;
        let first = block * self.block_rows;
        let rows = self.block_rows.min(self.rows - first);
        out.index(rows).ok_or(SegmentError::corrupt(self.section, "lengths in a block"))?;
        out.first = first;
        Ok(())
    }
}

/// An unpacked block.
#[derive(Debug)]
pub(crate) struct Block<const COLUMNS: usize> {
    first: usize,
    rows: usize,
    bytes: Vec<u8>,
    /// End of each string, column after column; the first starts at `start`.
    ends: Vec<usize>,
    start: usize,
}

impl<const COLUMNS: usize> Block<COLUMNS> {
    pub(crate) fn empty() -> Self {
        Self { first: usize::MAX, rows: 0, bytes: Vec::new(), ends: Vec::new(), start: 0 }
    }

    /// What it holds belongs to another file from now on.
    pub(crate) fn forget(&mut self) {
        self.first = usize::MAX;
    }

    pub(crate) fn holds(&self, row: usize) -> bool {
        self.first <= row && row - self.first < self.rows
    }

    fn index(&mut self, rows: usize) -> Option<()> {
        let mut cursor = Cursor::new(&self.bytes);
        self.ends.clear();
        self.rows = rows;
        let mut total = 0_usize;
        for _ in 0..COLUMNS * rows {
            total = total.checked_add(usize::try_from(cursor.varint()?).ok()?)?;
            self.ends.push(total);
        }
        self.start = self.bytes.len() - cursor.rest().len();
        (cursor.rest().len() == total).then_some(())
    }

    /// A row's string in a column; the row must be in the block.
    pub(crate) fn get(&self, row: usize, column: usize) -> &[u8] {
        &self.bytes[self.range(row, column)]
    }

    fn range(&self, row: usize, column: usize) -> Range<usize> {
        assert!(self.holds(row), "the block was loaded for this row");
        let slot = column * self.rows + row - self.first;
        let start = if slot == 0 { 0 } else { self.ends[slot - 1] };
        self.start + start..self.start + self.ends[slot]
    }
}
