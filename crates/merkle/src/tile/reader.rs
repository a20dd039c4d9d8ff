//! Reads a tree from tiles that somebody else serves, and believes none of them before it is proven.
//!
//! The rule that is easy to get wrong (CVE-2026-56865: other readers let the first tiles of a tree pass unchecked) is
//! kept by construction. A tree's partial tiles, at most one in each level, are fetched first and must give the root;
//! every hash of them takes part in that. Every other tile is full, so its root is a hash of a tile one level up, and
//! it enters the reader only by [`admit`], which compares the two. There is no other way in.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::bundle::{BundleError, decode_bundle};
use super::id::{BundleId, TileId};
use super::layout::{NodePlace, edge_tiles, path_up};
use crate::hash::{Hash, empty_root, fold, leaf_hash, root_of};
use crate::limits::{HASH_BYTES, TILE_BYTES, TILE_HASHES, TILES_KEPT_MAX};
use crate::proof::{Node, OutsideTree, Subtrees, root_nodes};

/// Why something could not be read from tiles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError<E> {
    /// The tree does not have what was asked for.
    #[error(transparent)]
    Outside(#[from] OutsideTree),
    /// A tile could not be fetched; the source says whether to try again.
    #[error("a tile could not be fetched")]
    Fetch(#[source] E),
    /// The fetcher gave another number of tiles than it was asked for.
    #[error("{found} tiles fetched where {expected} were asked for")]
    Count {
        /// Tiles asked for.
        expected: usize,
        /// Tiles that came.
        found: usize,
    },
    /// The tile has not the length that its name says.
    #[error("{tile} has {found} bytes")]
    Length {
        /// The tile.
        tile: TileId,
        /// Its length.
        found: usize,
    },
    /// The tiles of the right edge do not give the trusted root. One of them, or the root, is wrong.
    #[error("the tiles of the right edge do not give the root of the tree")]
    Root,
    /// The tile is not the one that the tile above it commits to: whoever served it shows a forged tree.
    #[error("{tile} is not the one the tree commits to")]
    Forged {
        /// The tile.
        tile: TileId,
    },
    /// The bytes are no bundle of that many entries.
    #[error("{bundle} is malformed")]
    Bundle {
        /// The bundle.
        bundle: BundleId,
        /// What is wrong with it.
        #[source]
        source: BundleError,
    },
    /// The entry is not the one that the tree commits to.
    #[error("entry {index} is not the one the tree commits to")]
    Entry {
        /// Index of the entry in the log.
        index: u64,
    },
}

/// Level and number; the width follows from the size of the tree.
type Place = (u8, u64);
type Tile = Arc<[Hash]>;

/// A tree read from tiles, each proven against a root that is trusted already. Everything it gives out is proven.
///
/// `fetch` is asked for tiles, gets their names, and gives their bytes in the same order. For a partial tile it may
/// give the full one instead, as servers drop partial tiles at some time. Up to [`TILES_KEPT_MAX`] full tiles are
/// kept.
pub struct TileReader<F> {
    size: u64,
    root: Hash,
    fetch: RefCell<F>,
    edge: BTreeMap<Place, Tile>,
    kept: RefCell<Kept>,
}

impl<F, E> TileReader<F>
where
    F: FnMut(&[TileId]) -> Result<Vec<Vec<u8>>, E>,
{
    /// Fetches the right edge of the tree of `size` leaves and checks it against `root`. Both must be trusted: from a
    /// verified checkpoint.
    ///
    /// # Errors
    /// If the edge cannot be fetched or does not give the root.
    pub fn open(size: u64, root: Hash, mut fetch: F) -> Result<TileReader<F>, TileError<E>> {
        let wanted = edge_tiles(size);
        let edge: BTreeMap<Place, Tile> = fetch_tiles(&mut fetch, &wanted)?
            .into_iter()
            .map(|(tile, hashes)| ((tile.level(), tile.index()), hashes))
            .collect();
        let subtrees: Option<Vec<Hash>> = root_nodes(size)
            .into_iter()
            .map(|node| {
                let place = NodePlace::of(node);
                place.root(edge.get(&(place.level, place.tile))?)
            })
            .collect();
        let computed = if size == 0 { Some(empty_root()) } else { subtrees.map(|roots| fold(&roots)) };
        if computed != Some(root) {
            return Err(TileError::Root);
        }
        Ok(TileReader { size, root, fetch: RefCell::new(fetch), edge, kept: RefCell::default() })
    }

    /// Leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The hashes of a tile.
    ///
    /// # Errors
    /// If there is no such tile, if it or one above it cannot be fetched, or if one of them is forged.
    pub fn tile(&self, level: u8, index: u64) -> Result<Arc<[Hash]>, TileError<E>> {
        let outside = OutsideTree::Tile { level, index, size: self.size };
        let place = (level, index);
        TileId::in_tree(level, index, self.size).ok_or(outside)?;
        let mut proven = self.prove(&[place])?;
        Ok(proven.remove(&place).expect("what was asked for is proven"))
    }

    /// The entries of bundle `index`, of its bytes, each compared with its hash in the tree.
    ///
    /// # Errors
    /// If there is no such bundle, if it has not exactly the entries it has in this tree, if one of them is not what
    /// the tree commits to, or if the tile of their hashes cannot be had.
    pub fn entries<'b>(&self, index: u64, bytes: &'b [u8]) -> Result<Vec<&'b [u8]>, TileError<E>> {
        let outside = OutsideTree::Tile { level: 0, index, size: self.size };
        let bundle = BundleId::in_tree(index, self.size).ok_or(outside)?;
        let malformed = |source| TileError::Bundle { bundle, source };
        let entries = decode_bundle(bytes, bundle.width()).map_err(malformed)?;
        let tile = self.tile(0, index)?;
        assert_eq!(tile.len(), entries.len(), "a bundle is as wide as its tile");
        for (number, (entry, hash)) in entries.iter().zip(tile.iter()).enumerate() {
            if leaf_hash(entry) != *hash {
                return Err(TileError::Entry { index: index * u64::from(TILE_HASHES) + number as u64 });
            }
        }
        Ok(entries)
    }

    /// These tiles of the tree, and those above them.
    fn prove(&self, places: &[Place]) -> Result<BTreeMap<Place, Tile>, TileError<E>> {
        let mut proven = BTreeMap::new();
        let mut missing = BTreeMap::new();
        for &(level, index) in places {
            let mut is_known = false;
            for tile in path_up(level, index, self.size) {
                let place = (tile.level(), tile.index());
                let known = self.edge.get(&place).cloned().or_else(|| self.kept.borrow_mut().get(place));
                // What is known was proven with everything above it, which need not be known any more. If it still is,
                // it has been used now.
                match known {
                    Some(hashes) => {
                        proven.insert(place, hashes);
                        is_known = true;
                    }
                    None if !is_known => {
                        missing.insert(place, tile);
                    }
                    None => {}
                }
            }
        }
        if missing.is_empty() {
            return Ok(proven);
        }
        let wanted: Vec<TileId> = missing.into_values().rev().collect();
        // From the highest level down, so that each tile's parent is proven before it.
        for (tile, hashes) in fetch_tiles(&mut *self.fetch.borrow_mut(), &wanted)? {
            admit(tile, hashes, &mut proven)?;
        }
        let mut kept = self.kept.borrow_mut();
        for tile in wanted {
            let place = (tile.level(), tile.index());
            kept.insert(place, Arc::clone(&proven[&place]));
        }
        Ok(proven)
    }
}

