//! The key of the instance owner, for automation: kept in a file beside the service, not in the catalog.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use subtle::ConstantTimeEq;

use crate::{Secret, token};

/// Fewest characters of a root key. It is chosen by a person or a tool, so its strength cannot be known;
/// shorter ones are certainly too weak.
pub const ROOT_KEY_CHARS_MIN: usize = 20;

/// Only the hash is kept.
#[derive(Clone)]
pub struct RootKey([u8; 32]);

/// Why a root key is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum RootKeyError {
    /// The file cannot be read.
    #[error("cannot read the root key file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// The key is too short.
    #[error("the root key has {found} characters, at least {ROOT_KEY_CHARS_MIN} are needed")]
    TooShort {
        /// Its characters.
        found: usize,
    },
    /// The key could not be sent in a header.
    #[error("the root key may have printable ASCII characters without spaces only")]
    Characters,
}

impl RootKey {
    /// Reads the key from a file; white space around it is not part of it.
    pub fn read(path: &Path) -> Result<Self, RootKeyError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| RootKeyError::Read { path: path.to_owned(), source })?;
        Self::new(&Secret::from(text.trim()))
    }

    /// Takes the key as it is.
    pub fn new(key: &Secret) -> Result<Self, RootKeyError> {
        let text = key.expose();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(RootKeyError::Characters);
        }
        if text.len() < ROOT_KEY_CHARS_MIN {
            return Err(RootKeyError::TooShort { found: text.len() });
        }
        Ok(Self(token::hash(text)))
    }

    /// Whether a token with this hash is the root key.
    pub(crate) fn matches(&self, hash: &[u8; 32]) -> bool {
        self.0.ct_eq(hash).into()
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_trimmed_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("root.key");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            RootKey::read(&path)
        };
        let key = read("  0123456789abcdefghij\r\n").unwrap();
        assert!(key.matches(&token::hash("0123456789abcdefghij")));
        assert!(!key.matches(&token::hash("0123456789abcdefghij ")));
        assert!(!format!("{key:?}").contains(&hex::encode(key.0)[..4]));
        assert!(matches!(read("0123456789abcdefghi\n"), Err(RootKeyError::TooShort { found: 19 })));
        assert!(matches!(read("\n"), Err(RootKeyError::TooShort { found: 0 })));
        assert!(matches!(read("0123456789 0123456789"), Err(RootKeyError::Characters)));
        assert!(matches!(read("0123456789é0123456789"), Err(RootKeyError::Characters)));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(RootKey::read(&path), Err(RootKeyError::Read { .. })));
    }
}
