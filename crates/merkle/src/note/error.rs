//! What can be wrong with a note, with its signatures, and with a key.

use crate::limits::{COSIGNATURE_TIME_MAX, KEY_NAME_BYTES_MAX, NOTE_BYTES_MAX, SIGNATURES_MAX};

/// Why bytes are not a signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is over the limit.
    #[error("a note of {bytes} bytes is over the limit of {NOTE_BYTES_MAX} bytes")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is not UTF-8, or has a control character other than a line break.
    #[error("a note is text without control characters")]
    Text,
    /// There is no empty line between a text that ends with a line break and at least one line of a signature that
    /// ends with one.
    #[error("a note is a text, an empty line and lines of signatures")]
    Shape,
    /// A line behind the last empty one is not of the form `— name base64`.
    #[error("signature {number} is malformed")]
    Signature {
        /// Number of the signature, from 0.
        number: usize,
    },
    /// There are more signatures than the limit.
    #[error("a note has at most {SIGNATURES_MAX} signatures")]
    TooMany,
}

/// Why the signatures of a note do not make it trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// None is of a known key.
    #[error("no signature of a known key")]
    Unsigned,
    /// One is said to be of a known key and is not. The whole note is to be refused.
    #[error("signature of {name} with key ID {id:08x} does not verify")]
    Bad {
        /// Name of the key.
        name: String,
        /// Its ID.
        id: u32,
    },
}

/// Why something was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The text does not end with a line break, or has other control characters.
    #[error("the text of a note ends with a line break and has no other control characters")]
    Text,
    /// A log signs only its own checkpoints: the key's name must be the origin.
    #[error("key {key} cannot sign for {origin}")]
    Origin {
        /// Name of the key.
        key: String,
        /// Origin of the checkpoint.
        origin: String,
    },
    /// The time of a cosignature is over the limit.
    #[error("time {time} of a cosignature is over {COSIGNATURE_TIME_MAX}")]
    Time {
        /// The time given, Unix seconds.
        time: u64,
    },
}

/// Why a text is not a verifier key that is understood here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not a name, an ID of 8 lower-case hexadecimal digits and base64, joined by plus signs.
    #[error("a verifier key is name+id+base64, the id being 8 lower-case hexadecimal digits")]
    Shape,
    /// The name is empty, over the limit, or has white space, a control character or a plus sign.
    #[error("a key name has 1 to {KEY_NAME_BYTES_MAX} bytes without white space and plus signs")]
    Name,
    /// The type of the key is another than Ed25519 (1) and Ed25519 cosignature (4).
    #[error("keys of type {0} are not supported")]
    Type(u8),
    /// The key itself is not 32 bytes that are an Ed25519 public key, or one for which signatures prove nothing.
    #[error("not an Ed25519 public key")]
    PublicKey,
    /// The ID in the text is not the one that follows from name, type and key: something was exchanged.
    #[error("key ID {stated:08x} where {computed:08x} belongs to the key")]
    Id {
        /// The ID in the text.
        stated: u32,
        /// The one that the rest gives.
        computed: u32,
    },
}

/// Why a text is not a secret key. It never quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretKeyError {
    /// It is not `PRIVATE+KEY+name+id+base64`.
    #[error("a secret key is PRIVATE+KEY+name+id+base64")]
    Shape,
    /// Name, type or ID are wrong.
    #[error(transparent)]
    Key(#[from] KeyError),
}
