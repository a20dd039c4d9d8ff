//! Verifier keys, or vkeys: a name, a public key, and what kind of signature it checks.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

use super::error::{KeyError, SignatureError};
use crate::cosignature;
use crate::limits::KEY_NAME_BYTES_MAX;
use crate::spelling::{from_base64, to_base64};

/// What a signature is made of: the type byte of C2SP signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyType {
    /// Ed25519 over the text of the note: 64 bytes. What a log signs with.
    Ed25519 = 0x01,
    /// A witness's statement (C2SP tlog-cosignature): a time in 8 bytes, and Ed25519 over time and text.
    Cosignature = 0x04,
}

impl KeyType {
    pub(super) fn of(byte: u8) -> Result<KeyType, KeyError> {
        [KeyType::Ed25519, KeyType::Cosignature]
            .into_iter()
            .find(|known| *known as u8 == byte)
            .ok_or(KeyError::Type(byte))
    }
}

/// A public key with its name. Its text form is `name+id+base64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key_type: KeyType,
    public: VerifyingKey,
}

/// Whether `name` may name a key: 1 to 255 bytes without Unicode white space, control characters below U+0020 and `+`.
/// (The limit on the length is ours.)
pub fn is_key_name(name: &str) -> bool {
    let allowed = |c: char| !c.is_whitespace() && c >= ' ' && c != '+';
    !name.is_empty() && name.len() <= KEY_NAME_BYTES_MAX && name.chars().all(allowed)
}

/// Key ID: the first four bytes, big-endian, of SHA-256(name || 0x0A || type || public key) (C2SP signed-note). It
/// tells keys apart; it protects nothing.
pub fn key_id(name: &str, key_type: KeyType, public: &[u8; 32]) -> u32 {
    let hash: [u8; 32] = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', key_type as u8])
        .chain_update(public)
        .finalize()
        .into();
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
}

impl VerifierKey {
    /// A key of its parts.
    ///
    /// # Errors
    /// If the name is not allowed, or the bytes are no Ed25519 key or a weak one, of which anybody can make signatures.
    pub fn new(name: &str, key_type: KeyType, public: &[u8; 32]) -> Result<VerifierKey, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = VerifyingKey::from_bytes(public).map_err(|_| KeyError::PublicKey)?;
        if key.is_weak() {
            return Err(KeyError::PublicKey);
        }
        Ok(VerifierKey { name: name.to_owned(), id: key_id(name, key_type, public), key_type, public: key })
    }

    /// The key's name; of a log's key, the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's ID, by which its signatures are found together with the name.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Which signatures it checks.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The Ed25519 public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.public.to_bytes()
    }

    /// Checks the bytes of a signature (without key ID) over the text of a note. Gives the time of a cosignature, Unix
    /// seconds.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, SignatureError> {
        let bad = || SignatureError::Bad { name: self.name.clone(), id: self.id };
        let (time, message, signature) = match self.key_type {
            KeyType::Ed25519 => (None, text.as_bytes().to_vec(), signature),
            KeyType::Cosignature => {
                let (time, signature) = cosignature::split(signature).ok_or_else(bad)?;
                (Some(time), cosignature::message(time, text), signature)
            }
        };
        if self.verifies(&message, signature) { Ok(time) } else { Err(bad()) }
    }

    /// Strictly: with a canonical signature and no point of small order, so that all verifiers agree.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.public.verify_strict(message, &signature).is_ok()
    }
}

impl Display for VerifierKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.key_type as u8];
        key.extend_from_slice(self.public.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, self.id, to_base64(&key))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<VerifierKey, KeyError> {
        let (name, stated, bytes) = parts(text)?;
        let bytes = from_base64(bytes).ok_or(KeyError::Shape)?;
        let (&key_type, public) = bytes.split_first().ok_or(KeyError::Shape)?;
        let public = <&[u8; 32]>::try_from(public);
        let key = VerifierKey::new(name, KeyType::of(key_type)?, public.map_err(|_| KeyError::PublicKey)?)?;
        key.expect_id(stated)?;
        Ok(key)
    }
}

impl VerifierKey {
    pub(super) fn expect_id(&self, stated: u32) -> Result<(), KeyError> {
        let computed = self.id;
        if stated == computed { Ok(()) } else { Err(KeyError::Id { stated, computed }) }
    }
}

/// Name, ID and base64. The base64 may hold plus signs of its own, so only the first two separate.
pub(super) fn parts(text: &str) -> Result<(&str, u32, &str), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Shape);
    };
    let is_id = id.len() == 8 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = u32::from_str_radix(id, 16).ok().filter(|_| is_id).ok_or(KeyError::Shape)?;
    Ok((name, id, base64))
}
