//! What can go wrong with a witness's state, by what the caller can do about it.

use std::io;
use std::path::PathBuf;

use tallystick_merkle::{
    AddCheckpointError, KeyError, NoteError, OpenError as CheckpointOpenError, ProofError, SecretKeyError,
};
use tallystick_wal::lock::LockError;

/// Why a directory for a witness was not made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is one: a key is never replaced, as those who trust it would not know.
    #[error("{} is there already", .path.display())]
    Exists {
        /// The file of the key.
        path: PathBuf,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("cannot use {}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what was written. The witness must not sign for this log: it no longer knows what it has said.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An earlier write failed in a way that leaves open what is on the disk. Opening the directory again finds out.
    #[error("{} may not be what is on the disk after a failed write; start the witness again", .path.display())]
    Unsure {
        /// Which.
        path: PathBuf,
    },
}

/// Why a directory was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it, or the lock cannot be taken.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The directory is of a version that this build does not know, or is none of a witness.
    #[error("{} is no directory of a witness that this build can read", .path.display())]
    Version {
        /// The file that says the version.
        path: PathBuf,
    },
    /// The file of the key holds none of a witness.
    #[error("the key in {} cannot be used", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SecretKeyError,
    },
    /// The file of logs is wrong.
    #[error(transparent)]
    Logs(#[from] LogsError),
    /// Something of the state cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Why the file of logs was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// It cannot be read or written.
    #[error("cannot use {}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line is wrong. Nothing of the file is used then.
    #[error("line {line} of {}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        source: LogsFault,
    },
}

/// What is wrong with a line of the file of logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogsFault {
    /// It is over the limit, or not UTF-8.
    #[error("the file is no text of at most 1 MiB")]
    Text,
    /// It is not empty, no comment and not `log <vkey>`.
    #[error("expected `log <vkey>`")]
    Shape,
    /// The key is malformed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key is one of a witness, not of a log.
    #[error("this is the key of a witness, not of a log")]
    KeyType,
    /// The same key stands in an earlier line.
    #[error("the same key stands in an earlier line")]
    Twice,
    /// There are too many.
    #[error("more than {} logs", crate::limits::LOGS_MAX)]
    TooMany,
}

/// Why a witness does not cosign, each with the status of C2SP tlog-witness.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is no request. 400.
    #[error(transparent)]
    Malformed(#[from] AddCheckpointError),
    /// The checkpoint would be too long with another signature. 400.
    #[error("the checkpoint cannot take another signature")]
    TooLong(#[source] NoteError),
    /// The log is not watched. 404.
    #[error("unknown log")]
    UnknownLog,
    /// The log's key did not sign it. 403.
    #[error(transparent)]
    Signature(#[from] CheckpointOpenError),
    /// The old size is over the checkpoint's. 400.
    #[error("old size {old_size} is over the checkpoint's {size}")]
    Order {
        /// Old size of the request.
        old_size: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// Another size was cosigned last. 409; the answer is that size.
    #[error("the latest size is {latest}")]
    Stale {
        /// Size of the checkpoint cosigned last.
        latest: u64,
    },
    /// The checkpoint does not continue the one cosigned last. 422; the request was kept as evidence.
    #[error("the checkpoint does not continue the latest one")]
    Inconsistent(#[source] ProofError),
    /// The witness's own state fails it. 500; nothing was signed.
    #[error(transparent)]
    State(#[from] StateError),
}
