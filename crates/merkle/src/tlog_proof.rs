//! A proof to carry away (C2SP tlog-proof): an inclusion proof and the checkpoint it leads to in one text, checked
//! without asking anybody.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::checkpoint::{Checkpoint, OpenError};
use crate::hash::Hash;
use crate::limits::{EXTRA_BYTES_MAX, INCLUSION_HASHES_MAX, PROOF_BYTES_MAX};
use crate::note::{Note, NoteError, VerifierKey};
use crate::policy::{Policy, PolicyRefusal, TrustedCheckpoint};
use crate::proof::{ProofError, verify_inclusion};
use crate::spelling::{decimal, from_base64, hash_from_base64, to_base64};

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// That an entry is in a log. Its file extension is `.tlog-proof`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What else the maker wanted to hand over, at most 64 KiB; empty for nothing. Not authenticated by anything.
    pub extra: Vec<u8>,
    /// Index of the entry in the log.
    pub index: u64,
    /// Inclusion proof in the tree of the checkpoint, the leaf's sibling first.
    pub path: Vec<Hash>,
    /// The checkpoint with its signatures and cosignatures.
    pub checkpoint: Note,
}

/// Why a text is not a tlog-proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// It is over the limit.
    #[error("a tlog-proof of {bytes} bytes is over the limit of {PROOF_BYTES_MAX} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The first line is not that of version 1 of the format.
    #[error("a tlog-proof begins with {HEADER}")]
    Header,
    /// The extra data is empty, over the limit of 64 KiB, or not base64.
    #[error("the extra data of a tlog-proof is 1 to {EXTRA_BYTES_MAX} bytes in base64")]
    Extra,
    /// There is no line `index` with a number that is spelled the only way.
    #[error("a tlog-proof has a line with the index of the entry")]
    Index,
    /// A line of the path is no hash in base64.
    #[error("hash {number} of the path is malformed")]
    Path {
        /// Number of the hash, from 0.
        number: usize,
    },
    /// The path has more hashes than any tree has levels, or no empty line ends it.
    #[error("the path of a tlog-proof is at most {INCLUSION_HASHES_MAX} hashes and an empty line")]
    PathEnd,
    /// What follows the empty line is no note.
    #[error("the checkpoint of the proof is malformed")]
    Checkpoint(#[source] NoteError),
}

/// Why a well-formed tlog-proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofRefusal {
    /// The checkpoint is not one of the log.
    #[error(transparent)]
    Checkpoint(#[from] OpenError),
    /// The policy does not accept the checkpoint.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// The path does not lead from the entry to the root of the checkpoint.
    #[error(transparent)]
    Path(#[from] ProofError),
}

impl TlogProof {
    /// Checks that the entry with the hash `leaf` is in the log of this key. Says nothing about witnesses.
    ///
    /// # Errors
    /// If the checkpoint is not of that log or the path does not lead to it.
    pub fn verify(&self, leaf: &Hash, log: &VerifierKey) -> Result<Checkpoint, TlogProofRefusal> {
        let checkpoint = Checkpoint::open(&self.checkpoint, log)?;
        self.verify_path(leaf, &checkpoint)?;
        Ok(checkpoint)
    }

    /// Checks that the entry with the hash `leaf` is in one of the logs of the policy, at a checkpoint that the
    /// policy's quorum of witnesses has seen.
    ///
    /// # Errors
    /// If the policy does not accept the checkpoint or the path does not lead to it.
    pub fn verify_by(&self, leaf: &Hash, policy: &Policy) -> Result<TrustedCheckpoint, TlogProofRefusal> {
        let trusted = policy.open(&self.checkpoint)?;
        self.verify_path(leaf, &trusted.checkpoint)?;
        Ok(trusted)
    }

    fn verify_path(&self, leaf: &Hash, checkpoint: &Checkpoint) -> Result<(), ProofError> {
        verify_inclusion(self.index, checkpoint.size(), leaf, &self.path, checkpoint.root())
    }
}

impl Display for TlogProof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if !self.extra.is_empty() {
            writeln!(f, "extra {}", to_base64(&self.extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", to_base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Whatever is accepted is written again by `Display` byte for byte.
impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(text: &str) -> Result<TlogProof, TlogProofError> {
        if text.len() > PROOF_BYTES_MAX {
            return Err(TlogProofError::TooLong { bytes: text.len() });
        }
        let rest = text
            .strip_prefix(HEADER)
            .and_then(|rest| rest.strip_prefix('\n'))
            .ok_or(TlogProofError::Header)?;
        let (line, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
        let (extra, line, rest) = match line.strip_prefix("extra ") {
            None => (Vec::new(), line, rest),
            Some(extra) => {
                let extra = from_base64(extra).filter(|extra| (1..=EXTRA_BYTES_MAX).contains(&extra.len()));
                let (line, rest) = rest.split_once('\n').ok_or(TlogProofError::Index)?;
                (extra.ok_or(TlogProofError::Extra)?, line, rest)
            }
        };
        let index = line.strip_prefix("index ").and_then(decimal).ok_or(TlogProofError::Index)?;
        let (path, rest) = hash_lines(rest, INCLUSION_HASHES_MAX).map_err(|bad| match bad {
            BadHashes::Line(number) => TlogProofError::Path { number },
            BadHashes::End => TlogProofError::PathEnd,
        })?;
        let checkpoint = rest.parse().map_err(TlogProofError::Checkpoint)?;
        Ok(TlogProof { extra, index, path, checkpoint })
    }
}

/// Why lines are not hashes up to an empty line.
pub(crate) enum BadHashes {
    /// The line of this number is no hash.
    Line(usize),
    /// There are too many, or there is no empty line.
    End,
}

/// Hashes in base64, one a line, up to an empty line; and what follows that.
pub(crate) fn hash_lines(text: &str, count_max: usize) -> Result<(Vec<Hash>, &str), BadHashes> {
    let mut hashes = Vec::new();
    let mut rest = text;
    loop {
        let (line, behind) = rest.split_once('\n').ok_or(BadHashes::End)?;
        rest = behind;
        if line.is_empty() {
            return Ok((hashes, rest));
        }
        if hashes.len() == count_max {
            return Err(BadHashes::End);
        }
        hashes.push(hash_from_base64(line).ok_or(BadHashes::Line(hashes.len()))?);
    }
}
