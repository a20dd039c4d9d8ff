//! What a log sends a witness (C2SP tlog-witness, `add-checkpoint`), and what the witness checks before it signs.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, OpenError};
use crate::hash::{Hash, empty_root};
use crate::limits::{WITNESS_HASHES_MAX, WITNESS_REQUEST_BYTES_MAX};
use crate::note::{Note, NoteError, VerifierKey};
use crate::proof::{ProofError, verify_consistency};
use crate::spelling::{decimal, to_base64};
use crate::tlog_proof::{BadHashes, hash_lines};

/// The body of a request to cosign a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Size of the log's checkpoint that the witness cosigned last, as far as the log knows; 0 for none.
    pub old_size: u64,
    /// Consistency proof from that size to the checkpoint's. Empty if that size is 0.
    pub path: Vec<Hash>,
    /// The checkpoint, with whatever signatures it has.
    pub checkpoint: Note,
}

/// Why a body is not a request. A witness answers 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointError {
    /// It is over the limit.
    #[error("a request of {bytes} bytes is over the limit of {WITNESS_REQUEST_BYTES_MAX} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It does not begin with a line `old` and a number that is spelled the only way.
    #[error("a request begins with a line with the old size")]
    OldSize,
    /// A line of the proof is no hash in base64.
    #[error("hash {number} of the proof is malformed")]
    Path {
        /// Number of the hash, from 0.
        number: usize,
    },
    /// The proof has too many hashes, or no empty line ends it.
    #[error("the proof of a request is at most {WITNESS_HASHES_MAX} hashes and an empty line")]
    PathEnd,
    /// What follows the empty line is no note.
    #[error("the checkpoint of the request is malformed")]
    Checkpoint(#[source] NoteError),
}

/// Why a witness must not cosign, in the order in which it is checked. A log that the witness does not know is answered
/// 404 before any of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddCheckpointRefusal {
    /// The log's key did not sign it. 403.
    #[error(transparent)]
    Checkpoint(#[from] OpenError),
    /// The old size is over the checkpoint's. 400.
    #[error("old size {old_size} is over the checkpoint's {size}")]
    Order {
        /// Old size of the request.
        old_size: u64,
        /// Size of the checkpoint.
        size: u64,
    },
    /// The witness cosigned another size last. 409; the body of the answer is that size and a line break.
    #[error("old size {old_size} where the latest is {latest}")]
    Stale {
        /// Old size of the request.
        old_size: u64,
        /// Size of the checkpoint that the witness cosigned last.
        latest: u64,
    },
    /// The checkpoint does not continue the one cosigned last: the log has forked, or the proof is wrong. 422; the
    /// request should be kept as evidence.
    #[error("the checkpoint does not continue the latest one")]
    Inconsistent(#[source] ProofError),
}

impl AddCheckpoint {
    /// What a witness checks: the log's signature, and that the checkpoint continues `latest`, the one it cosigned last
    /// for this log (none if there is none). It may cosign the checkpoint given back, after it has made it its latest
    /// one for good; both must happen without any other request for the log in between.
    ///
    /// # Errors
    /// Why it must not.
    pub fn check(
        &self,
        log: &VerifierKey,
        latest: Option<&Checkpoint>,
    ) -> Result<Checkpoint, AddCheckpointRefusal> {
        let checkpoint = Checkpoint::open(&self.checkpoint, log)?;
        let (old_size, size) = (self.old_size, checkpoint.size());
        if old_size > size {
            return Err(AddCheckpointRefusal::Order { old_size, size });
        }
        let (latest_size, latest_root) =
            latest.map_or_else(|| (0, empty_root()), |latest| (latest.size(), *latest.root()));
        if old_size != latest_size {
            return Err(AddCheckpointRefusal::Stale { old_size, latest: latest_size });
        }
        verify_consistency(old_size, size, &self.path, &latest_root, checkpoint.root())
            .map_err(AddCheckpointRefusal::Inconsistent)?;
        Ok(checkpoint)
    }
}

/// The body of the answer 409 of a witness: the size of the checkpoint that it cosigned last. None if it is anything
/// else.
pub fn latest_size(body: &str) -> Option<u64> {
    decimal(body.strip_suffix('\n')?)
}

impl Display for AddCheckpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old_size)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", to_base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Whatever is accepted is written again by `Display` byte for byte.
impl FromStr for AddCheckpoint {
    type Err = AddCheckpointError;

    fn from_str(text: &str) -> Result<AddCheckpoint, AddCheckpointError> {
        if text.len() > WITNESS_REQUEST_BYTES_MAX {
            return Err(AddCheckpointError::TooLong { bytes: text.len() });
        }
        let (line, rest) = text.split_once('\n').ok_or(AddCheckpointError::OldSize)?;
        let old_size = line.strip_prefix("old ").and_then(decimal).ok_or(AddCheckpointError::OldSize)?;
        let (path, rest) = hash_lines(rest, WITNESS_HASHES_MAX).map_err(|bad| match bad {
            BadHashes::Line(number) => AddCheckpointError::Path { number },
            BadHashes::End => AddCheckpointError::PathEnd,
        })?;
        let checkpoint = rest.parse().map_err(AddCheckpointError::Checkpoint)?;
        Ok(AddCheckpoint { old_size, path, checkpoint })
    }
}
