//! The compact right edge: the roots of the full subtrees that a log of some size consists of. It is all that is
//! needed to append and to know the root, at most 64 hashes for any log.

use crate::hash::{Hash, empty_root, fold, node_hash};
use crate::limits::TILE_HEIGHT;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 9;
const HASH_BYTES: usize = 32;

/// The right edge of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    /// Roots of full subtrees from left (largest) to right; their sizes are the bits of `size`.
    hashes: Vec<Hash>,
}

/// A hash of a tile above the leaves: the root of the `256^level` leaves from `number * 256^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TileHash {
    /// 1 and up.
    pub level: u8,
    /// Number of the hash in its level.
    pub number: u64,
    /// The hash.
    pub hash: Hash,
}

/// Why bytes are not an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EdgeError {
    /// Written by a version that this one does not know.
    #[error("tree edge has unknown version {0}")]
    Version(u8),
    /// The length does not fit the size of the tree in it.
    #[error("tree edge is corrupt: {found} bytes where {expected} are expected")]
    Length {
        /// Bytes that are there.
        found: usize,
        /// Bytes that a tree of that size takes.
        expected: usize,
    },
}

impl Edge {
    /// The edge of the empty tree.
    pub fn new() -> Edge {
        Edge::default()
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The edge of a tree of `size` leaves, of the roots of its full subtrees, the largest first.
    pub(crate) fn of(size: u64, hashes: Vec<Hash>) -> Edge {
        assert_eq!(hashes.len(), size.count_ones() as usize, "one hash for each one bit of the size");
        Edge { size, hashes }
    }

    /// Appends a leaf by its hash. Costs as many node hashes as the old size has trailing one bits: one on average.
    pub fn append(&mut self, leaf: Hash) {
        self.append_subtree(0, leaf);
    }

    /// As [`Edge::append`], telling `noted` of every hash of a tile above the leaves that this completes, the lowest
    /// level first.
    pub fn append_noting(&mut self, leaf: Hash, mut noted: impl FnMut(TileHash)) {
        let mut hash = leaf;
        let size = self.size + 1;
        for height in 1..=self.size.trailing_ones() as u8 {
            let left = self.hashes.pop().expect("one hash for each one bit of the size");
            hash = node_hash(&left, &hash);
            if height.is_multiple_of(TILE_HEIGHT) {
                noted(TileHash { level: height / TILE_HEIGHT, number: (size >> height) - 1, hash });
            }
        }
        self.hashes.push(hash);
        self.size = size;
        debug_assert_eq!(self.hashes.len(), self.size.count_ones() as usize);
    }

    /// Appends a complete subtree of 2^`height` leaves by its root. The size must be a multiple of that.
    pub(crate) fn append_subtree(&mut self, height: u8, root: Hash) {
        assert!(self.size.trailing_zeros() >= height.into(), "a subtree begins at a multiple of its width");
        let mut hash = root;
        for _ in 0..(self.size >> height).trailing_ones() {
            let left = self.hashes.pop().expect("one hash for each one bit of the size");
            hash = node_hash(&left, &hash);
        }
        self.hashes.push(hash);
        self.size += 1 << height;
        debug_assert_eq!(self.hashes.len(), self.size.count_ones() as usize);
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        if self.hashes.is_empty() { empty_root() } else { fold(&self.hashes) }
    }

    /// Roots of the full subtrees, the largest first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Version (1), size (8 bytes big-endian), then the hashes, the largest subtree's first.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + self.hashes.len() * HASH_BYTES);
        out.push(VERSION);
        out.extend_from_slice(&self.size.to_be_bytes());
        for hash in &self.hashes {
            out.extend_from_slice(hash);
        }
        out
    }

    /// Reads what [`Edge::encode`] wrote; nothing may follow.
    pub fn decode(bytes: &[u8]) -> Result<Edge, EdgeError> {
        let short = EdgeError::Length { found: bytes.len(), expected: HEADER_BYTES };
        let (&version, rest) = bytes.split_first().ok_or(short)?;
        if version != VERSION {
            return Err(EdgeError::Version(version));
        }
        let (size, rest) = rest.split_first_chunk::<8>().ok_or(short)?;
        let size = u64::from_be_bytes(*size);
        let count = size.count_ones() as usize;
        let (hashes, odd) = rest.as_chunks::<HASH_BYTES>();
        if hashes.len() != count || !odd.is_empty() {
            let expected = HEADER_BYTES + count * HASH_BYTES;
            return Err(EdgeError::Length { found: bytes.len(), expected });
        }
        Ok(Edge { size, hashes: hashes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::{leaf_hash, root_of};

    #[test]
    fn root_is_the_definition_for_every_size() {
        let mut edge = Edge::new();
        let mut leaves = Vec::new();
        for n in 0..=600u32 {
            assert_eq!((edge.size(), edge.root()), (u64::from(n), root_of(&leaves)), "size {n}");
            assert_eq!(Edge::decode(&edge.encode()), Ok(edge.clone()));
            let leaf = leaf_hash(&n.to_be_bytes());
            leaves.push(leaf);
            edge.append(leaf);
        }
    }

    #[test]
    fn every_hash_of_a_tile_is_told_once() {
        let size = 2 * 65_536 + 300;
        let leaves: Vec<Hash> = (0..size as u32).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let (mut edge, mut plain) = (Edge::new(), Edge::new());
        let mut noted = Vec::new();
        for leaf in &leaves {
            edge.append_noting(*leaf, |hash| noted.push(hash));
            plain.append(*leaf);
        }
        assert_eq!(edge, plain);
        for TileHash { level, number, hash } in &noted {
            let width = 256usize.pow(u32::from(*level));
            let from = *number as usize * width;
            assert_eq!(*hash, root_of(&leaves[from..from + width]), "level {level}, number {number}");
        }
        let of = |level| noted.iter().filter(move |hash| hash.level == level).map(|hash| hash.number);
        assert!(of(1).eq(0..(size / 256) as u64) && of(2).eq(0..2) && noted.len() == size / 256 + 2);
    }

    #[test]
    fn damage_is_refused() {
        let mut edge = Edge::new();
        (0..5u8).for_each(|i| edge.append(leaf_hash(&[i])));
        let good = edge.encode();
        for end in 0..good.len() {
            assert!(Edge::decode(&good[..end]).is_err(), "cut at {end}");
        }
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(Edge::decode(&longer), Err(EdgeError::Length { found: 74, expected: 73 }));
        let mut newer = good;
        newer[0] = 2;
        assert_eq!(Edge::decode(&newer), Err(EdgeError::Version(2)));
    }

    proptest! {
        #[test]
        fn a_decoded_edge_grows_like_the_original(before in 0usize..300, after in 0usize..300) {
            let leaves: Vec<Hash> = (0..before + after).map(|i| leaf_hash(&i.to_be_bytes())).collect();
            let mut edge = Edge::new();
            leaves[..before].iter().for_each(|l| edge.append(*l));
            let mut edge = Edge::decode(&edge.encode()).unwrap();
            leaves[before..].iter().for_each(|l| edge.append(*l));
            prop_assert_eq!(edge.root(), root_of(&leaves));
        }
    }
}
