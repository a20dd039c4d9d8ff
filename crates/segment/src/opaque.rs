//! Ids that are looked up exactly and occur about once (request, session, trace, idempotency key): a sorted table of
//! hash and row. The caller verifies candidates on the body, so 32 bits of hash are enough and no id is stored twice.
//!
//! The upper bits of the hash are implied by the bucket an entry stands in; what remains is packed with the row.

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::{OPAQUE_HASH_BITS, SEGMENT_ROWS_MAX, Section},
    packed::{self, Packed},
    rows::Row,
};

const HEADER_BYTES: usize = 16;
const PADDING_BYTES: usize = 8;
/// About so many entries share a bucket.
const BUCKET_ENTRIES_LOG2: u32 = 3;

/// The part of a hash that is stored.
pub(crate) fn stored_hash(hash: u64) -> u32 {
    (hash >> (64 - OPAQUE_HASH_BITS)) as u32
}

/// Encodes entries sorted by (hash, row) for a segment of `rows` rows: the table and its bucket column.
pub(crate) fn encode(entries: &[(u32, Row)], rows: u32) -> (Vec<u8>, Vec<u8>) {
    debug_assert!(entries.is_sorted());
    let bucket_bits = (usize::BITS - entries.len().leading_zeros()).saturating_sub(BUCKET_ENTRIES_LOG2);
    let row_bits = u32::BITS - rows.leading_zeros();
    let rest_bits = OPAQUE_HASH_BITS - bucket_bits;
    let mut out = Vec::with_capacity(HEADER_BYTES + entries.len() * 5);
    out.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    out.extend_from_slice(&bucket_bits.to_le_bytes());
    out.extend_from_slice(&row_bits.to_le_bytes());
    let mut starts = Vec::with_capacity((1 << bucket_bits) + 1);
    let (mut pending, mut used) = (0_u128, 0_u32);
    for (index, &(hash, row)) in entries.iter().enumerate() {
        let bucket = (u64::from(hash) >> rest_bits) as usize;
        while starts.len() <= bucket {
            starts.push(index as i64);
        }
        let rest = u64::from(hash) & ((1 << rest_bits) - 1);
        pending |= u128::from(rest << row_bits | u64::from(row)) << used;
        used += rest_bits + row_bits;
        while used >= 8 {
            out.push(pending as u8);
            pending >>= 8;
            used -= 8;
        }
    }
    out.push(pending as u8);
    out.extend_from_slice(&[0; PADDING_BYTES]);
    starts.resize((1 << bucket_bits) + 1, entries.len() as i64);
    (out, packed::encode(&starts))
}

/// An opened table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opaque {
    buckets: Packed,
    count: usize,
    bucket_bits: u32,
    row_bits: u32,
}

impl Opaque {
    pub(crate) fn open(file: &SegmentFile) -> Result<Self> {
        let buckets = Packed::open(file, Section::OpaqueBuckets, 0)?;
        if file.section_len(Section::Opaque) == 0 {
            return Ok(Self { buckets, count: 0, bucket_bits: 0, row_bits: 0 });
        }
        let bytes = file.read(Section::Opaque, 0..HEADER_BYTES)?;
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let count = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
        let (bucket_bits, row_bits) = (word(8), word(12));
        let fits = bucket_bits < OPAQUE_HASH_BITS
            && row_bits <= SEGMENT_ROWS_MAX.ilog2() + 1
            && OPAQUE_HASH_BITS - bucket_bits + row_bits <= 57
            && buckets.len() == (1_usize << bucket_bits) + 1;
        if !fits {
            return Err(SegmentError::corrupt(Section::Opaque, "header"));
        }
        Ok(Self { buckets, count, bucket_bits, row_bits })
    }

    /// Rows stored with this hash, ascending.
    pub(crate) fn lookup(&self, file: &SegmentFile, hash: u64) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        if self.count == 0 {
            return Ok(rows);
        }
        let hash = stored_hash(hash);
        let bucket = (u64::from(hash) >> (OPAQUE_HASH_BITS - self.bucket_bits)) as usize;
        let start = self.buckets.get_usize(file, bucket)?;
        let end = self.buckets.get_usize(file, bucket + 1)?;
        for index in start..end {
            let (found, row) = self.entry(file, index, bucket)?;
            if found == hash {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    /// Calls `f` with every entry, sorted by (hash, row).
    pub(crate) fn each(&self, file: &SegmentFile, mut f: impl FnMut(u32, Row)) -> Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        let mut start = self.buckets.get_usize(file, 0)?;
        for bucket in 0..1_usize << self.bucket_bits {
            let end = self.buckets.get_usize(file, bucket + 1)?;
            for index in start..end {
                let (hash, row) = self.entry(file, index, bucket)?;
                f(hash, row);
            }
            start = end;
        }
        Ok(())
    }

    #[inline]
    fn entry(&self, file: &SegmentFile, index: usize, bucket: usize) -> Result<(u32, Row)> {
        let rest_bits = OPAQUE_HASH_BITS - self.bucket_bits;
        let width = rest_bits + self.row_bits;
        let bit = index.saturating_mul(width as usize);
        let at = HEADER_BYTES + bit / 8;
        let bytes = file.read(Section::Opaque, at..at + 8)?;
        let word = u64::from_le_bytes(bytes.try_into().expect("length asked for")) >> (bit % 8);
        let row = (word & ((1 << self.row_bits) - 1)) as Row;
        let rest = (word >> self.row_bits) & ((1 << rest_bits) - 1);
        Ok((((bucket as u64) << rest_bits | rest) as u32, row))
    }
}
