//! A disclosed unit: the canonical `[salt, name, value]` behind its base64url.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use tallystick_event::canonical_len;
use tallystick_merkle::Hash;

use crate::spelling::{SALT_CHARS, is_url_salt, url_bytes};

/// Names that RFC 9901 keeps for itself.
const RESERVED_NAMES: [&str; 3] = ["", "_sd", "..."];

/// What a disclosure says, besides the salt that keeps the value from being guessed from its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure<'a> {
    /// Name of the unit.
    pub name: Cow<'a, str>,
    /// Its value: canonical JSON.
    pub value: &'a str,
}

/// SHA-256 of the text.
pub(crate) fn digest(text: &str) -> Hash {
    Sha256::digest(text).into()
}

impl<'a> Disclosure<'a> {
    /// Reads a disclosure; none if it is spelled in any other way than the only one. `room` takes its bytes.
    pub fn decode(text: &str, room: &'a mut Vec<u8>) -> Option<Disclosure<'a>> {
        let len = url_bytes(text, room, 0)?;
        Disclosure::read(std::str::from_utf8(&room[..len]).ok()?)
    }

    /// As [`Disclosure::decode`], of the JSON behind the base64url.
    pub(super) fn read(json: &'a str) -> Option<Disclosure<'a>> {
        let (salt, rest) = json.strip_prefix("[\"")?.split_at_checked(SALT_CHARS)?;
        let rest = rest.strip_prefix("\",")?;
        let (name, rest) = rest.split_at(canonical_len(rest)?);
        let name = string(name)?;
        let rest = rest.strip_prefix(',')?;
        let (value, rest) = rest.split_at(canonical_len(rest)?);
        if rest != "]" || !is_url_salt(salt) || RESERVED_NAMES.contains(&&*name) {
            return None;
        }
        Some(Disclosure { name, value })
    }
}

/// The text of a canonical JSON value that must be a string.
fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(json).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}
