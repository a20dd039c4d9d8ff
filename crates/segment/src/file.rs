//! Reading and writing the frame of a segment file. Every chunk of 4 KiB has a checksum that is verified when
//! the chunk is
//! first touched: opening costs the checksum table only, and no byte is believed unseen.

use std::{
    io::Write,
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use crate::{
    error::{Result, SegmentError},
    layout::{CHUNK_BYTES, END_MAGIC, FORMAT_VERSION, HEADER_BYTES, MAGIC, Section, TRAILER_BYTES},
    mapping::Mapping,
    varint::Cursor,
};

const SECTION_SLOTS: usize = 64;
const FOOTER_FIXED_BYTES: usize = 8;
const FOOTER_SECTION_BYTES: usize = 24;

/// An open file: bytes, where the sections are, and which chunks have been verified.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    map: Mapping,
    rows: u32,
    sections: Box<[Range<usize>; SECTION_SLOTS]>,
    /// Start of the table of chunk checksums, which is also the end of the checked bytes.
    checksums: usize,
    verified: Box<[AtomicU64]>,
}

impl SegmentFile {
    /// Checks the frame: magic, version, footer and checksum table.
    pub(crate) fn open(map: Mapping) -> Result<Self> {
        let bytes: &[u8] = &map;
        let bad = |what| SegmentError::corrupt(Section::Frame, what);
        if bytes.len() < HEADER_BYTES + TRAILER_BYTES || bytes[..8] != MAGIC {
            return Err(bad("not a segment file"));
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != FORMAT_VERSION {
            return Err(SegmentError::Version(version));
        }
        let trailer_start = bytes.len() - TRAILER_BYTES;
        let trailer = &bytes[trailer_start..];
        if trailer[24..] != END_MAGIC || crc32c::crc32c(&trailer[..20]).to_le_bytes() != trailer[20..24] {
            return Err(bad("trailer missing or damaged: cut off?"));
        }
        let mut cursor = Cursor::new(trailer);
        let checksums = cursor.u64().ok_or_else(|| bad("trailer"))? as usize;
        let footer = cursor.u64().ok_or_else(|| bad("trailer"))? as usize;
        let crc = cursor.u32().ok_or_else(|| bad("trailer"))?;
        // One checksum covers the table of chunk checksums and the footer behind it.
        let tables = bytes.get(checksums..trailer_start).ok_or_else(|| bad("footer outside of the file"))?;
        let chunks = checksums.div_ceil(CHUNK_BYTES);
        if crc32c::crc32c(tables) != crc || footer.checked_sub(checksums) != Some(chunks * 4) {
            return Err(bad("footer or checksum table"));
        }
        let (rows, sections) = read_footer(&tables[chunks * 4..], checksums).ok_or_else(|| bad("footer"))?;
        let verified = (0..chunks.div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        Ok(Self { map, rows, sections, checksums, verified })
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        self.map.len() as u64
    }

    #[inline]
    pub(crate) fn section_len(&self, section: Section) -> usize {
        let range = &self.sections[section as usize];
        range.end - range.start
    }

    /// Bytes of a section, verified.
    #[inline]
    pub(crate) fn read(&self, section: Section, range: Range<usize>) -> Result<&[u8]> {
        let whole = &self.sections[section as usize];
        let (start, end) = (whole.start.wrapping_add(range.start), whole.start.wrapping_add(range.end));
        if range.start > range.end || range.end > whole.end - whole.start {
            return Err(SegmentError::Corrupt {
                section,
                offset: whole.start as u64,
                what: "reference past the end of the section",
            });
        }
        if start < end {
            let (first, last) = (start / CHUNK_BYTES, (end - 1) / CHUNK_BYTES);
            for chunk in first..=last {
                if self.verified[chunk / 64].load(Ordering::Relaxed) & (1 << (chunk % 64)) == 0 {
                    self.verify_chunk(section, chunk)?;
                }
            }
        }
        Ok(&self.map[start..end])
    }

    /// A whole section, verified.
    pub(crate) fn read_all(&self, section: Section) -> Result<&[u8]> {
        self.read(section, 0..self.section_len(section))
    }

    /// From `start` to the end of the section or `max` bytes, verified.
    #[inline]
    pub(crate) fn read_up_to(&self, section: Section, start: usize, max: usize) -> Result<&[u8]> {
        let end = start.saturating_add(max).min(self.section_len(section));
        self.read(section, start..end)
    }

    /// Verifies the chunks that have nothing of any section: damage of the others is damage of what is in them.
    pub(crate) fn verify_rest(&self) -> Result<()> {
        let is_in_section = |chunk: &usize| {
            let (start, end) = (chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
            self.sections.iter().any(|section| section.start < end && start < section.end)
        };
        (0..self.checksums.div_ceil(CHUNK_BYTES))
            .filter(|chunk| !is_in_section(chunk))
            .try_for_each(|chunk| self.verify_chunk(Section::Frame, chunk))
    }

    #[cold]
    fn verify_chunk(&self, section: Section, chunk: usize) -> Result<()> {
        let start = chunk * CHUNK_BYTES;
        let bytes = &self.map[start..(start + CHUNK_BYTES).min(self.checksums)];
        let at = self.checksums + chunk * 4;
        if crc32c::crc32c(bytes).to_le_bytes() != self.map[at..at + 4] {
            return Err(SegmentError::Corrupt { section, offset: start as u64, what: "checksum" });
        }
        self.verified[chunk / 64].fetch_or(1 << (chunk % 64), Ordering::Relaxed);
        Ok(())
    }
}

fn read_footer(footer: &[u8], data_end: usize) -> Option<(u32, Box<[Range<usize>; SECTION_SLOTS]>)> {
    let mut sections = Box::new([const { 0..0 }; SECTION_SLOTS]);
    let mut cursor = Cursor::new(footer);
    let rows = cursor.u32()?;
    let count = cursor.u32()? as usize;
    if footer.len() != FOOTER_FIXED_BYTES + count * FOOTER_SECTION_BYTES {
        return None;
    }
    for _ in 0..count {
        let id = u8::try_from(cursor.u64()?).ok()?;
        let (start, len) = (usize::try_from(cursor.u64()?).ok()?, usize::try_from(cursor.u64()?).ok()?);
        let end = start.checked_add(len)?;
        if start < HEADER_BYTES || end > data_end {
            return None;
        }
        // Sections of a later minor revision are skipped: they can only add, never change the meaning of others.
        if let Some(section) = Section::from_id(id) {
            sections[section as usize] = start..end;
        }
    }
    Some((rows, sections))
}

/// Writes a segment file front to back, keeping the checksums on the way.
pub(crate) struct FileWriter<W> {
    out: W,
    position: usize,
    crc: u32,
    checksums: Vec<u8>,
    sections: Vec<(Section, usize, usize)>,
}

impl<W: Write> FileWriter<W> {
    pub(crate) fn new(out: W) -> Result<Self> {
        let mut writer = Self { out, position: 0, crc: 0, checksums: Vec::new(), sections: Vec::new() };
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&MAGIC);
        header[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        writer.push(&header)?;
        Ok(writer)
    }

    /// Starts a section at the next multiple of eight; it ends where the next one starts to be written.
    ///
    /// The first section of the index starts a chunk of its own: damage of the index must not take events with it.
    pub(crate) fn begin(&mut self, section: Section) -> Result<()> {
        let first_of_index =
            section.is_index() && self.sections.last().is_some_and(|(last, ..)| !last.is_index());
        let boundary = if first_of_index { CHUNK_BYTES } else { 8 };
        let padding = self.position.next_multiple_of(boundary) - self.position;
        self.push(&[0; CHUNK_BYTES][..padding])?;
        self.sections.push((section, self.position, 0));
        Ok(())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.push(bytes)?;
        let (_, start, len) = self.sections.last_mut().expect("begin was called");
        *len = self.position - *start;
        Ok(())
    }

    pub(crate) fn section(&mut self, section: Section, bytes: &[u8]) -> Result<()> {
        self.begin(section)?;
        self.write(bytes)
    }

    fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes)?;
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.position % CHUNK_BYTES;
            let (head, rest) = bytes.split_at(room.min(bytes.len()));
            self.crc = crc32c::crc32c_append(self.crc, head);
            self.position += head.len();
            bytes = rest;
            if self.position.is_multiple_of(CHUNK_BYTES) {
                self.close_chunk();
            }
        }
        Ok(())
    }

