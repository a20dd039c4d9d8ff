//! A disclosed unit: the canonical `[salt, name, value]` behind its base64url.

use std::borrow::Cow;

use sha2::{Digest, Sha256};
use tallystick_event::{SALT_BYTES, canonical_len};
use tallystick_merkle::Hash;

use crate::spelling::url_bytes;

/// Names that RFC 9901 keeps for itself.
const RESERVED_NAMES: [&str; 3] = ["", "_sd", "..."];
const SALT_CHARS: usize = 22;

/// What a disclosure says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure<'a> {
    /// Random bytes that keep the value from being guessed from its digest.
    pub salt: [u8; SALT_BYTES],
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
        let json = std::str::from_utf8(url_bytes(text, room)?).ok()?;
        let (salt, rest) = json.strip_prefix("[\"")?.split_at_checked(SALT_CHARS)?;
        let rest = rest.strip_prefix("\",")?;
        let (name, rest) = rest.split_at(canonical_len(rest)?);
        let name = string(name)?;
        let rest = rest.strip_prefix(',')?;
        let (value, rest) = rest.split_at(canonical_len(rest)?);
        if rest != "]" || RESERVED_NAMES.contains(&&*name) {
            return None;
        }
        // The decoder asks for the room of whole groups of four characters.
        let mut bytes = [0; 18];
        let decoder = &base64::engine::general_purpose::URL_SAFE_NO_PAD;
        let len = base64::Engine::decode_slice(decoder, salt, &mut bytes).ok()?;
        let salt = *bytes.first_chunk().filter(|_| len == SALT_BYTES)?;
        Some(Disclosure { salt, name, value })
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
