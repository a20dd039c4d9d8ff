//! Hashes of a log's tree, wherever they are: leaves are rebuilt from the events' columns, what stands above them is in
//! memory or in the catalog. A tile only ever gets longer, so those that were asked for lately are kept.

use std::{cell::RefCell, collections::HashMap, num::NonZeroUsize, sync::Arc};

use lru::LruCache;
use parking_lot::Mutex;
use tallystick_event::{Leaf, LogId};
use tallystick_merkle::{Hash, Node, NodePlace, Subtrees, TileId, limits};
use tallystick_segment::{Meta, Row, Rows};

use crate::{
    error::ReadError,
    head,
    proof::{
        Proofs,
        trees::{Stored, Tree},
    },
    search::parts,
};

/// Hashes of a full tile.
pub(crate) const TILE_HASHES: u64 = limits::TILE_HASHES as u64;
/// Tiles that are kept, 8 KiB each.
const TILES_KEPT: usize = 4_096;

type Key = (LogId, u8, u64);

/// What is done with a row, its columns, and the leaf that it stands for.
type VisitRow<'a> = dyn FnMut((&dyn Rows, Row), Meta, Leaf) -> Result<(), ReadError> + 'a;

/// The tiles that were used last, each as far as it was needed.
#[derive(Debug)]
pub(crate) struct TileCache(Mutex<LruCache<Key, Arc<[Hash]>>>);

impl TileCache {
    /// At least `width` hashes of a tile, if they are known.
    pub(crate) fn get(&self, key: &Key, width: u16) -> Option<Arc<[Hash]>> {
        self.0.lock().get(key).filter(|tile| tile.len() >= usize::from(width)).cloned()
    }

    /// Forgets everything, so that what is stored is read again.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }

    /// Forgets the tiles of one log.
    pub(crate) fn forget(&self, log: LogId) {
        let mut tiles = self.0.lock();
        let keys: Vec<Key> = tiles.iter().map(|(key, _)| *key).filter(|(of, ..)| *of == log).collect();
        for key in keys {
            tiles.pop(&key);
        }
    }

    /// Keeps a tile.
    pub(crate) fn put(&self, key: Key, tile: &Arc<[Hash]>) {
        self.0.lock().put(key, Arc::clone(tile));
    }
}

impl Default for TileCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(NonZeroUsize::new(TILES_KEPT).expect("not zero"))))
    }
}

/// A tree of a size as a source of subtrees, of a function that gives at least the hashes of a tile that are asked for.
pub(crate) struct Tiled<F> {
    size: u64,
    tile: F,
}

impl<F: Fn(TileId) -> Result<Arc<[Hash]>, ReadError>> Tiled<F> {
    pub(crate) fn new(size: u64, tile: F) -> Self {
        Self { size, tile }
    }
}

impl<F: Fn(TileId) -> Result<Arc<[Hash]>, ReadError>> Subtrees for Tiled<F> {
    type Error = ReadError;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, ReadError> {
        let place = NodePlace::of(Node { height, index });
        let outside =
            || ReadError::Corrupt(format!("a tree of {} leaves has no subtree {height}/{index}", self.size));
        let id = TileId::in_tree(place.level, place.tile, self.size).ok_or_else(outside)?;
        place.root(&(self.tile)(id)?).ok_or_else(outside)
    }
}

/// Another source of subtrees, each asked of it once: paths of neighbours are made of the same ones, and a tile has the
/// higher of them only as the hashes below.
pub(crate) struct Remembered<S> {
    source: S,
    known: RefCell<HashMap<(u8, u64), Hash>>,
}

impl<S> Remembered<S> {
    pub(crate) fn new(source: S) -> Self {
        Self { source, known: RefCell::default() }
    }
}

impl<S: Subtrees> Subtrees for Remembered<S> {
    type Error = S::Error;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, S::Error> {
        if let Some(known) = self.known.borrow().get(&(height, index)) {
            return Ok(*known);
        }
        let hash = self.source.subtree(height, index)?;
        self.known.borrow_mut().insert((height, index), hash);
        Ok(hash)
    }
}

