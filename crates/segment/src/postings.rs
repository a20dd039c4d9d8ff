//! Lists of ascending numbers (the rows of a value, the values of a word), each in the form that is smallest for it.
//!
//! Lists stand in blocks of 16 in the order of their owners; a column says where each block starts. One list:
//! `varint (single << 1 | 1)`, or `varint (count << 2 | form << 1)` followed by the gaps (form 0: varint byte length if
//! count > 3, then the first number and each distance - 1 as varints) or by varint length and a serialized roaring bitmap
//! (form 1).

use roaring::RoaringBitmap;

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::{DICTIONARY_BLOCK_KEYS, Section},
    packed::{self, Packed},
    varint::{self, Cursor},
};

/// Below this many numbers a bitmap is never smaller.
const ROARING_COUNT_MIN: usize = 64;
/// Shorter lists have no byte length: skipping means reading them.
const GAPS_UNMEASURED_MAX: u32 = 3;

/// Builds the two sections of a set of lists.
#[derive(Default)]
pub(crate) struct PostingsWriter {
    bytes: Vec<u8>,
    offsets: Vec<i64>,
    lists: usize,
    gaps: Vec<u8>,
}

impl PostingsWriter {
    /// Appends the list of the next owner; `numbers` ascend strictly and are not empty.
    pub(crate) fn push(&mut self, numbers: &[u32]) {
        debug_assert!(numbers.is_sorted_by(|a, b| a < b), "numbers ascend");
        if self.lists.is_multiple_of(DICTIONARY_BLOCK_KEYS) {
            self.offsets.push(self.bytes.len() as i64);
        }
        self.lists += 1;
        if let &[single] = numbers {
            varint::put(&mut self.bytes, u64::from(single) << 1 | 1);
            return;
        }
        self.gaps.clear();
        let mut next = 0;
        for &number in numbers {
            varint::put(&mut self.gaps, u64::from(number - next));
            next = number + 1;
        }
        if numbers.len() >= ROARING_COUNT_MIN {
            let mut bitmap =
                RoaringBitmap::from_sorted_iter(numbers.iter().copied()).expect("numbers ascend");
            bitmap.optimize();
            let size = bitmap.serialized_size();
            if size < self.gaps.len() {
                varint::put(&mut self.bytes, (numbers.len() as u64) << 2 | 2);
                varint::put(&mut self.bytes, size as u64);
                bitmap.serialize_into(&mut self.bytes).expect("a Vec takes every byte");
                return;
            }
        }
        varint::put(&mut self.bytes, (numbers.len() as u64) << 2);
        if numbers.len() > GAPS_UNMEASURED_MAX as usize {
            varint::put(&mut self.bytes, self.gaps.len() as u64);
        }
        self.bytes.extend_from_slice(&self.gaps);
    }

    /// The lists and the column of block offsets.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.offsets.push(self.bytes.len() as i64);
        (self.bytes, packed::encode(&self.offsets))
    }
}

/// One encoded list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum List<'a> {
    Single(u32),
    Gaps(u32, &'a [u8]),
    Roaring(u32, &'a [u8]),
}

impl List<'_> {
    pub(crate) fn count(&self) -> u32 {
        match *self {
            Self::Single(_) => 1,
            Self::Gaps(count, _) | Self::Roaring(count, _) => count,
        }
    }
}

/// An opened set of lists.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Postings {
    section: Section,
    offsets: Packed,
}

impl Postings {
    pub(crate) fn open(file: &SegmentFile, section: Section, offsets: Section) -> Result<Self> {
        Ok(Self { section, offsets: Packed::open(file, offsets, 0)? })
    }

    /// The encoded lists of one block of owners.
    pub(crate) fn block<'a>(&self, file: &'a SegmentFile, block: usize) -> Result<BlockLists<'a>> {
        let start = self.offsets.get_usize(file, block)?;
        let end = self.offsets.get_usize(file, block + 1)?;
        Ok(BlockLists { section: self.section, cursor: Cursor::new(file.read(self.section, start..end)?) })
    }

    pub(crate) fn list<'a>(&self, file: &'a SegmentFile, owner: u32) -> Result<List<'a>> {
        let owner = owner as usize;
        let mut lists = self.block(file, owner / DICTIONARY_BLOCK_KEYS)?;
        for _ in 0..owner % DICTIONARY_BLOCK_KEYS {
            lists.next()?;
        }
        lists.next()
    }

    /// Appends the numbers of a list to `out`.
    pub(crate) fn decode_into(&self, list: List<'_>, out: &mut Vec<u32>) -> Result<()> {
        let bad = || SegmentError::corrupt(self.section, "list of numbers");
        match list {
            List::Single(number) => out.push(number),
            List::Gaps(count, bytes) => {
                let mut cursor = Cursor::new(bytes);
                let mut next = 0_u64;
                for _ in 0..count {
                    let number = next + cursor.varint().ok_or_else(bad)?;
                    out.push(u32::try_from(number).map_err(|_| bad())?);
                    next = number + 1;
                }
            }
            List::Roaring(_, bytes) => out.extend(read_roaring(bytes).ok_or_else(bad)?),
        }
        Ok(())
    }

    pub(crate) fn bitmap(&self, list: List<'_>) -> Result<RoaringBitmap> {
        let bad = || SegmentError::corrupt(self.section, "bitmap");
        match list {
            List::Single(number) => Ok(RoaringBitmap::from_iter([number])),
            List::Roaring(_, bytes) => read_roaring(bytes).ok_or_else(bad),
            List::Gaps(count, _) => {
                let mut numbers = Vec::with_capacity((count as usize).min(1 << 16));
                self.decode_into(list, &mut numbers)?;
                RoaringBitmap::from_sorted_iter(numbers).map_err(|_| bad())
            }
        }
    }
}

fn read_roaring(bytes: &[u8]) -> Option<RoaringBitmap> {
    RoaringBitmap::deserialize_from(bytes).ok()
}

/// The lists of a block, one after another.
pub(crate) struct BlockLists<'a> {
    section: Section,
    cursor: Cursor<'a>,
}

impl<'a> BlockLists<'a> {
    pub(crate) fn next(&mut self) -> Result<List<'a>> {
        read_list(&mut self.cursor).ok_or(SegmentError::corrupt(self.section, "list"))
    }
}

#[inline]
fn read_list<'a>(cursor: &mut Cursor<'a>) -> Option<List<'a>> {
    let head = cursor.varint()?;
    if head & 1 == 1 {
        return Some(List::Single(u32::try_from(head >> 1).ok()?));
    }
    let count = u32::try_from(head >> 2).ok()?;
    if head & 2 == 2 {
        let len = cursor.varint()? as usize;
        return Some(List::Roaring(count, cursor.take(len)?));
    }
    if count > GAPS_UNMEASURED_MAX {
        let len = cursor.varint()? as usize;
        return Some(List::Gaps(count, cursor.take(len)?));
    }
    let start = cursor.rest();
    for _ in 0..count {
        cursor.varint()?;
    }
    Some(List::Gaps(count, &start[..start.len() - cursor.rest().len()]))
}
