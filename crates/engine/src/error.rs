//! What can go wrong in the engine, sorted by what the caller can do about it.

use tallystick_event::OrgId;

/// Why a commit-log payload could not be read. Always means damage or a newer writer, never a torn write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The payload starts with a version that this build does not know.
    #[error("batch format version {found} is not known to this build")]
    UnknownVersion {
        /// The version byte.
        found: u8,
    },
    /// The payload ends early or holds an impossible value.
    #[error("malformed {what} at byte {offset} of a batch")]
    Malformed {
        /// The field that could not be read.
        what: &'static str,
        /// Byte offset in the payload.
        offset: usize,
    },
}

/// Why events were not taken in. Nothing of the submission is stored in any of these cases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The organization does not exist.
    #[error("organization {org} does not exist")]
    UnknownOrg {
        /// As named by the event.
        org: OrgId,
    },
    /// The organization is archived: reads go on, writes are refused.
    #[error("organization {org} is archived")]
    ArchivedOrg {
        /// As named by the event.
        org: OrgId,
    },
    /// An idempotency key was used before with a different event.
    #[error("event {index}: idempotency key was used before for a different event")]
    KeyReused {
        /// Position in the submission.
        index: usize,
        /// The event that holds the key.
        existing: tallystick_event::EventId,
    },
    /// The queue in front of the sequencer is full; try again shortly.
    #[error("the write queue is full")]
    Overloaded,
    /// The disk is full; works again, without a restart, when there is room.
    #[error("no space left in the data directory")]
    NoSpace,
    /// The commit log met an error after which its state is unknown; the process must restart.
    #[error("the commit log has stopped")]
    Halted,
    /// The data is older or other than what was signed before: a backup was restored, or files were exchanged.
    #[error("the data is not what was signed before")]
    RolledBack,
    /// A read that the write depends on met damaged data.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
}

/// Why a read failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The organization does not exist.
    #[error("organization {org} does not exist")]
    UnknownOrg {
        /// As named by the caller.
        org: OrgId,
    },
    /// The cursor is not one of ours, or belongs to another order.
    #[error("the cursor is not valid for this request")]
    BadCursor,
    /// The field cannot be counted by value.
    #[error("{field} cannot be used here")]
    BadField {
        /// As named by the caller.
        field: String,
    },
    /// Stored bytes do not match their checksum or cannot be decoded. Never softened to "not found".
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// What is stored is readable, and not what the log commits to. For whoever the log is of, too.
    #[error("{verdict}: {what}")]
    Broken {
        /// In one word.
        verdict: Verdict,
        /// In a sentence.
        what: String,
    },
    /// The catalog or a file cannot be used at present.
    #[error("a read failed: {0}")]
    Unavailable(String),
}

/// What is wrong with a log whose stored data can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Something is other than what was taken in.
    Tampered,
    /// Something that was taken in is not there.
    Missing,
}

impl Verdict {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tampered => "TAMPERED",
            Self::Missing => "MISSING",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ReadError {
    pub(crate) fn tampered(what: impl Into<String>) -> Self {
        Self::Broken { verdict: Verdict::Tampered, what: what.into() }
    }

    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::Broken { verdict: Verdict::Missing, what: what.into() }
    }

    /// What is stored is not what it was: reading it again will not help.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Corrupt(_) | Self::Broken { .. })
    }

    /// What a failure of the catalog means for a read.
    pub(crate) fn of_catalog(error: &tallystick_catalog::CatalogError) -> Self {
        if error.is_damage() {
            Self::Corrupt(error.to_string())
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}

impl From<tallystick_segment::SegmentError> for ReadError {
    fn from(error: tallystick_segment::SegmentError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// Why the engine could not start. Each names what to look at.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder could not be used.
    #[error("cannot use {path}")]
    Io {
        /// The path.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Another server holds the data directory.
    #[error("{0}")]
    Locked(tallystick_wal::lock::LockError),
    /// The commit log is damaged or cannot be read.
    #[error("the commit log cannot be opened")]
    Log(#[source] tallystick_wal::OpenError),
    /// A record of the commit log cannot be read.
    #[error("the commit log cannot be read")]
    ReadLog(#[source] tallystick_wal::ReadError),
    /// A batch in the commit log is damaged.
    #[error("the commit log cannot be replayed at position {position}")]
    Batch {
        /// Position of the batch's first event.
        position: u64,
        /// The cause.
        #[source]
        source: BatchError,
    },
    /// A segment named by the catalog is missing or damaged.
    #[error("segment {file} cannot be opened")]
    Segment {
        /// File name below `segments/`.
        file: String,
        /// The cause.
        #[source]
        source: tallystick_segment::SegmentError,
    },
    /// The catalog could not be read or written.
    #[error("the catalog cannot be used")]
    Catalog(#[from] tallystick_catalog::CatalogError),
    /// The keys that logs are signed with cannot be used.
    #[error(transparent)]
    LogKeys(#[from] crate::proof::LogKeysError),
    /// The rollback guard cannot be used.
    #[error(transparent)]
    Guard(#[from] crate::proof::GuardError),
    /// The trees of the logs cannot be checked.
    #[error("the trees of the logs cannot be checked: {0}")]
    Proofs(ReadError),
    /// The directory's stored checkpoint is not one that our keys have signed.
    #[error(
        "TAMPERED: the newest checkpoint of the directory in the catalog is not signed by the keys in keys/log.keys: \
         bring the right keys, or the right catalog, back"
    )]
    ForeignSignature,
    /// The configured origin is not the one that the logs of this instance are signed under.
    #[error("the logs of this instance are signed as {signed}; it cannot become {configured}")]
    Origin {
        /// What is in the catalog.
        signed: String,
        /// What the configuration says.
        configured: String,
    },
    /// The configured origin cannot be one.
    #[error(
        "{0:?} cannot be an origin: it must be a name without spaces and plus signs, at most 200 bytes long"
    )]
    BadOrigin(String),
    /// Catalog, segments and commit log do not fit together.
    #[error("the data directory is inconsistent: {0}")]
    Inconsistent(String),
}
