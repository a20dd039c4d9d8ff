//! Why an export ends before it is whole.

use std::io;

use tallystick_engine::{ReadError, proof::ProofError};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Somebody stopped it, or the server is being stopped.
    #[error("the export was stopped")]
    Stopped,
    /// There is no room, or only what the log itself needs.
    #[error(
        "there is too little room on the disk: {free_bytes} bytes are free, and exports leave {reserve_bytes} to the \
         log; make room, and try again"
    )]
    DiskFull {
        /// What is free, bytes.
        free_bytes: u64,
        /// What must stay free, bytes.
        reserve_bytes: u64,
    },
    /// The events could not be read.
    #[error("{0}")]
    Read(#[from] ReadError),
    /// The file could not be written.
    #[error("the file cannot be written: {0}")]
    Write(#[from] io::Error),
    /// What is in an evidence pack could not be proven.
    #[error("{0}")]
    Proof(ProofError),
    /// An evidence pack would be of no event.
    #[error("no event matches, so there is nothing to prove")]
    NothingToProve,
    /// An evidence pack would be of more events than may be found by a search.
    #[error(
        "more than {max} events match; narrow it, or make a pack of the whole log: without a query and times"
    )]
    TooMany {
        /// As many may match.
        max: usize,
    },
    /// Whoever made it may no longer have it.
    #[error("whoever asked for it may no longer export from this organization")]
    NotAllowed,
    /// What was stored of the export makes no sense.
    #[error("{0}")]
    Broken(String),
}

impl Failure {
    /// For programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::DiskFull { .. } => "disk_full",
            Self::Write(error) if is_full(error) => "disk_full",
            Self::Read(ReadError::Corrupt(_) | ReadError::Broken { .. }) => "storage_corrupt",
            Self::Read(_) => "unreadable",
            Self::Proof(ProofError::RolledBack) => "log_rolled_back",
            Self::Proof(_) => "not_published",
            Self::NothingToProve => "nothing_to_prove",
            Self::TooMany { .. } => "too_many_events",
            Self::Write(_) => "unwritable",
            Self::NotAllowed => "not_allowed",
            Self::Broken(_) => "internal",
        }
    }

    /// For people.
    pub fn message(&self) -> String {
        match self {
            Self::Write(error) if is_full(error) => {
                "the disk is full; make room, and try again".to_owned()
            }
            // Paths and offsets are for the service's log.
            Self::Read(ReadError::Corrupt(_)) => {
                "stored events are damaged and cannot be read; the operator finds the place in the service's log"
                    .to_owned()
            }
            other => other.to_string(),
        }
    }
}

impl From<ProofError> for Failure {
    fn from(error: ProofError) -> Self {
        match error {
            ProofError::Read(error) => Self::Read(error),
            other => Self::Proof(other),
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_one_however_it_is_met() {
        let met = Failure::Write(io::ErrorKind::StorageFull.into());
        let seen = Failure::DiskFull { free_bytes: 1, reserve_bytes: 2 };
        assert_eq!((met.code(), seen.code()), ("disk_full", "disk_full"));
        assert!(met.message().contains("make room") && seen.message().contains("make room"));
        let damaged = Failure::Read(ReadError::Corrupt("/data/segments/1.seg at 7".into()));
        assert_eq!(damaged.code(), "storage_corrupt");
        assert!(!damaged.message().contains("/data"), "{}", damaged.message());
    }
}
