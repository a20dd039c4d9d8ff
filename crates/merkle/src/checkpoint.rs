//! Checkpoints (C2SP tlog-checkpoint): what a log states about itself at one size, as the text of a note.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::hash::Hash;
use crate::note::{Note, NoteError, SignError, SignatureError, SigningKey, VerifierKey};
use crate::spelling::{decimal, hash_from_base64, is_note_line, to_base64};

/// Origin, size and root of a log. One that was read from a note is worth as much as the signatures that were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
    extensions: Vec<String>,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// There are fewer than three lines, or the last has no line break.
    #[error("a checkpoint has at least three lines")]
    Lines,
    /// The first line is empty, or has a control character.
    #[error("the origin of a checkpoint is a line that is not empty")]
    Origin,
    /// The second line is no number from 0 to 2^64 - 1, or is not spelled the only way.
    #[error("the size of a checkpoint is a decimal number without leading zeros")]
    Size,
    /// The third line is not 32 bytes in base64.
    #[error("the root of a checkpoint is a hash in base64")]
    Root,
    /// A further line is empty, or has a control character.
    #[error("extension line {number} of a checkpoint is empty or has a control character")]
    Extension {
        /// Number of the extension line, from 0.
        number: usize,
    },
}

/// Why a note is not a checkpoint of the log that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The signatures do not make it trusted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What is signed is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The key's name is not the origin: a log must not vouch for another one.
    #[error("key {key} cannot vouch for {origin}")]
    Origin {
        /// Name of the key.
        key: String,
        /// Origin in the note.
        origin: String,
    },
}

impl Checkpoint {
    /// A checkpoint without extension lines, which is the only kind that our logs sign.
    ///
    /// # Errors
    /// If the origin is empty or has a control character. To be signed it must also be a key name.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Checkpoint, CheckpointError> {
        if !is_note_line(origin) {
            return Err(CheckpointError::Origin);
        }
        Ok(Checkpoint { origin: origin.to_owned(), size, root, extensions: Vec::new() })
    }

    /// Which log it is of.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> &Hash {
        &self.root
    }

    /// Lines behind the third. They mean nothing here and are kept, as signatures cover them.
    pub fn extensions(&self) -> &[String] {
        &self.extensions
    }

    /// Signs it for the log. The caller must never sign two that are not consistent with each other.
    ///
    /// # Errors
    /// Unless the key's name is the origin.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, SignError> {
        let (name, origin) = (key.verifier_key().name(), &self.origin);
        if name != origin {
            return Err(SignError::Origin { key: name.to_owned(), origin: origin.clone() });
        }
        let text = self.to_string();
        Note::new(&text, key.sign(&text)?).map_err(|_: NoteError| SignError::Text)
    }

    /// Reads a checkpoint that must be signed by this key of its log.
    ///
    /// # Errors
    /// If the signature is missing or bad, or the text no checkpoint of that log.
    pub fn open(note: &Note, log: &VerifierKey) -> Result<Checkpoint, OpenError> {
        note.verify(std::slice::from_ref(log))?;
        let checkpoint: Checkpoint = note.unverified_text().parse()?;
        checkpoint.expect_origin(log)?;
        Ok(checkpoint)
    }

    pub(crate) fn expect_origin(&self, log: &VerifierKey) -> Result<(), OpenError> {
        let (key, origin) = (log.name(), &self.origin);
        if key == origin {
            return Ok(());
        }
        Err(OpenError::Origin { key: key.to_owned(), origin: origin.clone() })
    }
}

/// The text of the note, with the line break at its end.
impl Display for Checkpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, to_base64(&self.root))?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// Reads the text of a note. Whatever is accepted is written again by `Display` byte for byte.
impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Checkpoint, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError::Lines);
        };
        let mut checkpoint = Checkpoint::new(origin, 0, [0; 32])?;
        checkpoint.size = decimal(size).ok_or(CheckpointError::Size)?;
        checkpoint.root = hash_from_base64(root).ok_or(CheckpointError::Root)?;
        for (number, line) in lines.enumerate() {
            if !is_note_line(line) {
                return Err(CheckpointError::Extension { number });
            }
            checkpoint.extensions.push(line.to_owned());
        }
        Ok(checkpoint)
    }
}