/// The only way in for a tile that is not of the edge: its root must be its hash in the proven tile above it.
fn admit<E>(tile: TileId, hashes: Tile, proven: &mut BTreeMap<Place, Tile>) -> Result<(), TileError<E>> {
    assert!(tile.is_full(), "partial tiles are of the edge, which is proven by the root");
    let above = (tile.level() + 1, tile.index() / u64::from(TILE_HASHES));
    let number = (tile.index() % u64::from(TILE_HASHES)) as usize;
    let expected = proven.get(&above).and_then(|above| above.get(number));
    if expected != Some(&root_of(&hashes)) {
        return Err(TileError::Forged { tile });
    }
    proven.insert((tile.level(), tile.index()), hashes);
    Ok(())
}

fn fetch_tiles<F, E>(fetch: &mut F, wanted: &[TileId]) -> Result<Vec<(TileId, Tile)>, TileError<E>>
where
    F: FnMut(&[TileId]) -> Result<Vec<Vec<u8>>, E>,
{
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let fetched = fetch(wanted).map_err(TileError::Fetch)?;
    if fetched.len() != wanted.len() {
        return Err(TileError::Count { expected: wanted.len(), found: fetched.len() });
    }
    let read = |(tile, bytes): (&TileId, Vec<u8>)| {
        let found = bytes.len();
        if found != tile.bytes() && found != TILE_BYTES {
            return Err(TileError::Length { tile: *tile, found });
        }
        let (hashes, _) = bytes[..tile.bytes()].as_chunks::<HASH_BYTES>();
        Ok((*tile, Tile::from(hashes)))
    };
    wanted.iter().zip(fetched).map(read).collect()
}

impl<F, E> Subtrees for TileReader<F>
where
    F: FnMut(&[TileId]) -> Result<Vec<Vec<u8>>, E>,
{
    type Error = TileError<E>;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, TileError<E>> {
        let hashes = self.subtrees(&[Node { height, index }])?;
        Ok(hashes[0])
    }

    /// All tiles that are missing are asked for at once.
    fn subtrees(&self, nodes: &[Node]) -> Result<Vec<Hash>, TileError<E>> {
        let size = self.size;
        if let Some(&Node { height, index }) = nodes.iter().find(|node| !node.is_in(size)) {
            return Err(OutsideTree::Node { height, index, size }.into());
        }
        let node_places: Vec<NodePlace> = nodes.iter().map(|node| NodePlace::of(*node)).collect();
        let places: Vec<Place> = node_places.iter().map(|place| (place.level, place.tile)).collect();
        let proven = self.prove(&places)?;
        let root = |place: &NodePlace| {
            let tile = &proven[&(place.level, place.tile)];
            place.root(tile).expect("a subtree of the tree lies in its tile")
        };
        Ok(node_places.iter().map(root).collect())
    }
}

impl<F> std::fmt::Debug for TileReader<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TileReader").field("size", &self.size).finish_non_exhaustive()
    }
}

/// Proven full tiles, the ones used longest ago going first.
#[derive(Default)]
struct Kept {
    tiles: BTreeMap<Place, (u64, Tile)>,
    uses: u64,
}

impl Kept {
    fn get(&mut self, place: Place) -> Option<Tile> {
        let (used, tile) = self.tiles.get_mut(&place)?;
        self.uses += 1;
        *used = self.uses;
        Some(Arc::clone(tile))
    }

    fn insert(&mut self, place: Place, tile: Tile) {
        self.uses += 1;
        self.tiles.insert(place, (self.uses, tile));
        if self.tiles.len() > TILES_KEPT_MAX {
            let oldest = self.tiles.iter().min_by_key(|(_, (used, _))| *used).map(|(place, _)| *place);
            oldest.and_then(|place| self.tiles.remove(&place));
        }
    }
}
