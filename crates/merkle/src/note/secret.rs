//! Secret keys. They are wiped when dropped, print no secret, and leave this crate only as text that is wiped too.

use std::fmt::{self, Debug, Formatter};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey as Ed25519};
use zeroize::Zeroizing;

use super::error::{KeyError, SecretKeyError, SignError};
use super::key::{KeyType, VerifierKey, parts};
use super::signature::NoteSignature;
use crate::checkpoint::Checkpoint;
use crate::cosignature;
use crate::limits::COSIGNATURE_TIME_MAX;
use crate::spelling::is_note_text;

const PREFIX: &str = "PRIVATE+KEY+";
const SEED_BYTES: usize = 32;
/// Type byte and seed in base64.
const ENCODED_BYTES: usize = (1 + SEED_BYTES).div_ceil(3) * 4;

/// A log's secret key: signs notes with Ed25519 (type 1).
pub struct SigningKey(Secret);

/// A witness's secret key: cosigns checkpoints (type 4). It must be used for nothing else, as the signed message does
/// not hold the key's name.
pub struct CosigningKey(Secret);

impl SigningKey {
    /// A key of an RFC 8032 seed, which must come from a good source of randomness.
    ///
    /// # Errors
    /// If the name is not allowed.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<SigningKey, KeyError> {
        Ok(SigningKey(Secret::new(name, KeyType::Ed25519, seed)?))
    }

    /// Reads what [`SigningKey::encode`] writes, which is what Go's `sumdb/note` writes.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<SigningKey, SecretKeyError> {
        Ok(SigningKey(Secret::parse(text, KeyType::Ed25519)?))
    }

    /// `PRIVATE+KEY+name+id+base64`, as Go's `sumdb/note` has it. The memory is wiped when dropped.
    pub fn encode(&self) -> Zeroizing<String> {
        self.0.encode()
    }

    /// The public half, to be given to those who check.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.0.public
    }

    /// Signs the text of a note.
    ///
    /// # Errors
    /// If the text cannot be that of a note.
    pub fn sign(&self, text: &str) -> Result<NoteSignature, SignError> {
        if !text.ends_with('\n') || !is_note_text(text) {
            return Err(SignError::Text);
        }
        let bytes = self.0.key.sign(text.as_bytes()).to_bytes().to_vec();
        Ok(NoteSignature::of(self.verifier_key(), bytes))
    }
}

impl CosigningKey {
    /// A key of an RFC 8032 seed, which must come from a good source of randomness.
    ///
    /// # Errors
    /// If the name is not allowed.
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<CosigningKey, KeyError> {
        Ok(CosigningKey(Secret::new(name, KeyType::Cosignature, seed)?))
    }

    /// Reads what [`CosigningKey::encode`] writes.
    ///
    /// # Errors
    /// If it is anything else, a log's key included.
    pub fn parse(text: &str) -> Result<CosigningKey, SecretKeyError> {
        Ok(CosigningKey(Secret::parse(text, KeyType::Cosignature)?))
    }

    /// As [`SigningKey::encode`], with type 4 before the seed. The memory is wiped when dropped.
    pub fn encode(&self) -> Zeroizing<String> {
        self.0.encode()
    }

    /// The public half, to be given to those who check.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.0.public
    }

    /// States that at `time` (Unix seconds) this is the newest checkpoint of its log that the witness has seen, and
    /// that it continues all those before it. The caller must have checked exactly that.
    ///
    /// # Errors
    /// If `time` is over 2^63 - 1.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<NoteSignature, SignError> {
        if time > COSIGNATURE_TIME_MAX {
            return Err(SignError::Time { time });
        }
        let message = cosignature::message(time, &checkpoint.to_string());
        let bytes = cosignature::join(time, &self.0.key.sign(&message).to_bytes());
        Ok(NoteSignature::of(self.verifier_key(), bytes))
    }
}

impl Debug for SigningKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.0.public)
    }
}

impl Debug for CosigningKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "CosigningKey({})", self.0.public)
    }
}

/// What both kinds are. The Ed25519 key wipes itself when dropped.
struct Secret {
    key: Ed25519,
    public: VerifierKey,
}

impl Secret {
    fn new(name: &str, key_type: KeyType, seed: &[u8; SEED_BYTES]) -> Result<Secret, KeyError> {
        let key = Ed25519::from_bytes(seed);
        let public = VerifierKey::new(name, key_type, key.verifying_key().as_bytes())?;
        Ok(Secret { key, public })
    }

    fn parse(text: &str, key_type: KeyType) -> Result<Secret, SecretKeyError> {
        let rest = text.strip_prefix(PREFIX).ok_or(SecretKeyError::Shape)?;
        let (name, stated, base64) = parts(rest).map_err(|_| SecretKeyError::Shape)?;
        if base64.len() != ENCODED_BYTES {
            return Err(SecretKeyError::Shape);
        }
        // The decoder wants room for whole groups of four letters.
        let mut bytes = Zeroizing::new([0; ENCODED_BYTES]);
        let length = STANDARD.decode_slice(base64, &mut *bytes).map_err(|_| SecretKeyError::Shape)?;
        let Some((found, seed)) = bytes[..length].split_first() else { return Err(SecretKeyError::Shape) };
        if *found != key_type as u8 {
            return Err(KeyError::Type(*found).into());
        }
        let seed = <&[u8; SEED_BYTES]>::try_from(seed).map_err(|_| SecretKeyError::Shape)?;
        let secret = Secret::new(name, key_type, seed)?;
        secret.public.expect_id(stated)?;
        Ok(secret)
    }

    fn encode(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new([0; 1 + SEED_BYTES]);
        bytes[0] = self.public.key_type() as u8;
        bytes[1..].copy_from_slice(self.key.as_bytes());
        let head = format!("{PREFIX}{}+{:08x}+", self.public.name(), self.public.id());
        // Written where it is wiped, and with all room reserved, as growing would leave a copy behind.
        let mut letters = Zeroizing::new([0; ENCODED_BYTES]);
        STANDARD.encode_slice(bytes.as_slice(), letters.as_mut_slice()).expect("33 bytes are 44 letters");
        let mut text = Zeroizing::new(String::with_capacity(head.len() + ENCODED_BYTES));
        text.push_str(&head);
        text.push_str(std::str::from_utf8(letters.as_slice()).expect("base64 is ASCII"));
        text
    }
}
