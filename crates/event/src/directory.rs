//! The entry of the directory log, `ALD1`: 76 bytes that commit to one checkpoint of an organization's log without
//! saying whose it is. Every byte is in `docs/formats/directory.md`.

use sha2::{Digest, Sha256};

use crate::ids::LogId;

/// Length of an encoded directory entry, bytes.
pub const DIRECTORY_ENTRY_BYTES: usize = 76;
const MAGIC: &[u8; 4] = b"ALD1";

/// An entry of the directory log before encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// Which log it is about, see [`directory_tag`].
    pub tag: [u8; 32],
    /// Which checkpoint of it, see [`checkpoint_digest`].
    pub checkpoint: [u8; 32],
    /// When it was added, Unix ms; not less than that of its predecessor.
    pub time_ms: i64,
}

/// Why bytes are not a directory entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryEntryError {
    /// The first four bytes are not `ALD1`.
    #[error("not an ALD1 directory entry")]
    Magic,
    /// The time does not fit.
    #[error("time of the directory entry is out of range")]
    Time,
}

/// By what a log goes in the directory: a hash of its random id, so that only those who know the id find it.
pub fn directory_tag(log: LogId) -> [u8; 32] {
    Sha256::new().chain_update(b"alog/dirtag/v1\n").chain_update(log.0).finalize().into()
}

/// By what a checkpoint goes in the directory: the hash of the *text* of its note, without the signatures.
pub fn checkpoint_digest(note_text: &str) -> [u8; 32] {
    Sha256::digest(note_text).into()
}

impl DirectoryEntry {
    /// The entry for a checkpoint, given as the text of its note.
    pub fn new(log: LogId, note_text: &str, time_ms: i64) -> DirectoryEntry {
        DirectoryEntry { tag: directory_tag(log), checkpoint: checkpoint_digest(note_text), time_ms }
    }

    /// The 76 bytes.
    pub fn encode(&self) -> [u8; DIRECTORY_ENTRY_BYTES] {
        let mut out = [0; DIRECTORY_ENTRY_BYTES];
        out[..4].copy_from_slice(MAGIC);
        out[4..36].copy_from_slice(&self.tag);
        out[36..68].copy_from_slice(&self.checkpoint);
        out[68..].copy_from_slice(&self.time_ms.to_be_bytes());
        out
    }

    /// Reads the 76 bytes.
    pub fn decode(bytes: &[u8; DIRECTORY_ENTRY_BYTES]) -> Result<DirectoryEntry, DirectoryEntryError> {
        if &bytes[..4] != MAGIC {
            return Err(DirectoryEntryError::Magic);
        }
        let time_ms = i64::from_be_bytes(bytes[68..].try_into().expect("eight bytes are left"));
        if time_ms < 0 {
            return Err(DirectoryEntryError::Time);
        }
        Ok(DirectoryEntry {
            tag: bytes[4..36].try_into().expect("32 bytes are cut"),
            checkpoint: bytes[36..68].try_into().expect("32 bytes are cut"),
            time_ms,
        })
    }

    /// The leaf hash of RFC 6962: SHA-256(0x00 || entry).
    pub fn hash(&self) -> [u8; 32] {
        Sha256::new().chain_update([0]).chain_update(self.encode()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa\n600\n\
                        lSH202HJx98/qoD/8j/O9eTBHl/aDmuc6fcEvv9mX18=\n";
    const TIME_MS: i64 = 0x01a1_f866_8230;

    fn sample() -> DirectoryEntry {
        DirectoryEntry::new("0192d3f0-7c1a-7000-8000-0000000000aa".parse().unwrap(), TEXT, TIME_MS)
    }

    #[test]
    fn known_answer() {
        let expected = "414c4431895258dcad408b8cbc92074f9ac344a10b31aed6787a820c7f7340aa43493c66\
                        ded12398ee7f96d2f72e3fd2a3dbbf6b06dd7607280bd7728e5c52fa6cc5e414000001a1f8668230";
        assert_eq!(hex::encode(sample().encode()), expected);
        assert_eq!(
            hex::encode(sample().hash()),
            "1c05a9a0d99b3966853dee3356aea3f9efbb014831ad4d06a047e8e5827e3a08"
        );
        assert_eq!(DirectoryEntry::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn what_is_not_an_entry_is_refused() {
        let with = |at: usize, byte: u8| {
            let mut bytes = sample().encode();
            bytes[at] = byte;
            DirectoryEntry::decode(&bytes).unwrap_err()
        };
        assert_eq!(with(3, b'2'), DirectoryEntryError::Magic);
        assert_eq!(with(68, 0x80), DirectoryEntryError::Time);
    }
}