    fn close_chunk(&mut self) {
        self.checksums.extend_from_slice(&self.crc.to_le_bytes());
        self.crc = 0;
    }

    /// Writes checksums, footer and trailer; returns the length of the file and of each section.
    pub(crate) fn finish(mut self, rows: u32) -> Result<(u64, Vec<(Section, u64)>)> {
        if !self.position.is_multiple_of(CHUNK_BYTES) {
            self.close_chunk();
        }
        let checksums_start = self.position as u64;
        let mut tables = std::mem::take(&mut self.checksums);
        let footer_start = checksums_start + tables.len() as u64;
        tables.extend_from_slice(&rows.to_le_bytes());
        tables.extend_from_slice(&(self.sections.len() as u32).to_le_bytes());
        for &(section, start, len) in &self.sections {
            for number in [section as u64, start as u64, len as u64] {
                tables.extend_from_slice(&number.to_le_bytes());
            }
        }
        let mut trailer = Vec::with_capacity(TRAILER_BYTES);
        trailer.extend_from_slice(&checksums_start.to_le_bytes());
        trailer.extend_from_slice(&footer_start.to_le_bytes());
        trailer.extend_from_slice(&crc32c::crc32c(&tables).to_le_bytes());
        trailer.extend_from_slice(&crc32c::crc32c(&trailer).to_le_bytes());
        trailer.extend_from_slice(&END_MAGIC);
        self.out.write_all(&tables)?;
        self.out.write_all(&trailer)?;
        self.out.flush()?;
        let total = checksums_start + (tables.len() + trailer.len()) as u64;
        let data: u64 = self.sections.iter().map(|&(_, _, len)| len as u64).sum();
        let mut sizes: Vec<_> = self.sections.iter().map(|&(s, _, len)| (s, len as u64)).collect();
        sizes.push((Section::Frame, total - data));
        Ok((total, sizes))
    }
}
