//! Every tile and every bundle of every tree of up to 1,200 leaves, altered and forged: none may pass.
//!
//! This finds CVE-2026-56865, in which readers left the first tiles of a batch unchecked against their parents. A
//! bundle and its own tile forged together agree with each other, so only the tile above them gives the forgery away.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use tallystick_merkle::{
    BundleId, Hash, Node, Subtrees, TileError, TileId, TileReader, bundles_between, decode_bundle,
    encode_bundle, leaf_hash, root_nodes, root_of, tiles_between,
};

use crate::tree::{Fetched, Levels, bundle, leaves, root_hash};

const SIZE_MAX: u64 = 1200;

/// What a server shows: the true tiles but for those that it forged.
struct Server<'a> {
    levels: &'a Levels,
    forged: BTreeMap<TileId, Vec<u8>>,
    /// Whether a forged tile was ever asked for; otherwise nothing is tested.
    asked: Cell<bool>,
}

impl<'a> Server<'a> {
    fn new(levels: &'a Levels, forged: BTreeMap<TileId, Vec<u8>>) -> Server<'a> {
        Server { levels, forged, asked: Cell::default() }
    }

    fn open(
        &self,
        size: u64,
        root: Hash,
    ) -> Result<TileReader<impl FnMut(&[TileId]) -> Fetched>, TileError<Infallible>> {
        let serve = |tile: &TileId| match self.forged.get(tile) {
            None => self.levels.tile(*tile),
            Some(forged) => {
                self.asked.set(true);
                forged.clone()
            }
        };
        TileReader::open(size, root, move |tiles: &[TileId]| Ok(tiles.iter().map(serve).collect()))
    }
}

/// The parts of a server's tree that are forged together.
struct Forgery {
    tiles: BTreeMap<TileId, Vec<u8>>,
    /// The bundle whose entries are shown, and the tile that is read.
    bundle: Option<(BundleId, Vec<u8>)>,
    tile: TileId,
}

struct Tree<'a> {
    size: u64,
    root: Hash,
    levels: &'a Levels,
}

impl Tree<'_> {
    /// A reader that is shown the forgery must refuse it: alone, among all tiles, and through the bundle.
    fn refuses(&self, forgery: Forgery) {
        let Forgery { tiles, bundle, tile } = forgery;
        let server = Server::new(self.levels, tiles);
        let Ok(reader) = server.open(self.size, self.root) else {
            assert!(server.asked.get());
            return;
        };
        let refused = |answer: Result<(), TileError<Infallible>>, how: &str| {
            let forged = matches!(answer, Err(TileError::Forged { .. } | TileError::Entry { .. }));
            assert!(forged, "{tile} of {} leaves, {how}: {answer:?}", self.size);
        };
        match bundle {
            Some((bundle, bytes)) => {
                refused(reader.entries(bundle.index(), &bytes).map(|_| ()), "by its entries");
            }
            None => refused(reader.tile(tile.level(), tile.index()).map(|_| ()), "alone"),
        }
        if !server.forged.is_empty() {
            // One leaf of every tile, and what the root is made of: all other tiles are read in the same batch.
            let first_leaves =
                bundles_between(0, self.size).map(|bundle| Node { height: 0, index: bundle.index() * 256 });
            let nodes: Vec<Node> = first_leaves.chain(root_nodes(self.size)).collect();
            refused(reader.subtrees(&nodes).map(|_| ()), "in a batch");
            assert!(server.asked.get());
        }
    }

    /// One bit of a tile of hashes.
    fn flip_tile(&self, tile: TileId) {
        let mut bytes = self.levels.tile(tile);
        flip(&mut bytes, self.size);
        self.refuses(Forgery { tiles: [(tile, bytes)].into(), bundle: None, tile });
    }

    /// One bit of a bundle; the tiles are true.
    fn flip_bundle(&self, id: BundleId) {
        let mut bytes = bundle(id);
        flip(&mut bytes, self.size);
        let server = Server::new(self.levels, BTreeMap::new());
        let reader = server.open(self.size, self.root).unwrap();
        assert!(reader.entries(id.index(), &bytes).is_err(), "{id} of {} leaves", self.size);
    }

    /// Another entry in a bundle, its hash in the bundle's own tile, and, if `up`, that tile's hash in the tile above.
    fn forge_entry(&self, id: BundleId, up: bool) {
        let (genuine, tile) = (bundle(id), id.tile());
        let mut entries = decode_bundle(&genuine, id.width()).unwrap();
        let number = (self.size % u64::from(id.width())) as usize;
        entries[number] = b"forged";
        let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let mut tiles = BTreeMap::from([(tile, hashes.concat())]);
        if up {
            let above = TileId::in_tree(1, 0, self.size).unwrap();
            let mut bytes = self.levels.tile(above);
            bytes[id.index() as usize * 32..][..32].copy_from_slice(&root_of(&hashes));
            tiles.insert(above, bytes);
        }
        self.refuses(Forgery { tiles, bundle: Some((id, encode_bundle(&entries).unwrap())), tile });
    }

    /// What is true must pass, or refusing proves nothing.
    fn accepts_the_truth(&self) {
        let server = Server::new(self.levels, BTreeMap::new());
        let reader = server.open(self.size, self.root).unwrap();
        for tile in tiles_between(0, self.size) {
            assert_eq!(reader.tile(tile.level(), tile.index()).unwrap().concat(), self.levels.tile(tile));
        }
        for id in bundles_between(0, self.size) {
            assert_eq!(reader.entries(id.index(), &bundle(id)).unwrap().len(), usize::from(id.width()));
        }
    }
}

