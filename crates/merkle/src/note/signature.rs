//! One signature of a note, as a line of text.

use std::fmt::{self, Display, Formatter};

use super::error::NoteError;
use super::key::{VerifierKey, is_key_name};
use crate::limits::SIGNATURES_MAX;
use crate::spelling::{from_base64, to_base64};

const KEY_ID_BYTES: usize = 4;

/// A signature of a note: whose it says it is, and its bytes. Nothing about it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    id: u32,
    bytes: Vec<u8>,
}

impl NoteSignature {
    pub(super) fn of(key: &VerifierKey, bytes: Vec<u8>) -> NoteSignature {
        NoteSignature { name: key.name().to_owned(), id: key.id(), bytes }
    }

    /// Name of the key that it says it is of.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// ID of the key that it says it is of.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The bytes behind the key ID. Their meaning depends on the type of the key.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it says it is of this key.
    pub fn is_of(&self, key: &VerifierKey) -> bool {
        self.id == key.id() && self.name == key.name()
    }

    /// Reads lines of signatures, each ending with a line break: the end of a note, and what a witness answers. At
    /// least one, at most [`SIGNATURES_MAX`].
    ///
    /// # Errors
    /// If one of them is malformed.
    pub fn parse_lines(text: &str) -> Result<Vec<NoteSignature>, NoteError> {
        let lines = text.strip_suffix('\n').ok_or(NoteError::Shape)?;
        let mut signatures = Vec::new();
        for (number, line) in lines.split('\n').enumerate() {
            if number == SIGNATURES_MAX {
                return Err(NoteError::TooMany);
            }
            signatures.push(Self::parse_line(line).ok_or(NoteError::Signature { number })?);
        }
        Ok(signatures)
    }

    fn parse_line(line: &str) -> Option<NoteSignature> {
        let (name, base64) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        if !is_key_name(name) {
            return None;
        }
        let mut bytes = from_base64(base64)?;
        let id = *bytes.first_chunk::<KEY_ID_BYTES>()?;
        bytes.drain(..KEY_ID_BYTES);
        // A signature of no bytes is none.
        (!bytes.is_empty()).then_some(NoteSignature {
            name: name.to_owned(),
            id: u32::from_be_bytes(id),
            bytes,
        })
    }
}

/// The line without its line break.
impl Display for NoteSignature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.bytes);
        write!(f, "\u{2014} {} {}", self.name, to_base64(&bytes))
    }
}
