//! The note as a whole: reading, writing, and which of its signatures hold.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::error::{NoteError, SignatureError};
use super::key::VerifierKey;
use super::signature::NoteSignature;
use crate::limits::{NOTE_BYTES_MAX, SIGNATURES_MAX};
use crate::spelling::is_note_text;

/// A note as it was read. Its text means nothing until [`Note::verify`] has found a signature of a trusted key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// A signature of a known key that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Place of the key in the list given to [`Note::verify`].
    pub key: usize,
    /// When it was made, Unix seconds; only cosignatures say.
    pub time: Option<u64>,
}

impl Note {
    /// A note of a text and its first signature.
    ///
    /// # Errors
    /// If the text cannot be that of a note.
    pub fn new(text: &str, signature: NoteSignature) -> Result<Note, NoteError> {
        if !is_note_text(text) {
            return Err(NoteError::Text);
        }
        if !text.ends_with('\n') {
            return Err(NoteError::Shape);
        }
        let note = Note { text: text.to_owned(), signatures: vec![signature] };
        let bytes = note.to_string().len();
        if bytes > NOTE_BYTES_MAX { Err(NoteError::TooLong { bytes }) } else { Ok(note) }
    }

    /// Reads a note. Whatever is accepted is written again by `Display` byte for byte.
    ///
    /// # Errors
    /// If the bytes are not a note, or over one of the limits.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong { bytes: bytes.len() });
        }
        let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Text)?;
        if !is_note_text(note) {
            return Err(NoteError::Text);
        }
        // The text may have empty lines, signatures cannot: the last one separates.
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
        Ok(Note { text: format!("{text}\n"), signatures: NoteSignature::parse_lines(signatures)? })
    }

    /// The text, with the line break at its end. Whoever uses it unverified believes whoever sent it.
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// All signatures, in their order, verified or not.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds a signature at the end.
    ///
    /// # Errors
    /// If the note would be over one of the limits; it is unchanged then.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.len() >= SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        self.signatures.push(signature);
        let bytes = self.to_string().len();
        if bytes > NOTE_BYTES_MAX {
            self.signatures.pop();
            return Err(NoteError::TooLong { bytes });
        }
        Ok(())
    }

    /// Checks every signature that says it is of one of `keys`, and ignores all others. Gives those that hold, in the
    /// order of the note, never none. A key that signed several times occurs several times.
    ///
    /// # Errors
    /// If there is no signature of one of these keys, or one that does not hold: then the whole note is bad, however
    /// many others hold.
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<Vec<Verified>, SignatureError> {
        let mut verified = Vec::new();
        for signature in &self.signatures {
            for (key, known) in keys.iter().enumerate().filter(|(_, key)| signature.is_of(key)) {
                let time = known.verify(&self.text, signature.bytes())?;
                verified.push(Verified { key, time });
            }
        }
        if verified.is_empty() { Err(SignatureError::Unsigned) } else { Ok(verified) }
    }
}

impl Display for Note {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Note, NoteError> {
        Note::parse(text.as_bytes())
    }
}
