//! A sorted set of byte keys, numbered by rank: front-coded in blocks of 16, with a column of block offsets.
//!
//! Chosen over an automaton (`fst`): the number of a key is its rank and needs no bytes, the key of a number
//! is one block
//! away, ranges and merges read forward at memory speed, and damaged bytes cannot make the reader panic.

use std::cmp::Ordering;

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::{DICTIONARY_BLOCK_KEYS, Section},
    packed::{self, Packed},
    varint::{self, Cursor},
};

const COUNT_BYTES: usize = 8;

/// Builds the two sections of a dictionary.
pub(crate) struct DictionaryWriter {
    section: Section,
    bytes: Vec<u8>,
    offsets: Vec<i64>,
    last: Vec<u8>,
    count: u32,
}

impl DictionaryWriter {
    pub(crate) fn new(section: Section) -> Self {
        Self { section, bytes: Vec::new(), offsets: Vec::new(), last: Vec::new(), count: 0 }
    }

    /// Appends the next key. Keys ascend strictly, unless a source was written with others: then it is damaged.
    pub(crate) fn push(&mut self, key: &[u8]) -> Result<u32> {
        if self.count > 0 && self.last.as_slice() >= key {
            return Err(SegmentError::corrupt(self.section, "keys out of order"));
        }
        let first = (self.count as usize).is_multiple_of(DICTIONARY_BLOCK_KEYS);
        if first {
            self.offsets.push(self.bytes.len() as i64);
            varint::put(&mut self.bytes, key.len() as u64);
            self.bytes.extend_from_slice(key);
        } else {
            let shared = key.iter().zip(&self.last).take_while(|(a, b)| a == b).count();
            put_lengths(&mut self.bytes, shared, key.len() - shared);
            self.bytes.extend_from_slice(&key[shared..]);
        }
        self.last.clear();
        self.last.extend_from_slice(key);
        self.count = self.count.checked_add(1).ok_or(SegmentError::TooLarge("dictionary keys"))?;
        Ok(self.count - 1)
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The keys and the column of block offsets.
    pub(crate) fn finish(mut self) -> (Vec<u8>, Vec<u8>) {
        self.offsets.push(self.bytes.len() as i64);
        let mut keys = Vec::with_capacity(self.bytes.len() + COUNT_BYTES);
        keys.extend_from_slice(&u64::from(self.count).to_le_bytes());
        keys.append(&mut self.bytes);
        (keys, packed::encode(&self.offsets))
    }
}

/// Two short lengths share a byte; 15 in a half says that the number follows as a varint of the rest.
fn put_lengths(out: &mut Vec<u8>, shared: usize, suffix: usize) {
    out.push((shared.min(15) << 4 | suffix.min(15)) as u8);
    for length in [shared, suffix] {
        if length >= 15 {
            varint::put(out, (length - 15) as u64);
        }
    }
}

fn read_lengths(cursor: &mut Cursor<'_>) -> Option<(usize, usize)> {
    let byte = cursor.take(1)?[0];
    let mut lengths = [usize::from(byte >> 4), usize::from(byte & 15)];
    for length in &mut lengths {
        if *length == 15 {
            *length = usize::try_from(cursor.varint()?).ok()?.checked_add(15)?;
        }
    }
    Some((lengths[0], lengths[1]))
}

/// An opened dictionary.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dictionary {
    section: Section,
    offsets: Packed,
    count: u32,
}

