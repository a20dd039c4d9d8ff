//! Columns of numbers, bit-packed in blocks and addressable by row without unpacking a block.
//!
//! A block stores its smallest value, a common divisor of the distances to it, and the distances in as few bits as the
//! largest needs: times that only have milliseconds cost no bits for their microseconds.

use crate::{
    error::{Result, SegmentError},
    file::SegmentFile,
    layout::Section,
};

/// Values in one block.
pub(crate) const BLOCK_VALUES: usize = 256;
const HEADER_BYTES: usize = 16;
const COUNT_BYTES: usize = 8;
/// A value is read as eight unaligned bytes, so the last one needs bytes behind it.
const PADDING_BYTES: usize = 8;
const DIVISOR_MAX: u64 = (1 << 24) - 1;

/// Encodes a whole column.
pub(crate) fn encode(values: &[i64]) -> Vec<u8> {
    let blocks = values.len().div_ceil(BLOCK_VALUES);
    let mut out = Vec::with_capacity(COUNT_BYTES + blocks * HEADER_BYTES + values.len());
    out.extend_from_slice(&(values.len() as u64).to_le_bytes());
    let mut data: Vec<u64> = Vec::new();
    for block in values.chunks(BLOCK_VALUES) {
        let base = block.iter().copied().min().expect("chunks are not empty");
        let (mut divisor, mut max) = (0_u64, 0_u64);
        for &value in block {
            let distance = value.wrapping_sub(base) as u64;
            max = max.max(distance);
            divisor = gcd(divisor, distance);
        }
        let divisor = usable_divisor(divisor);
        let width = match 64 - (max / divisor).leading_zeros() {
            58.. => 64,
            bits => bits,
        };
        out.extend_from_slice(&base.to_le_bytes());
        out.extend_from_slice(&(data.len() as u32).to_le_bytes());
        out.extend_from_slice(&(width | (divisor as u32) << 8).to_le_bytes());
        pack(&mut data, block.iter().map(|&v| v.wrapping_sub(base) as u64 / divisor), width);
    }
    out.extend(data.iter().flat_map(|word| word.to_le_bytes()));
    out.extend_from_slice(&[0; PADDING_BYTES]);
    out
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    // The usual case is a divisor that already divides: one remainder and done.
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

fn usable_divisor(divisor: u64) -> u64 {
    match divisor {
        0 => 1,
        1..=DIVISOR_MAX => divisor,
        _ => [1_000_000, 1000].into_iter().find(|d| divisor.is_multiple_of(*d)).unwrap_or(1),
    }
}

fn pack(data: &mut Vec<u64>, values: impl Iterator<Item = u64>, width: u32) {
    if width == 0 {
        return;
    }
    let (mut word, mut used) = (0_u64, 0_u32);
    for value in values {
        word |= value << used;
        used += width;
        if used >= 64 {
            data.push(word);
            used -= 64;
            word = if used == 0 { 0 } else { value >> (width - used) };
        }
    }
    if used > 0 {
        data.push(word);
    }
}

/// An opened column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packed {
    section: Section,
    len: usize,
    headers: usize,
    data: usize,
}

impl Packed {
    /// Opens the column that starts at byte `at` of a section; an absent section is an empty column.
    pub(crate) fn open(file: &SegmentFile, section: Section, at: usize) -> Result<Self> {
        if file.section_len(section) == 0 {
            return Ok(Self { section, len: 0, headers: at, data: at });
        }
        let headers = at + COUNT_BYTES;
        let bytes = file.read(section, at..headers)?;
        let len = u64::from_le_bytes(bytes.try_into().expect("eight bytes were read")) as usize;
        let data = len
            .div_ceil(BLOCK_VALUES)
            .checked_mul(HEADER_BYTES)
            .and_then(|bytes| bytes.checked_add(headers))
            .filter(|data| *data <= file.section_len(section))
            .ok_or(SegmentError::corrupt(section, "column headers"))?;
        Ok(Self { section, len, headers, data })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn get(&self, file: &SegmentFile, index: usize) -> Result<i64> {
        let header = self.header(file, index / BLOCK_VALUES)?;
        self.value(file, &header, index % BLOCK_VALUES)
    }

    /// As `get`, for numbers that cannot be negative.
    #[inline]
    pub(crate) fn get_usize(&self, file: &SegmentFile, index: usize) -> Result<usize> {
        usize::try_from(self.get(file, index)?)
            .map_err(|_| SegmentError::corrupt(self.section, "negative number"))
    }

    /// The smallest value of a block and a bound its values do not exceed.
    pub(crate) fn bounds(&self, file: &SegmentFile, block: usize) -> Result<(i64, i64)> {
        let header = self.header(file, block)?;
        let steps = if header.width >= 64 { u64::MAX } else { (1 << header.width) - 1 };
        let max = i64::try_from(steps.saturating_mul(header.divisor)).unwrap_or(i64::MAX);
        Ok((header.base, header.base.saturating_add(max)))
    }

    /// Unpacks `start..end` into `out`.
    pub(crate) fn unpack(
        &self,
        file: &SegmentFile,
        start: usize,
        end: usize,
        out: &mut Vec<i64>,
    ) -> Result<()> {
        let mut at = start;
        while at < end {
            let header = self.header(file, at / BLOCK_VALUES)?;
            let stop = end.min((at / BLOCK_VALUES + 1) * BLOCK_VALUES);
            let (first, last) = (at % BLOCK_VALUES, (stop - 1) % BLOCK_VALUES);
            if header.width == 0 {
                out.extend(std::iter::repeat_n(header.base, stop - at));
            } else {
                // One check for the whole block instead of one for each value.
                let width = header.width as usize;
                let data = header.data + first * width / 8;
                let bytes = file.read(self.section, data..header.data + last * width / 8 + 8)?;
                let skipped = first * width / 8;
                out.extend((first..=last).map(|index| {
                    let at = index * width / 8 - skipped;
                    let word = u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
                    header.number(word, index * width % 8)
                }));
            }
            at = stop;
        }
        Ok(())
    }

    #[inline]
    fn header(&self, file: &SegmentFile, block: usize) -> Result<Header> {
        let start = self.headers + block * HEADER_BYTES;
        if block * BLOCK_VALUES >= self.len {
            return Err(SegmentError::corrupt(self.section, "number past the end of the column"));
        }
        let bytes: &[u8; HEADER_BYTES] =
            file.read(self.section, start..start + HEADER_BYTES)?.try_into().expect("length asked for");
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Ok(Header {
            base: i64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")),
            data: self.data + word(8) as usize * 8,
            width: word(12) & 0xff,
            divisor: u64::from(word(12) >> 8),
        })
    }

    #[inline]
    fn value(&self, file: &SegmentFile, header: &Header, index: usize) -> Result<i64> {
        if header.width == 0 {
            return Ok(header.base);
        }
        let bit = index * header.width as usize;
        let at = header.data + bit / 8;
        let bytes = file.read(self.section, at..at + 8)?;
        Ok(header.number(u64::from_le_bytes(bytes.try_into().expect("length asked for")), bit % 8))
    }
}

#[derive(Debug)]
struct Header {
    base: i64,
    data: usize,
    width: u32,
    divisor: u64,
}

impl Header {
    /// The number in eight bytes whose bits start at `shift`.
    #[inline]
    fn number(&self, word: u64, shift: usize) -> i64 {
        let steps = if self.width >= 64 { word } else { (word >> shift) & ((1 << self.width) - 1) };
        self.base.wrapping_add(steps.wrapping_mul(self.divisor) as i64)
    }
}
