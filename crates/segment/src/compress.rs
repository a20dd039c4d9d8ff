//! zstd with a shared dictionary, for blocks small enough that the dictionary decides the ratio.

use std::cell::RefCell;

use zstd::zstd_safe::{self, CCtx, CDict, DCtx, DDict};

use crate::{
    error::{Result, SegmentError},
    layout::{BLOCK_BYTES_MAX, Section},
};

/// Level 1: higher levels save little on blocks with a dictionary and cost the sealing its budget.
const LEVEL: i32 = 1;
/// Size of a trained dictionary.
const DICTIONARY_BYTES_MAX: usize = 64 << 10;
/// With less sample text than this a dictionary costs more than it saves.
const SAMPLE_BYTES_MIN: usize = 256 << 10;

/// Trains a dictionary; empty if there is too little to learn from.
pub(crate) fn train(samples: &[u8], sizes: &[usize]) -> Vec<u8> {
    if samples.len() < SAMPLE_BYTES_MIN {
        return Vec::new();
    }
    // A failure means the samples have nothing in common: compress without.
    zstd::dict::from_continuous(samples, sizes, DICTIONARY_BYTES_MAX).unwrap_or_default()
}

/// Compresses blocks.
pub(crate) struct Packer {
    context: CCtx<'static>,
    dictionary: Option<CDict<'static>>,
}

impl Packer {
    pub(crate) fn new(dictionary: &[u8]) -> Self {
        let dictionary = (!dictionary.is_empty()).then(|| CDict::create(dictionary, LEVEL));
        Self { context: CCtx::create(), dictionary }
    }

    /// Replaces the content of `out` with the compressed block.
    pub(crate) fn pack(&mut self, block: &[u8], out: &mut Vec<u8>) -> Result<()> {
        if block.len() > BLOCK_BYTES_MAX {
            return Err(SegmentError::TooLarge("bytes of one block"));
        }
        out.clear();
        out.reserve(zstd_safe::compress_bound(block.len()));
        let packed = match &self.dictionary {
            Some(dictionary) => self.context.compress_using_cdict(out, block, dictionary),
            None => self.context.compress(out, block, LEVEL),
        };
        packed.map(drop).map_err(|_| SegmentError::TooLarge("block for the compressor"))
    }
}

/// Unpacks blocks.
pub(crate) struct Unpacker {
    section: Section,
    dictionary: Option<DDict<'static>>,
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unpacker").field("section", &self.section).finish_non_exhaustive()
    }
}

thread_local! {
    // A context is 150 KB and takes longer to make than a block to unpack.
    static CONTEXT: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

impl Unpacker {
    pub(crate) fn new(section: Section, dictionary: &[u8]) -> Self {
        let dictionary = (!dictionary.is_empty()).then(|| DDict::create(dictionary));
        Self { section, dictionary }
    }

    /// Replaces the content of `out` with the block.
    pub(crate) fn unpack(&self, packed: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let bad = || SegmentError::corrupt(self.section, "compressed block");
        out.clear();
        let size = zstd_safe::get_frame_content_size(packed).ok().flatten().ok_or_else(bad)?;
        let size = usize::try_from(size).ok().filter(|size| *size <= BLOCK_BYTES_MAX).ok_or_else(bad)?;
        out.reserve(size);
        let unpacked = CONTEXT.with_borrow_mut(|context| match &self.dictionary {
            Some(dictionary) => context.decompress_using_ddict(out, packed, dictionary),
            None => context.decompress(out, packed),
        });
        if unpacked.is_ok_and(|len| len == size) { Ok(()) } else { Err(bad()) }
    }
}
