//! Counting the values of a field inside a set of rows.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;

use crate::{error::Result, layout::DICTIONARY_BLOCK_KEYS, postings::List, rows::Rows, segment::Segment};

impl Segment {
    /// Keys and lists are read side by side, block by block; short lists probe a bit set, long ones are intersected.
    pub(super) fn count_values_in(
        &self,
        prefix: &[u8],
        rows: &RoaringBitmap,
        f: &mut dyn FnMut(&[u8], u32) -> ControlFlow<()>,
    ) -> Result<()> {
        let index = self.index()?;
        let set = RowSet::new(rows, self.len());
        let mut keys = index.keys.seek(&self.file, prefix)?;
        let mut lists = None;
        let mut numbers = Vec::new();
        while keys.advance()? {
            if !keys.key().starts_with(prefix) {
                break;
            }
            let owner = keys.no() as usize;
            if lists.is_none() || owner.is_multiple_of(DICTIONARY_BLOCK_KEYS) {
                let mut block = index.postings.block(&self.file, owner / DICTIONARY_BLOCK_KEYS)?;
                for _ in 0..owner % DICTIONARY_BLOCK_KEYS {
                    block.next()?;
                }
                lists = Some(block);
            }
            let raw = lists.as_mut().expect("set above").next()?;
            let list = if set.is_all() { raw } else { index.postings.resolve(&self.file, keys.no(), raw)? };
            let count = match list {
                _ if set.is_all() => list.count(),
                List::Single(row) => u32::from(set.contains(row)),
                List::Few(..) | List::Gaps(..) | List::Same(..) => {
                    numbers.clear();
                    index.postings.decode_into(list, &mut numbers)?;
                    numbers.iter().filter(|row| set.contains(**row)).count() as u32
                }
                List::Roaring(..) => index.postings.bitmap(list)?.intersection_len(rows) as u32,
            };
            if count > 0 && f(keys.key(), count).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// A set of rows as bits: a probe is one load.
struct RowSet {
    bits: Vec<u64>,
    all: bool,
}

impl RowSet {
    fn new(rows: &RoaringBitmap, len: u32) -> Self {
        if rows.len() == u64::from(len) {
            return Self { bits: Vec::new(), all: true };
        }
        let mut bits = vec![0_u64; (len as usize).div_ceil(64)];
        for row in rows.iter().take_while(|row| *row < len) {
            bits[row as usize / 64] |= 1 << (row % 64);
        }
        Self { bits, all: false }
    }

    fn is_all(&self) -> bool {
        self.all
    }

    fn contains(&self, row: u32) -> bool {
        self.bits.get(row as usize / 64).is_some_and(|word| word & (1 << (row % 64)) != 0)
    }
}
