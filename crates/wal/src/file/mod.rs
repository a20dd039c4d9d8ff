//! The commit log in files: one writer, one append after the other, each one write and one sync.

mod append;
mod create;
mod open;
mod read;
mod scan;
mod walk;

use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};
use crate::error::{AppendError, ReadError, TrimError};
use crate::format::file_name;
use crate::limits::FILE_BYTES;
use crate::log::{CommitLog, Position, Records, Trimmed};

/// How to open a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Size of new files in bytes, a multiple of the sector size. Existing files keep theirs.
    pub file_bytes: u64,
    /// Position of the first entry if there are no files yet.
    pub start: Position,
    /// The log must exist and reach from at most this position to at least this position. Whoever remembers how far
    /// the log was (a catalog) gives it, because the loss of the newest entries cannot be seen in the files alone.
    pub must_hold: Option<Position>,
    /// Drop a last record that is damaged in a way that no interrupted write explains, instead of refusing to open.
    /// For the hands of an operator who accepts the loss; what was dropped is in [`Recovered`].
    pub drop_damaged_last_record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { file_bytes: FILE_BYTES, start: Position(0), must_hold: None, drop_damaged_last_record: false }
    }
}

/// What was found when the log was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Position of the oldest entry there; equals `next_position` in an empty log.
    pub first_position: Position,
    /// Position that the next appended entry will get.
    pub next_position: Position,
    /// Whether there was no log and an empty one was made.
    pub created: bool,
    /// Files.
    pub files: usize,
    /// Records.
    pub records: u64,
    /// Bytes of their payloads.
    pub payload_bytes: u64,
    /// What was cut off the end, if anything: a record that was being written when the process or the machine
    /// stopped, and therefore never acknowledged.
    pub dropped: Option<Dropped>,
}

impl Recovered {
    /// Bytes cut off the end, 0 if none.
    pub fn dropped_bytes(&self) -> u64 {
        self.dropped.as_ref().map_or(0, |dropped| dropped.bytes)
    }
}

/// The unfinished end of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// The file.
    pub file: PathBuf,
    /// Where the record began, in bytes from the start of the file.
    pub offset: u64,
    /// Bytes from there to the last one that was not zero, in whole sectors.
    pub bytes: u64,
    /// True if the record was damaged rather than unfinished and was dropped because
    /// [`Options::drop_damaged_last_record`] asks for it.
    pub damaged: bool,
}

/// A commit log in a directory of files. See `docs/formats/commit-log.md`.
#[derive(Debug)]
pub struct FileLog {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    file_bytes: u64,
    /// Files that are complete, oldest first. Owned by `append::rotate` and `trim`.
    closed: Vec<Span>,
    /// The file that takes appends. Owned by `append`.
    current: Current,
    /// Set once by the first fatal failure, never cleared.
    poison: Option<String>,
}

/// Where the durable records of one file lie.
#[derive(Debug, Clone, Copy)]
struct Span {
    /// Position of its first entry.
    first: Position,
    /// Position after its last entry.
    next: Position,
    /// Offset after its last record.
    end: u64,
    /// Size of the file.
    capacity: u64,
}

/// The file that takes appends, and what the next frame needs to know.
#[derive(Debug)]
struct Current {
    file: Box<dyn DiskFile>,
    span: Span,
    /// What the file's header says about the file before it.
    previous: u32,
    /// Checksum of the last batch, or of the header if there is none.
    chain: u32,
    /// Whether there is a mark after the last batch.
    marked: bool,
}

impl FileLog {
    /// Paths of the log's files, oldest first; the last one is the one being written.
    pub fn files(&self) -> Vec<PathBuf> {
        self.spans().map(|span| self.dir.join(file_name(span.first))).collect()
    }

    fn spans(&self) -> impl Iterator<Item = Span> {
        self.closed.iter().copied().chain([self.current.span])
    }
}

impl CommitLog for FileLog {
    fn append(&mut self, payload: &[u8], count: u32) -> Result<Position, AppendError> {
        self.append_record(payload, count)
    }

    fn next_position(&self) -> Position {
        self.current.span.next
    }

    fn first_position(&self) -> Position {
        self.closed.first().map_or(self.current.span.first, |oldest| oldest.first)
    }

    fn read_from(&self, from: Position) -> Result<Records, ReadError> {
        let (first, next) = (self.first_position(), self.next_position());
        if from < first {
            return Err(ReadError::Trimmed { asked: from, first });
        }
        if from > next {
            return Err(ReadError::Beyond { asked: from, next });
        }
        let spans = self.spans().filter(|span| span.next > from).collect();
        Ok(Box::new(read::FileRecords::new(self.disk.clone(), self.dir.clone(), spans, from)))
    }

    fn trim(&mut self, before: Position) -> Result<Trimmed, TrimError> {
        if let Some(reason) = &self.poison {
            return Err(TrimError::Poisoned { reason: reason.clone() });
        }
        let mut trimmed = Trimmed::default();
        while let Some(oldest) = self.closed.first().copied().filter(|span| span.next <= before) {
            let path = self.dir.join(file_name(oldest.first));
            match self.disk.remove(&path) {
                // Not found: an earlier trim removed it and failed after that.
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(TrimError::Io { path, source: error });
                }
                _ => {}
            }
            self.closed.remove(0);
            // One sync for each file, so that after a crash the files that are left follow each other without a gap.
            if let Err(source) = self.disk.sync_dir(&self.dir) {
                self.poison = Some(format!("syncing the directory after a trim: {source}"));
                return Err(TrimError::Fatal { source });
            }
            trimmed.files += 1;
            trimmed.bytes += oldest.capacity;
        }
        Ok(trimmed)
    }

    fn stored_bytes(&self) -> u64 {
        self.spans().map(|span| span.capacity).sum()
    }
}