impl Dictionary {
    pub(crate) fn open(file: &SegmentFile, section: Section, offsets: Section) -> Result<Self> {
        if file.section_len(section) == 0 {
            return Ok(Self { section, offsets: Packed::open(file, offsets, 0)?, count: 0 });
        }
        let bytes = file.read(section, 0..COUNT_BYTES)?;
        let count = u64::from_le_bytes(bytes.try_into().expect("eight bytes were read"));
        let offsets = Packed::open(file, offsets, 0)?;
        let count = u32::try_from(count)
            .ok()
            .filter(|count| offsets.len() == (*count as usize).div_ceil(DICTIONARY_BLOCK_KEYS) + 1)
            .ok_or(SegmentError::corrupt(section, "number of keys"))?;
        Ok(Self { section, offsets, count })
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    /// The number of a key.
    pub(crate) fn lookup(&self, file: &SegmentFile, key: &[u8]) -> Result<Option<u32>> {
        let mut keys = self.seek(file, key)?;
        Ok((keys.advance()? && keys.key() == key).then(|| keys.no()))
    }

    /// The key of a number.
    pub(crate) fn key(&self, file: &SegmentFile, no: u32) -> Result<Vec<u8>> {
        if no >= self.count {
            return Err(SegmentError::corrupt(self.section, "number past the last key"));
        }
        let mut keys = self.keys_from_block(file, no as usize / DICTIONARY_BLOCK_KEYS);
        loop {
            if !keys.advance()? {
                return Err(SegmentError::corrupt(self.section, "keys end early"));
            }
            if keys.no() == no {
                return Ok(keys.key);
            }
        }
    }

    /// Keys from the first one `>= from`.
    pub(crate) fn seek<'a>(&self, file: &'a SegmentFile, from: &[u8]) -> Result<Keys<'a>> {
        let blocks = (self.count as usize).div_ceil(DICTIONARY_BLOCK_KEYS);
        // The last block whose first key is <= from.
        let (mut low, mut high) = (0, blocks);
        while low < high {
            let middle = low.midpoint(high);
            match self.first_key(file, middle)?.cmp(from) {
                Ordering::Greater => high = middle,
                _ => low = middle + 1,
            }
        }
        let mut keys = self.keys_from_block(file, low.saturating_sub(1));
        while keys.advance()? {
            if keys.key() >= from {
                keys.held = true;
                break;
            }
        }
        Ok(keys)
    }

    fn first_key<'a>(&self, file: &'a SegmentFile, block: usize) -> Result<&'a [u8]> {
        let start = self.offsets.get_usize(file, block)?.saturating_add(COUNT_BYTES);
        // Keys are short: one read of this many bytes finds nearly all of them.
        let bytes = file.read_up_to(self.section, start, 64)?;
        let bad = || SegmentError::corrupt(self.section, "first key of a block");
        let mut cursor = Cursor::new(bytes);
        let len = cursor.varint().ok_or_else(bad)? as usize;
        let head = bytes.len() - cursor.rest().len();
        match cursor.take(len) {
            Some(key) => Ok(key),
            None => file.read(self.section, start + head..(start + head).saturating_add(len)),
        }
    }

    /// All keys in order, starting with a block.
    pub(crate) fn keys_from_block<'a>(&self, file: &'a SegmentFile, block: usize) -> Keys<'a> {
        let next_no = (block * DICTIONARY_BLOCK_KEYS) as u32;
        Keys { dictionary: *self, file, next_no, cursor: Cursor::new(&[]), key: Vec::new(), held: false }
    }
}

/// Reads keys forward; the key is valid until the next `advance`.
pub(crate) struct Keys<'a> {
    dictionary: Dictionary,
    file: &'a SegmentFile,
    next_no: u32,
    cursor: Cursor<'a>,
    key: Vec<u8>,
    /// `seek` has already read the current key: the next `advance` stays on it.
    held: bool,
}

impl Keys<'_> {
    pub(crate) fn advance(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        if self.next_no >= self.dictionary.count {
            return Ok(false);
        }
        let section = self.dictionary.section;
        let bad = || SegmentError::corrupt(section, "front-coded key");
        if (self.next_no as usize).is_multiple_of(DICTIONARY_BLOCK_KEYS) {
            let block = self.next_no as usize / DICTIONARY_BLOCK_KEYS;
            let start = self.dictionary.offsets.get_usize(self.file, block)?.saturating_add(COUNT_BYTES);
            let end = self.dictionary.offsets.get_usize(self.file, block + 1)?.saturating_add(COUNT_BYTES);
            self.cursor = Cursor::new(self.file.read(section, start..end)?);
            self.key.clear();
            let len = self.cursor.varint().ok_or_else(bad)? as usize;
            self.key.extend_from_slice(self.cursor.take(len).ok_or_else(bad)?);
        } else {
            let (shared, suffix) = read_lengths(&mut self.cursor).ok_or_else(bad)?;
            if shared > self.key.len() {
                return Err(bad());
            }
            self.key.truncate(shared);
            self.key.extend_from_slice(self.cursor.take(suffix).ok_or_else(bad)?);
        }
        self.next_no += 1;
        Ok(true)
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    pub(crate) fn no(&self) -> u32 {
        self.next_no - 1
    }
}
