//! The bytes of a segment file: memory-mapped, or held in memory. The only place with `unsafe`.

use std::{fs::File, ops::Deref, path::Path};

use bytes::Bytes;
use memmap2::Mmap;

/// Bytes of a whole file.
#[derive(Debug)]
pub(crate) enum Mapping {
    Mapped(Mmap),
    Memory(Bytes),
}

impl Mapping {
    #[expect(unsafe_code, reason = "mapping a file has no safe form")]
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let file = File::open(path)?;
        // SAFETY: a segment file is written once under a temporary name, renamed, and never written again; removal only
        // unlinks it, which leaves the mapping valid. A file truncated by someone else would raise SIGBUS, as with
        // every mapped file: the data directory belongs to this process and is locked by it.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self::Mapped(map))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Memory(bytes) => bytes,
        }
    }
}
