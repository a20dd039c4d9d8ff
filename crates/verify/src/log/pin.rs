//! What is kept of a log between verifications: the largest checkpoint that was verified. It is the note itself, so
//! it is evidence, and so the keys of the policy protect it.

use std::fmt::{self, Display, Formatter};

use sha2::{Digest, Sha256};
use tallystick_merkle::{Checkpoint, CheckpointError, Note, NoteError};

/// A checkpoint that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin(Note);

/// Why bytes are no pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// They are no note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The note is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl Pin {
    pub(super) fn new(note: Note) -> Pin {
        Pin(note)
    }

    pub(super) fn note(&self) -> &Note {
        &self.0
    }

    /// Reads what `Display` writes: the note.
    ///
    /// # Errors
    /// If it is no checkpoint. Its signatures are checked when it is used.
    pub fn parse(bytes: &[u8]) -> Result<Pin, PinError> {
        let note = Note::parse(bytes)?;
        note.unverified_text().parse::<Checkpoint>()?;
        Ok(Pin(note))
    }

    /// Size of the log at that checkpoint.
    pub fn size(&self) -> u64 {
        self.0.unverified_text().parse::<Checkpoint>().map_or(0, |checkpoint| checkpoint.size())
    }

    /// The name of a file for the pin of a log: nobody else's origin has the same, and none leads out of a folder.
    pub fn file_name(origin: &str) -> String {
        format!("{}.checkpoint", hex::encode(Sha256::digest(origin)))
    }
}

impl Display for Pin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
