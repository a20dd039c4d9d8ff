//! Signed notes (C2SP signed-note): a text, an empty line, and a line for each signature. Keys are told apart by name
//! and key ID; signatures of keys that the reader does not know mean nothing.

mod error;
mod key;
mod secret;
mod signature;
mod signed;

pub use error::{KeyError, NoteError, SecretKeyError, SignError, SignatureError};
pub use key::{KeyType, VerifierKey, is_key_name, key_id};
pub use secret::{CosigningKey, SigningKey};
pub use signature::NoteSignature;
pub use signed::{Note, Verified};
