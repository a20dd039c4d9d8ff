//! What can go wrong, one enum for each operation. Damage is always [`Corrupt`], never an ordinary I/O error.

use std::io;
use std::path::PathBuf;

use crate::log::Position;

/// What kind of damage was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// The file's own header is not readable, or belongs to another file.
    FileHeader,
    /// The file was written by a version of the format that this program does not know.
    Version,
    /// The file is shorter or longer than its header says.
    Size,
    /// A record that was acknowledged, as something after it proves, does not read back as it was written.
    Record,
    /// The very last record is completely there but does not read back as it was written. A write that was cut short
    /// looks different, so this was most likely acknowledged.
    LastRecord,
    /// Records follow each other, but not in the order they were written: one is missing, doubled or exchanged.
    Sequence,
    /// A whole file is missing, between two others or at the end.
    MissingFile,
    /// There are bytes where nothing was ever written.
    AfterEnd,
}

/// Damage: stop, do not write, restore or ask for help. Nothing is ever skipped silently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("commit log file {} is damaged at byte {offset}: expected {expected}, found {found}", .file.display())]
pub struct Corrupt {
    /// What kind of damage.
    pub damage: Damage,
    /// The damaged file, or the one that should be there.
    pub file: PathBuf,
    /// Where in the file, in bytes from its start.
    pub offset: u64,
    /// What a healthy file holds there.
    pub expected: String,
    /// What this one holds.
    pub found: String,
}

/// Why a log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The log is damaged.
    #[error(transparent)]
    Corrupt(Box<Corrupt>),
    /// There is no room for the first file, or for repairing the end of the last one.
    #[error("no space for the commit log in {}", .path.display())]
    NoSpace {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk did not do what it was asked to.
    #[error("cannot open the commit log at {}", .path.display())]
    Io {
        /// What was being read or written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An option is outside its limits.
    #[error("commit log option {option} is {given}, allowed is {min} to {max} in steps of {step}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        given: u64,
        /// Smallest allowed value.
        min: u64,
        /// Largest allowed value.
        max: u64,
        /// Values must be multiples of this.
        step: u64,
    },
}

impl From<Corrupt> for OpenError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(Box::new(corrupt))
    }
}

/// Why a record was not appended. Every variant but [`Fatal`](Self::Fatal) leaves the log exactly as it was.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The payload is over the limit. Split it.
    #[error("a record of {bytes} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// Size of the payload.
        bytes: usize,
        /// [`MAX_RECORD_BYTES`](crate::limits::MAX_RECORD_BYTES).
        limit: usize,
    },
    /// A record of no entries has no position.
    #[error("a record must hold at least one entry")]
    NoEntries,
    /// The position would not fit 64 bits.
    #[error("the log has no position after {next}")]
    NoPositions {
        /// The next position.
        next: Position,
    },
    /// The disk or the quota is full. The same call can succeed later, without reopening.
    #[error("no space for the commit log")]
    NoSpace {
        /// What the system said.
        source: io::Error,
    },
    /// A new file was due and could not be made (too many open files, for example). The same call can succeed later.
    #[error("cannot make a new commit log file")]
    NoFile {
        /// What the system said.
        source: io::Error,
    },
    /// The device failed while writing, so it is unknown what is durable. The log refuses everything from here on;
    /// the process has to open it anew, which finds out.
    #[error("writing the commit log failed while {doing}")]
    Fatal {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// An earlier call failed with [`Fatal`](Self::Fatal).
    #[error("the commit log is closed since an earlier failure: {reason}")]
    Poisoned {
        /// What failed then.
        reason: String,
    },
}

/// Why records cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log is damaged.
    #[error(transparent)]
    Corrupt(Box<Corrupt>),
    /// The position was trimmed away.
    #[error("position {asked} is no longer in the commit log, which starts at {first}")]
    Trimmed {
        /// The position that was asked for.
        asked: Position,
        /// The first one that is there.
        first: Position,
    },
    /// The position was never written.
    #[error("position {asked} is not in the commit log yet, which ends at {next}")]
    Beyond {
        /// The position that was asked for.
        asked: Position,
        /// The next position to be written.
        next: Position,
    },
    /// The disk did not do what it was asked to. A file deleted by a trim since then is reported here too.
    #[error("cannot read commit log file {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<Corrupt> for ReadError {
    fn from(corrupt: Corrupt) -> Self {
        Self::Corrupt(Box::new(corrupt))
    }
}

/// Why a trim stopped. Nothing at or above the asked position is ever affected.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// A file could not be deleted; the same call can succeed later.
    #[error("cannot delete commit log file {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The directory could not be synced. The log refuses everything from here on.
    #[error("cannot sync the commit log's directory")]
    Fatal {
        /// What the system said.
        source: io::Error,
    },
    /// An earlier call failed fatally.
    #[error("the commit log is closed since an earlier failure: {reason}")]
    Poisoned {
        /// What failed then.
        reason: String,
    },
}
