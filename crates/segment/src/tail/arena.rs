//! Append-only bytes in chunks, so that growing never copies what is already there; and a table that numbers byte
//! strings on first sight.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const CHUNK_BYTES: usize = 1 << 20;

/// A place in an [`Arena`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span {
    chunk: u32,
    start: u32,
    len: u32,
}

/// Append-only bytes.
#[derive(Debug, Default)]
pub(crate) struct Arena {
    chunks: Vec<Vec<u8>>,
    bytes: usize,
}

impl Arena {
    /// Appends the concatenation of `parts`; it stays contiguous.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Span {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if self.chunks.last().is_none_or(|chunk| chunk.capacity() - chunk.len() < len) {
            self.chunks.push(Vec::with_capacity(len.max(CHUNK_BYTES)));
        }
        let chunk = self.chunks.len() - 1;
        let target = &mut self.chunks[chunk];
        let start = target.len();
        for part in parts {
            target.extend_from_slice(part);
        }
        self.bytes += len;
        Span { chunk: chunk as u32, start: start as u32, len: len as u32 }
    }

    pub(crate) fn get(&self, span: Span) -> &[u8] {
        &self.chunks[span.chunk as usize][span.start as usize..][..span.len as usize]
    }

    /// Bytes stored.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Numbers byte strings in the order of their first sight.
#[derive(Debug)]
pub(crate) struct Interner {
    arena: Arena,
    spans: Vec<Span>,
    /// Part of the hash, and the number: growing the table need not look at the strings.
    table: HashTable<(u32, u32)>,
    /// Drawn per table, so that nobody can send keys that collide.
    seed: u64,
}

impl Interner {
    pub(crate) fn new() -> Self {
        let seed = RandomState::new().hash_one(0);
        Self { arena: Arena::default(), spans: Vec::new(), table: HashTable::new(), seed }
    }

    /// The number of a string, and whether it is new.
    #[inline]
    pub(crate) fn intern(&mut self, bytes: &[u8]) -> (u32, bool) {
        let hash = self.hash(bytes);
        let (arena, spans) = (&self.arena, &self.spans);
        let same = |&(h, no): &(u32, u32)| h == hash && arena.get(spans[no as usize]) == bytes;
        if let Some(&(_, no)) = self.table.find(spread(hash), same) {
            return (no, false);
        }
        let no = self.spans.len() as u32;
        self.spans.push(self.arena.push(&[bytes]));
        self.table.insert_unique(spread(hash), (hash, no), |&(hash, _)| spread(hash));
        (no, true)
    }

    pub(crate) fn find(&self, bytes: &[u8]) -> Option<u32> {
        let hash = self.hash(bytes);
        let same = |&(h, no): &(u32, u32)| h == hash && self.get(no) == bytes;
        self.table.find(spread(hash), same).map(|&(_, no)| no)
    }

    pub(crate) fn get(&self, no: u32) -> &[u8] {
        self.arena.get(self.spans[no as usize])
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Memory used, bytes, about.
    pub(crate) fn memory(&self) -> usize {
        self.arena.bytes() + self.spans.len() * size_of::<Span>() + self.table.capacity() * 9
    }

    /// All numbers in the order of their strings.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        // Most comparisons are decided by bytes 0..16 held beside the number, without a visit to the arena.
        let head = |no: u32| {
            let bytes = self.get(no);
            let mut head = [0; 16];
            head[..bytes.len().min(16)].copy_from_slice(&bytes[..bytes.len().min(16)]);
            (u128::from_be_bytes(head), no)
        };
        let mut order: Vec<(u128, u32)> = (0..self.spans.len() as u32).map(head).collect();
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.get(a.1).cmp(self.get(b.1))));
        order.into_iter().map(|(_, no)| no).collect()
    }

    #[inline]
    fn hash(&self, bytes: &[u8]) -> u32 {
        (xxh3_64_with_seed(bytes, self.seed) >> 32) as u32
    }
}

/// A table wants its upper seven and its lower bits to be independent; 32 bits are spread over 64.
#[inline]
pub(crate) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
