//! Lists of ascending numbers (the rows of a value, the values of a word), each in the form that suits it.
//!
//! Lists stand in blocks of 16 in the order of their owners; a column says where each block starts. A single number is
//! `varint(number << 1 | 1)`. Everything else starts with `varint(count << 3 | form << 1)`:
//!
//! - form 0, gaps: up to three numbers as varints of the distances; more as varint byte length and a Rice code
//!   ([`crate::rice`]), within a tenth of what chance allows;
//! - form 1, bitmap: varint byte length and a serialized roaring bitmap, which search uses as it is;
//! - form 2, same: the list equals that of an earlier owner, varint distance to it. Id, name and address of
//!   an actor have the same rows.

use hashbrown::HashTable;
use roaring::RoaringBitmap;
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::{DICTIONARY_BLOCK_KEYS, Section},
    packed::{self, Packed},
    rice,
    varint::{self, Cursor},
};

/// Below this many numbers a bitmap is never smaller.
const ROARING_COUNT_MIN: usize = 64;
/// With larger distances on average a bitmap is not even tried.
const ROARING_GAP_MAX: u32 = 64;
/// A bitmap may be so many times larger than gaps: it needs no decoding.
const ROARING_SIZE_FACTOR: usize = 2;
/// Shorter lists have no byte length: skipping means reading them.
const GAPS_UNMEASURED_MAX: u32 = 3;
/// A reference to an equal list is not shorter than this.
const SAME_BYTES_MIN: usize = 6;
const FORM_ROARING: u64 = 1;
const FORM_SAME: u64 = 2;

/// Builds the two sections of a set of lists.
#[derive(Default)]
pub(crate) struct PostingsWriter {
    bytes: Vec<u8>,
    offsets: Vec<i64>,
    lists: u32,
    encoded: Vec<u8>,
    /// Owner, start and length of lists that later ones may refer to.
    earlier: HashTable<(u32, usize, usize)>,
}

impl PostingsWriter {
    /// Appends the list of the next owner; `numbers` ascend strictly and are not empty.
    pub(crate) fn push(&mut self, numbers: &[u32]) {
        debug_assert!(numbers.is_sorted_by(|a, b| a < b), "numbers ascend");
        if (self.lists as usize).is_multiple_of(DICTIONARY_BLOCK_KEYS) {
            self.offsets.push(self.bytes.len() as i64);
        }
        let owner = self.lists;
        self.lists += 1;
        self.encoded.clear();
        encode(numbers, &mut self.encoded);
        if self.encoded.len() < SAME_BYTES_MIN {
            self.bytes.extend_from_slice(&self.encoded);
            return;
        }
        let hash = xxh3_64(&self.encoded);
        let same = |&(_, start, len): &(u32, usize, usize)| self.bytes[start..start + len] == self.encoded;
        if let Some(&(earlier, ..)) = self.earlier.find(hash, same) {
            varint::put(&mut self.bytes, (numbers.len() as u64) << 3 | FORM_SAME << 1);
            varint::put(&mut self.bytes, u64::from(owner - earlier));
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&self.encoded);
        let bytes = &self.bytes;
        let rehash = |&(_, start, len): &(u32, usize, usize)| xxh3_64(&bytes[start..start + len]);
        self.earlier.insert_unique(hash, (owner, start, self.encoded.len()), rehash);
    }

    /// The lists and the column of block offsets.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.offsets.push(self.bytes.len() as i64);
        (self.bytes, packed::encode(&self.offsets))
    }
}

fn encode(numbers: &[u32], out: &mut Vec<u8>) {
    if let &[single] = numbers {
        varint::put(out, u64::from(single) << 1 | 1);
        return;
    }
    let count = numbers.len() as u64;
    if count <= u64::from(GAPS_UNMEASURED_MAX) {
        varint::put(out, count << 3);
        let mut next = 0;
        for &number in numbers {
            varint::put(out, u64::from(number - next));
            next = number + 1;
        }
        return;
    }
    let mut gaps = Vec::new();
    rice::encode(numbers, &mut gaps);
    let span = numbers[numbers.len() - 1] - numbers[0];
    if numbers.len() >= ROARING_COUNT_MIN && numbers.len() > (span / ROARING_GAP_MAX) as usize {
        let mut bitmap = RoaringBitmap::from_sorted_iter(numbers.iter().copied()).expect("numbers ascend");
        bitmap.optimize();
        let size = bitmap.serialized_size();
        if size < gaps.len() * ROARING_SIZE_FACTOR {
            varint::put(out, count << 3 | FORM_ROARING << 1);
            varint::put(out, size as u64);
            bitmap.serialize_into(out).expect("a Vec takes every byte");
            return;
        }
    }
    varint::put(out, count << 3);
    varint::put(out, gaps.len() as u64);
    out.extend_from_slice(&gaps);
}

