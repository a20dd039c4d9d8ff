//! What every commit log does, whatever holds it: files here, a database table when there are many nodes.

use std::fmt;

use crate::error::{AppendError, ReadError, TrimError};

/// Number of an entry in the log, counting from the first one ever appended. A record covers
/// `first_position .. first_position + count`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One appended batch, as it was given to [`CommitLog::append`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Position of the record's first entry.
    pub first_position: Position,
    /// How many entries it holds, at least 1.
    pub count: u32,
    /// The bytes.
    pub payload: Vec<u8>,
}

impl Record {
    /// Position after the record's last entry.
    pub fn end_position(&self) -> Position {
        Position(self.first_position.0 + u64::from(self.count))
    }
}

/// Records in order. After the first error there are no more.
pub type Records = Box<dyn Iterator<Item = Result<Record, ReadError>> + Send>;

/// What a trim removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// Files, or partitions, deleted.
    pub files: usize,
    /// Bytes given back to the disk.
    pub bytes: u64,
}

/// An append-only sequence of records with one writer.
pub trait CommitLog: Send {
    /// Appends one record and returns the position of its first entry. The record is durable when this returns `Ok`,
    /// and not there when it returns an error other than [`AppendError::Fatal`]; after `Fatal` nobody knows until the
    /// log is opened again.
    ///
    /// `count` is the number of entries in `payload`, at least 1. The payload is at most
    /// [`MAX_RECORD_BYTES`](crate::limits::MAX_RECORD_BYTES).
    fn append(&mut self, payload: &[u8], count: u32) -> Result<Position, AppendError>;

    /// Position that the next appended entry will get.
    fn next_position(&self) -> Position;

    /// Position of the oldest entry still there; equals [`next_position`](Self::next_position) if there is none.
    fn first_position(&self) -> Position;

    /// The records that hold `from` or a later position, up to what is durable at the time of this call. The first
    /// one may begin before `from`, since records are kept whole. `from` may equal the next position.
    fn read_from(&self, from: Position) -> Result<Records, ReadError>;

    /// Deletes what lies wholly below `before`, as far as whole files allow; what is left stays readable.
    fn trim(&mut self, before: Position) -> Result<Trimmed, TrimError>;

    /// Bytes that the log takes on disk, preallocated room included.
    fn stored_bytes(&self) -> u64;
}
