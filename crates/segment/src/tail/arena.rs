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

/// A shorter string stands in its entry; a longer one in the arena. With 24 bytes of payload an entry is one cache
/// line.
const INLINE_BYTES: usize = 38;

/// Entries of one chunk: growing never moves an entry.
const CHUNK_ENTRIES: usize = 1 << 12;

/// Numbers byte strings in the order of their first sight and keeps something with each.
#[derive(Debug)]
pub(crate) struct Interner<P = ()> {
    arena: Arena,
    chunks: Vec<Vec<Entry<P>>>,
    len: u32,
    /// Part of the hash, and the number: growing the table need not look at the strings.
    table: HashTable<(u32, u32)>,
    /// Drawn per table, so that nobody can send keys that collide.
    seed: u64,
}

/// A string with its payload side by side, because who finds the one wants the other: a lookup is a line of the hash
/// table and, for most strings, one more.
#[derive(Debug)]
#[repr(align(64))]
struct Entry<P> {
    text: Text,
    payload: P,
}

#[derive(Debug)]
enum Text {
    Inline { len: u8, bytes: [u8; INLINE_BYTES] },
    Stored(Span),
}

impl<P> Interner<P> {
    pub(crate) fn new() -> Self {
        let seed = RandomState::new().hash_one(0);
        Self { arena: Arena::default(), chunks: Vec::new(), len: 0, table: HashTable::new(), seed }
    }

    /// The number of a string, and whether it is new; `payload` is what a new one gets.
    #[inline]
    pub(crate) fn intern(&mut self, bytes: &[u8], payload: P) -> (u32, bool) {
        let hash = self.hash(bytes);
        let same = |&(h, no): &(u32, u32)| h == hash && self.get(no) == bytes;
        if let Some(&(_, no)) = self.table.find(spread(hash), same) {
            return (no, false);
        }
        let no = self.len;
        self.len += 1;
        let text = self.store(bytes);
        if (no as usize).is_multiple_of(CHUNK_ENTRIES) {
            // The first chunk grows with its content: most tails are small.
            let room = if no == 0 { 0 } else { CHUNK_ENTRIES };
            self.chunks.push(Vec::with_capacity(room));
        }
        self.chunks.last_mut().expect("pushed above").push(Entry { text, payload });
        self.table.insert_unique(spread(hash), (hash, no), |&(hash, _)| spread(hash));
        (no, true)
    }

    fn store(&mut self, bytes: &[u8]) -> Text {
        if bytes.len() > INLINE_BYTES {
            return Text::Stored(self.arena.push(&[bytes]));
        }
        let mut inline = [0; INLINE_BYTES];
        inline[..bytes.len()].copy_from_slice(bytes);
        Text::Inline { len: bytes.len() as u8, bytes: inline }
    }

    pub(crate) fn find(&self, bytes: &[u8]) -> Option<u32> {
        let hash = self.hash(bytes);
        let same = |&(h, no): &(u32, u32)| h == hash && self.get(no) == bytes;
        self.table.find(spread(hash), same).map(|&(_, no)| no)
    }

    /// The string of a number that was given out.
    pub(crate) fn get(&self, no: u32) -> &[u8] {
        match &self.entry(no).text {
            Text::Inline { len, bytes } => &bytes[..*len as usize],
            Text::Stored(span) => self.arena.get(*span),
        }
    }

    /// What is kept with a number; `None` if it was never given out.
    pub(crate) fn payload(&self, no: u32) -> Option<&P> {
        (no < self.len).then(|| &self.entry(no).payload)
    }

    #[inline]
    pub(crate) fn payload_mut(&mut self, no: u32) -> &mut P {
        &mut self.chunks[no as usize / CHUNK_ENTRIES][no as usize % CHUNK_ENTRIES].payload
    }

    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Memory used, bytes, about; `heap` tells it of a payload.
    pub(crate) fn memory(&self, heap: impl Fn(&P) -> usize) -> usize {
        let entries = self.chunks.iter().flatten();
        self.arena.bytes()
            + self.len as usize * size_of::<Entry<P>>()
            + entries.map(|entry| heap(&entry.payload)).sum::<usize>()
            + self.table.capacity() * 9
    }

    /// All numbers in the order of their strings.
    pub(crate) fn sorted(&self) -> Vec<u32> {
        // Most comparisons are decided by bytes 0..16 held beside the number, without a visit to the entry.
        let head = |no: u32| {
            let bytes = self.get(no);
            let mut head = [0; 16];
            head[..bytes.len().min(16)].copy_from_slice(&bytes[..bytes.len().min(16)]);
            (u128::from_be_bytes(head), no)
        };
        let mut order: Vec<(u128, u32)> = (0..self.len).map(head).collect();
        order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.get(a.1).cmp(self.get(b.1))));
        order.into_iter().map(|(_, no)| no).collect()
    }

    #[inline]
    fn entry(&self, no: u32) -> &Entry<P> {
        &self.chunks[no as usize / CHUNK_ENTRIES][no as usize % CHUNK_ENTRIES]
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
