//! A log in memory: its entries, its tiles and bundles as a server would store them, and trees of any size whose leaves
//! are all alike.

use std::convert::Infallible;

use tallystick_merkle::{
    BundleId, Hash, LeafHashes, Subtrees, TileId, encode_bundle, leaf_hash, node_hash, root, root_of,
};

/// What a fetcher of tiles that cannot fail gives.
pub(crate) type Fetched = Result<Vec<Vec<u8>>, Infallible>;

/// Entry `index` of every log here.
pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// Leaf hashes of the first `size` entries.
pub(crate) fn leaves(size: usize) -> Vec<Hash> {
    (0..size as u64).map(|index| leaf_hash(&entry(index))).collect()
}

/// `levels[l]` holds the roots of all complete subtrees of 256^l leaves, from left to right.
pub(crate) struct Levels {
    levels: Vec<Vec<Hash>>,
}

impl Levels {
    pub(crate) fn of(leaves: &[Hash]) -> Levels {
        let mut levels = vec![leaves.to_vec()];
        while let Some(last) = levels.last().filter(|last| last.len() >= 256) {
            levels.push(last.chunks_exact(256).map(root_of).collect());
        }
        Levels { levels }
    }

    pub(crate) fn tile(&self, tile: TileId) -> Vec<u8> {
        let first = tile.index() as usize * 256;
        self.levels[usize::from(tile.level())][first..first + usize::from(tile.width())].concat()
    }
}

/// Every complete subtree, made once: `heights[h]` holds those of 2^h leaves.
pub(crate) struct Complete {
    heights: Vec<Vec<Hash>>,
}

impl Complete {
    pub(crate) fn of(leaves: &[Hash]) -> Complete {
        let mut heights = vec![leaves.to_vec()];
        while let Some(last) = heights.last().filter(|last| last.len() > 1) {
            heights
                .push(last.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        Complete { heights }
    }

    pub(crate) fn root(&self, size: usize) -> Hash {
        root(size as u64, self).unwrap()
    }
}

impl Subtrees for Complete {
    type Error = Infallible;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, Infallible> {
        Ok(self.heights[usize::from(height)][index as usize])
    }
}

pub(crate) fn bundle(bundle: BundleId) -> Vec<u8> {
    let first = bundle.index() * 256;
    let entries: Vec<Vec<u8>> = (first..first + u64::from(bundle.width())).map(entry).collect();
    encode_bundle(&entries).unwrap()
}

pub(crate) fn root_hash(leaves: &[Hash]) -> Hash {
    root(leaves.len() as u64, &LeafHashes(leaves)).unwrap()
}

/// A tree of any size up to 2^64 - 1 whose leaves are all the same: one hash for each height.
pub(crate) struct Alike([Hash; 64]);

impl Alike {
    pub(crate) fn new() -> Alike {
        let mut hashes = [leaf_hash(b"the same"); 64];
        for height in 1..64 {
            hashes[height] = node_hash(&hashes[height - 1], &hashes[height - 1]);
        }
        Alike(hashes)
    }

    pub(crate) fn leaf(&self) -> Hash {
        self.0[0]
    }

    pub(crate) fn tile(&self, tile: TileId) -> Vec<u8> {
        self.0[usize::from(tile.level()) * 8].repeat(tile.width().into())
    }
}

impl Subtrees for Alike {
    type Error = Infallible;

    fn subtree(&self, height: u8, _index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::from(height)])
    }
}