impl Proofs {
    /// The tree of a log up to a size.
    pub(crate) fn hashes<'a>(&'a self, tree: &'a Tree, size: u64) -> impl Subtrees<Error = ReadError> + 'a {
        Tiled::new(size, move |id| self.tile_hashes(tree, id))
    }

    /// The hashes of a tile, or more of them; they must exist.
    pub(crate) fn tile_hashes(&self, tree: &Tree, id: TileId) -> Result<Arc<[Hash]>, ReadError> {
        let (level, index, width) = (id.level(), id.index(), id.width());
        let key = (tree.log, level, index);
        if let Some(tile) = self.cache.get(&key, width) {
            return Ok(tile);
        }
        let first = index * TILE_HASHES;
        let hashes: Arc<[Hash]> = match level {
            0 => {
                let leaves = self.leaves(tree, first, first + u64::from(width))?;
                leaves.iter().map(Leaf::hash).collect()
            }
            _ => self.upper_hashes(tree, level, first, width)?.into(),
        };
        if hashes.len() != usize::from(width) {
            return Err(ReadError::Corrupt(format!(
                "tile {level}/{index} of log {} has {} hashes of {width}",
                tree.log,
                hashes.len()
            )));
        }
        self.cache.put(key, &hashes);
        Ok(hashes)
    }

    fn upper_hashes(&self, tree: &Tree, level: u8, first: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        loop {
            let stored = tree.in_catalog(level).saturating_sub(first).min(u64::from(width)) as usize;
            let mut hashes = Vec::new();
            if stored > 0 {
                let read = self.catalog.tile(tree.log, level, first / TILE_HASHES);
                hashes = self.runtime.block_on(read).map_err(|error| ReadError::of_catalog(&error))?;
                hashes.truncate(stored);
            }
            match tree.pending(level, first + stored as u64, usize::from(width) - stored) {
                Stored::Here(rest) => {
                    hashes.extend(rest);
                    return Ok(hashes);
                }
                // All of it is in the catalog; or it was sealed between the two looks, then the next one finds it
                // there.
                Stored::InCatalog if stored == usize::from(width) => return Ok(hashes),
                Stored::InCatalog if tree.in_catalog(level) > first + stored as u64 => {}
                Stored::InCatalog => return Ok(hashes),
            }
        }
    }

    /// The leaves `from..to` of a log, which must exist.
    pub(crate) fn leaves(&self, tree: &Tree, from: u64, to: u64) -> Result<Vec<Leaf>, ReadError> {
        let mut leaves = Vec::with_capacity((to - from) as usize);
        self.each_row(tree, from, to, &mut |_, _, leaf| {
            leaves.push(leaf);
            Ok(())
        })?;
        Ok(leaves)
    }

    /// Calls `f` with each row that has one of the leaves `from..to`, in order. All of them must exist.
    pub(crate) fn each_row(
        &self,
        tree: &Tree,
        from: u64,
        to: u64,
        f: &mut VisitRow<'_>,
    ) -> Result<(), ReadError> {
        let mut next = from;
        for part in parts(&self.view.load()) {
            if next >= to {
                break;
            }
            part.read(|rows| -> Result<(), ReadError> {
                let first_seq = tree.base + next;
                let Some(span) = rows.org_span(&tree.org).filter(|span| span.seq.1 >= first_seq) else {
                    return Ok(());
                };
                if span.seq.0 >= tree.base + to {
                    return Ok(());
                }
                for row in rows.rows_by_seq(&tree.org, first_seq, (to - next) as usize)? {
                    let meta = rows.meta(row)?;
                    if meta.seq != tree.base + next {
                        return Err(missing(tree, next));
                    }
                    let leaf = head::leaf(
                        tree.log,
                        next,
                        meta.received_ms,
                        meta.id,
                        meta.leaf_form,
                        meta.units_root,
                    );
                    f((rows, row), meta, leaf)?;
                    next += 1;
                }
                Ok(())
            })?;
        }
        if next == to { Ok(()) } else { Err(missing(tree, next)) }
    }
}

fn missing(tree: &Tree, index: u64) -> ReadError {
    ReadError::missing(format!("leaf {index} of the log of {} is not there", tree.org))
}
