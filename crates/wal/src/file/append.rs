//! Appending. What is guaranteed if we die at each point:
//!
//! 1. after the write, before the sync: the record is whole, partly there or absent; it was not acknowledged, and
//!    recovery keeps it if it is whole and drops it otherwise;
//! 2. after the sync: the record is there;
//! 3. after the mark, which is never synced: the same, and the mark proves that the record was acknowledged.
//!
//! A rotation makes the new file complete and durable before anything refers to it; dying in between leaves an empty
//! last file, which is a normal log.

use std::io::{self, IoSlice};

use super::create::{CreateError, create_file};
use super::{Current, FileLog, Span};
use crate::disk::{DiskFile, ShortWrite, is_no_space, write_all, write_zeros};
use crate::error::AppendError;
use crate::format::{FILL, FRAME_HEADER_BYTES, FileHeader, Frame, Kind, SECTOR, frame_bytes};
use crate::limits::{MAX_RECORD_BYTES, SECTOR_BYTES};
use crate::log::Position;

impl FileLog {
    pub(super) fn append_record(&mut self, payload: &[u8], count: u32) -> Result<Position, AppendError> {
        self.check(payload, count)?;
        let bytes = frame_bytes(payload.len());
        if self.current.room() < bytes {
            self.rotate(bytes)?;
        }
        let Span { next: first, end, .. } = self.current.span;
        let frame = Frame::batch(payload, first, count, self.current.chain);
        let sealed = frame.encode();
        assert!(
            end + bytes + SECTOR_BYTES <= self.current.span.capacity,
            "there is room, and a sector for the mark"
        );

        let fill = &FILL[..bytes as usize - FRAME_HEADER_BYTES - payload.len()];
        let mut parts = [IoSlice::new(&sealed.bytes), IoSlice::new(payload), IoSlice::new(fill)];
        match write_all(&*self.current.file, &mut parts, end) {
            Ok(()) => {}
            Err(ShortWrite { written, source }) if is_no_space(&source) => {
                return Err(self.take_back(written, source));
            }
            Err(ShortWrite { source, .. }) => return Err(self.fatal("writing a record", source)),
        }
        if let Err(source) = self.current.file.sync_data() {
            return Err(self.fatal("syncing a record", source));
        }

        self.current.chain = sealed.crc;
        self.current.span.end = end + bytes;
        self.current.span.next = frame.end_position();
        self.current.write_mark();
        Ok(first)
    }

    fn check(&self, payload: &[u8], count: u32) -> Result<(), AppendError> {
        if let Some(reason) = &self.poison {
            return Err(AppendError::Poisoned { reason: reason.clone() });
        }
        if payload.len() > MAX_RECORD_BYTES {
            return Err(AppendError::TooLarge { bytes: payload.len(), limit: MAX_RECORD_BYTES });
        }
        if count == 0 {
            return Err(AppendError::NoEntries);
        }
        let next = self.current.span.next;
        if next.0.checked_add(u64::from(count)).is_none() {
            return Err(AppendError::NoPositions { next });
        }
        Ok(())
    }

    /// Puts zeros and the mark back where `written` bytes of a record went, durably: left alone they could mix with
    /// the next record after a power cut and look like damage.
    fn take_back(&mut self, written: u64, no_space: io::Error) -> AppendError {
        let end = self.current.span.end;
        let restore = || -> io::Result<()> {
            if written == 0 {
                return Ok(());
            }
            let to = end + written.next_multiple_of(SECTOR_BYTES);
            if self.current.marked {
                write_all(&*self.current.file, &mut [IoSlice::new(&self.current.mark(Kind::Mark))], end)
                    .map_err(|e| e.source)?;
            } else {
                write_zeros(&*self.current.file, end, end + SECTOR_BYTES).map_err(|e| e.source)?;
            }
            write_zeros(&*self.current.file, end + SECTOR_BYTES, to).map_err(|e| e.source)?;
            self.current.file.sync_data()
        };
        match restore() {
            Ok(()) => AppendError::NoSpace { source: no_space },
            Err(source) => self.fatal("taking back a record that did not fit", source),
        }
    }

    /// Goes on in a new file with room for a frame of `bytes`.
    fn rotate(&mut self, bytes: u64) -> Result<(), AppendError> {
        // An empty file is replaced, under the same name, by one that is large enough.
        let replaces_empty = self.current.span.first == self.current.span.next;
        let header = FileHeader {
            first_position: self.current.span.next,
            capacity: self.file_bytes.max(bytes + 2 * SECTOR_BYTES),
            previous: if replaces_empty { self.current.previous } else { self.current.chain },
        };
        let (file, crc) = create_file(&*self.disk, &self.dir, &header).map_err(|error| match error {
            CreateError::NoSpace(source) => AppendError::NoSpace { source },
            CreateError::NotBegun(source) => AppendError::NoFile { source },
            CreateError::Fatal(doing, source) => self.fatal(doing, source),
        })?;
        let old = std::mem::replace(&mut self.current, Current::empty(file, &header, crc));
        if !replaces_empty {
            self.closed.push(old.span);
            if let Err(source) = old.write_end() {
                return Err(self.fatal("syncing the end of a file", source));
            }
        }
        Ok(())
    }

    fn fatal(&mut self, doing: &'static str, source: io::Error) -> AppendError {
        self.poison = Some(format!("{doing}: {source}"));
        AppendError::Fatal { doing, source }
    }
}

impl Current {
    /// A file that was just made.
    pub(super) fn empty(file: Box<dyn DiskFile>, header: &FileHeader, crc: u32) -> Self {
        let first = header.first_position;
        let span = Span { first, next: first, end: SECTOR_BYTES, capacity: header.capacity };
        Self { file, span, previous: header.previous, chain: crc, marked: false }
    }

    /// Bytes that a frame may take: the last sector is kept for the mark.
    fn room(&self) -> u64 {
        self.span.capacity - SECTOR_BYTES - self.span.end
    }

    /// The sector that says that everything before it is durable.
    fn mark(&self, kind: Kind) -> [u8; SECTOR] {
        let mut sector = [0; SECTOR];
        let sealed = Frame::mark(kind, self.span.next, self.chain).encode();
        let (header, fill) = sector.split_at_mut(FRAME_HEADER_BYTES);
        header.copy_from_slice(&sealed.bytes);
        fill.copy_from_slice(&FILL[..fill.len()]);
        sector
    }

    /// Writes the mark, without syncing: the next append takes it along, or its place. A failure costs only the extra
    /// proof, so it is not the append's; the next append meets a broken device itself.
    pub(super) fn write_mark(&mut self) {
        let sector = self.mark(Kind::Mark);
        self.marked = write_all(&*self.file, &mut [IoSlice::new(&sector)], self.span.end).is_ok();
    }

    /// Says that the log goes on in another file, durably. Not being able to write it costs only the proof.
    fn write_end(&self) -> io::Result<()> {
        match write_all(&*self.file, &mut [IoSlice::new(&self.mark(Kind::End))], self.span.end) {
            Ok(()) => self.file.sync_data(),
            Err(_) => Ok(()),
        }
    }
}
