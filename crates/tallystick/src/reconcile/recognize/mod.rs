//! From a line of a copy to its records: which format it is, and where in which log the event is said to be.
//!
//! Formats are told apart by what they have: nobody has to say which one it is, and a copy may have several.

mod json;
mod line;
mod strict;

use super::copied::{Copied, Form, Said};

pub(crate) use json::records;
pub(crate) use line::pairs;

/// What a record says of its event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    log: Option<String>,
    org: Option<String>,
    seq: u64,
    id: String,
    leaf_hash: Option<[u8; 32]>,
    said: Said,
}

/// A hash of 64 digits; anything else is one that no leaf has.
fn leaf_hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    match hex::decode_to_slice(text, &mut hash) {
        Ok(()) => hash,
        Err(_) => [0; 32],
    }
}

impl Found {
    fn into_copied(self, at: super::copied::At, form: Form, bytes: &[u8]) -> Copied {
        let Self { log, org, seq, id, leaf_hash, said } = self;
        Copied { at, form, log, org, seq, id, leaf_hash, said, bytes: bytes.into() }
    }
}

#[cfg(test)]
mod tests;