/// One encoded list.
#[derive(Debug, Clone, Copy)]
pub(crate) enum List<'a> {
    Single(u32),
    Few(u32, &'a [u8]),
    Gaps(u32, &'a [u8]),
    Roaring(u32, &'a [u8]),
    /// Count, and how many owners back the list stands.
    Same(u32, u32),
}

impl List<'_> {
    pub(crate) fn count(&self) -> u32 {
        match *self {
            Self::Single(_) => 1,
            Self::Few(count, _) | Self::Gaps(count, _) | Self::Roaring(count, _) | Self::Same(count, _) => {
                count
            }
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

    /// The encoded list of an owner, never a reference.
    pub(crate) fn list<'a>(&self, file: &'a SegmentFile, owner: u32) -> Result<List<'a>> {
        let list = self.raw_list(file, owner)?;
        self.resolve(file, owner, list)
    }

    /// The cardinality of a list, without following a reference.
    pub(crate) fn count(&self, file: &SegmentFile, owner: u32) -> Result<u32> {
        Ok(self.raw_list(file, owner)?.count())
    }

    fn raw_list<'a>(&self, file: &'a SegmentFile, owner: u32) -> Result<List<'a>> {
        let owner = owner as usize;
        let mut lists = self.block(file, owner / DICTIONARY_BLOCK_KEYS)?;
        for _ in 0..owner % DICTIONARY_BLOCK_KEYS {
            lists.next()?;
        }
        lists.next()
    }

    /// Follows a reference; what it refers to is not one itself.
    pub(crate) fn resolve<'a>(&self, file: &'a SegmentFile, owner: u32, list: List<'a>) -> Result<List<'a>> {
        let List::Same(_, back) = list else { return Ok(list) };
        let bad = SegmentError::corrupt(self.section, "reference to another list");
        match owner.checked_sub(back).filter(|_| back > 0) {
            None => Err(bad),
            Some(earlier) => match self.raw_list(file, earlier)? {
                List::Same(..) => Err(bad),
                found => Ok(found),
            },
        }
    }

    /// Appends the numbers of a list to `out`.
    pub(crate) fn decode_into(&self, list: List<'_>, out: &mut Vec<u32>) -> Result<()> {
        let bad = || SegmentError::corrupt(self.section, "list of numbers");
        match list {
            List::Single(number) => out.push(number),
            List::Few(count, bytes) => {
                let mut cursor = Cursor::new(bytes);
                let mut next = 0_u64;
                for _ in 0..count {
                    let number = cursor.varint().and_then(|gap| next.checked_add(gap)).ok_or_else(bad)?;
                    out.push(u32::try_from(number).map_err(|_| bad())?);
                    next = number + 1;
                }
            }
            List::Gaps(count, bytes) => rice::decode(bytes, count, out).ok_or_else(bad)?,
            List::Roaring(_, bytes) => out.extend(read_roaring(bytes).ok_or_else(bad)?),
            List::Same(..) => return Err(bad()),
        }
        Ok(())
    }

    pub(crate) fn bitmap(&self, list: List<'_>) -> Result<RoaringBitmap> {
        let bad = || SegmentError::corrupt(self.section, "bitmap");
        if let List::Roaring(_, bytes) = list {
            return read_roaring(bytes).ok_or_else(bad);
        }
        let mut numbers = Vec::with_capacity((list.count() as usize).min(1 << 16));
        self.decode_into(list, &mut numbers)?;
        RoaringBitmap::from_sorted_iter(numbers).map_err(|_| bad())
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
    let count = u32::try_from(head >> 3).ok()?;
    match head >> 1 & 3 {
        FORM_ROARING => {
            let len = usize::try_from(cursor.varint()?).ok()?;
            Some(List::Roaring(count, cursor.take(len)?))
        }
        FORM_SAME => Some(List::Same(count, u32::try_from(cursor.varint()?).ok()?)),
        0 if count > GAPS_UNMEASURED_MAX => {
            let len = usize::try_from(cursor.varint()?).ok()?;
            Some(List::Gaps(count, cursor.take(len)?))
        }
        0 => {
            let start = cursor.rest();
            for _ in 0..count {
                cursor.varint()?;
            }
            Some(List::Few(count, &start[..start.len() - cursor.rest().len()]))
        }
        _ => None,
    }
}