/// Another bit for every size: over all sizes every place of a hash is met, the first and the last bit included.
fn flip(bytes: &mut [u8], size: u64) {
    let bits = bytes.len() as u64 * 8;
    let bit = match size % 16 {
        0 => 0,
        1 => bits - 1,
        _ => size.wrapping_mul(0x9E37_79B9_7F4A_7C15) % bits,
    };
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
}

/// Every `step`-th size, so that the threads of a test run share the work.
fn every_tile_of_every_size(first: u64, step: usize) {
    let leaves = leaves(SIZE_MAX as usize);
    let levels = Levels::of(&leaves);
    for size in (first..=SIZE_MAX).step_by(step) {
        let tree = Tree { size, root: root_hash(&leaves[..size as usize]), levels: &levels };
        tree.accepts_the_truth();
        tiles_between(0, size).for_each(|tile| tree.flip_tile(tile));
        for id in bundles_between(0, size) {
            tree.flip_bundle(id);
            tree.forge_entry(id, false);
            if id.is_full() {
                tree.forge_entry(id, true);
            }
        }
    }
}

#[test]
fn every_tile_of_every_even_size() {
    every_tile_of_every_size(2, 2);
}

#[test]
fn every_tile_of_every_odd_size() {
    every_tile_of_every_size(1, 2);
}

/// Trees of three levels of tiles: here full tiles have full tiles above them.
#[test]
fn every_tile_of_three_levels() {
    let leaves = leaves(70_000);
    let levels = Levels::of(&leaves);
    for size in [65_535, 65_536, 65_537, 70_000] {
        let tree = Tree { size, root: root_hash(&leaves[..size as usize]), levels: &levels };
        for tile in tiles_between(0, size) {
            let mut bytes = levels.tile(tile);
            flip(&mut bytes, size ^ tile.index());
            let server = Server::new(&levels, [(tile, bytes)].into());
            let reader = server.open(size, tree.root);
            // A leaf below the altered tile.
            let leaf = Node { height: 0, index: tile.index() << (8 * (tile.level() + 1)) };
            let refused = reader.and_then(|reader| reader.subtree(leaf.height, leaf.index)).is_err();
            assert!(refused && server.asked.get(), "{tile} of {size} leaves");
        }
    }
}
