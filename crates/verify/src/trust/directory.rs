//! How the directory log makes an organization's log witnessed: `docs/formats/event-proof.md`.

use serde::{Deserialize, Serialize};
use tallystick_event::{
    DIRECTORY_ENTRY_BYTES, DirectoryEntry, DirectoryEntryError, checkpoint_digest, directory_tag,
};
use tallystick_merkle::{
    Checkpoint, Note, NoteError, Policy, PolicyRefusal, ProofError, TlogProof, TlogProofError,
    verify_consistency, verify_inclusion,
};

use super::{TrustError, log_id, open_log, open_log_of, witnessed};
use crate::report::{LogStatus, Witnessed};
use crate::spelling;

/// A checkpoint of an organization's log, its entry in the directory, and how both hang together with the log and with
/// witnesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryProof {
    /// The checkpoint that the entry commits to, a note.
    pub checkpoint: String,
    /// Consistency proof between it and the checkpoint that something else is proven by, hashes in base64.
    pub consistency: Vec<String>,
    /// The entry, in base64.
    pub entry: String,
    /// tlog-proof of the entry in the directory.
    pub proof: String,
}

/// Why the directory proves nothing about a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryFault {
    /// Its checkpoint of the organization's log is no note.
    #[error("the checkpoint that the directory commits to is malformed: {0}")]
    Note(#[source] NoteError),
    /// A checkpoint is not to be believed.
    #[error("in the directory's proof: {0}")]
    Trust(#[from] TrustError),
    /// Something in base64 is not, or not of the right length.
    #[error("{what} of the directory's proof is malformed")]
    Base64 {
        /// What it is.
        what: &'static str,
    },
    /// The two checkpoints of the organization's log contradict each other: it has been forked.
    #[error("the log's checkpoints of size {a} and {b} are not shown to be of one log: {source}")]
    Fork {
        /// Size of the one that records are proven by.
        a: u64,
        /// Size of the one in the directory.
        b: u64,
        /// What does not hold.
        source: ProofError,
    },
    /// The entry is none.
    #[error(transparent)]
    Entry(#[from] DirectoryEntryError),
    /// The entry is about another log.
    #[error("the directory's entry is about another log")]
    Tag,
    /// The entry commits to another checkpoint.
    #[error("the directory's entry commits to another checkpoint")]
    Digest,
    /// The proof of the entry is malformed.
    #[error("the directory's proof is malformed: {0}")]
    Proof(#[from] TlogProofError),
    /// The directory is the organization's log itself.
    #[error("the directory is the log itself")]
    Same,
    /// The entry is not in the directory.
    #[error("the entry is not in the directory: {0}")]
    Path(#[source] ProofError),
    /// A cosignature is bad.
    #[error("the directory's checkpoint: {0}")]
    Cosignature(#[source] PolicyRefusal),
}

impl DirectoryFault {
    pub(crate) fn status(&self) -> LogStatus {
        match self {
            DirectoryFault::Fork { a, b, source: ProofError::Root } if a == b => {
                LogStatus::Forked { why: self.to_string() }
            }
            _ => LogStatus::Tampered { why: self.to_string() },
        }
    }
}

impl DirectoryProof {
    /// Checks it for a log of which `known` is a checkpoint that was opened already. Without a quorum it is still a
    /// proof, of which the answer says that none was met.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn check(&self, known: &Checkpoint, policy: &Policy) -> Result<Witnessed, DirectoryFault> {
        let note: Note = self.checkpoint.parse().map_err(DirectoryFault::Note)?;
        let listed = open_log_of(&note, policy, known.origin())?;
        self.is_consistent(known, &listed)?;
        let entry: [u8; DIRECTORY_ENTRY_BYTES] =
            spelling::bytes(&self.entry).ok_or(DirectoryFault::Base64 { what: "the entry" })?;
        let entry = DirectoryEntry::decode(&entry)?;
        if entry.tag != directory_tag(log_id(known.origin())?) {
            return Err(DirectoryFault::Tag);
        }
        if entry.checkpoint != checkpoint_digest(note.unverified_text()) {
            return Err(DirectoryFault::Digest);
        }
        let proof: TlogProof = self.proof.parse()?;
        let directory = open_log(&proof.checkpoint, policy)?;
        if directory.origin() == known.origin() {
            return Err(DirectoryFault::Same);
        }
        verify_inclusion(proof.index, directory.size(), &entry.hash(), &proof.path, directory.root())
            .map_err(DirectoryFault::Path)?;
        let size = listed.size();
        let listed_ms = Some(entry.time_ms);
        match policy.open(&proof.checkpoint) {
            Ok(trusted) => Ok(Witnessed { size, listed_ms, ..witnessed(&trusted, policy, Some(&directory)) }),
            Err(PolicyRefusal::NoQuorum { .. }) => Ok(Witnessed {
                size,
                directory: Some(directory.origin().to_owned()),
                directory_size: Some(directory.size()),
                witnesses: Vec::new(),
                is_quorum: false,
                since: None,
                fresh: None,
                listed_ms,
            }),
            Err(refusal) => Err(DirectoryFault::Cosignature(refusal)),
        }
    }

    fn is_consistent(&self, known: &Checkpoint, listed: &Checkpoint) -> Result<(), DirectoryFault> {
        let path = spelling::hashes(&self.consistency);
        let path = path.ok_or(DirectoryFault::Base64 { what: "the consistency proof" })?;
        let (old, new) = if known.size() <= listed.size() { (known, listed) } else { (listed, known) };
        verify_consistency(old.size(), new.size(), &path, old.root(), new.root())
            .map_err(|source| DirectoryFault::Fork { a: known.size(), b: listed.size(), source })
    }
}
