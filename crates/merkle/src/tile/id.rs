//! Which tile, which bundle.

use crate::limits::{HASH_BYTES, TILE_HASHES, TILE_HEIGHT, TILE_LEVEL_MAX};

/// A tile: up to 256 hashes that lie side by side, each the root of 256^level leaves.
///
/// A partial tile is the first `width` hashes of the full one of the same level and index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    level: u8,
    index: u64,
    width: u16,
}

/// A bundle of entries: those whose leaf hashes are the tile of level 0 with the same index and width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BundleId {
    index: u64,
    width: u16,
}

impl TileId {
    /// None unless `level` is at most 63 and `width` 1 to 256.
    pub fn new(level: u8, index: u64, width: u16) -> Option<TileId> {
        let valid = level <= TILE_LEVEL_MAX && is_width(width);
        valid.then_some(TileId { level, index, width })
    }

    /// The tile as it is in a tree of `size` leaves; none if nothing of it is in that tree.
    pub fn in_tree(level: u8, index: u64, size: u64) -> Option<TileId> {
        let first = index.checked_mul(TILE_HASHES.into())?;
        let there = hashes_at(level, size).checked_sub(first).filter(|there| *there > 0)?;
        let width = there.min(TILE_HASHES.into()) as u16;
        TileId::new(level, index, width)
    }

    /// Tiles of level 0 hold leaf hashes, those of each further level the roots of the tiles below.
    pub fn level(self) -> u8 {
        self.level
    }

    /// Number of the tile in its level, from 0.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many hashes it has, 1 to 256.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it has all 256 hashes and so will never change again.
    pub fn is_full(self) -> bool {
        self.width == TILE_HASHES
    }

    /// Length of its file, bytes.
    pub fn bytes(self) -> usize {
        usize::from(self.width) * HASH_BYTES
    }

    /// Whether a tree of `size` leaves has at least as much of it.
    pub fn is_in(self, size: u64) -> bool {
        TileId::in_tree(self.level, self.index, size).is_some_and(|tile| tile.width >= self.width)
    }
}

impl BundleId {
    /// None unless `width` is 1 to 256.
    pub fn new(index: u64, width: u16) -> Option<BundleId> {
        is_width(width).then_some(BundleId { index, width })
    }

    /// The bundle as it is in a tree of `size` leaves; none if nothing of it is in that tree.
    pub fn in_tree(index: u64, size: u64) -> Option<BundleId> {
        TileId::in_tree(0, index, size).map(BundleId::of)
    }

    /// The bundle of the entries that a tile of level 0 has the hashes of.
    pub(crate) fn of(tile: TileId) -> BundleId {
        BundleId { index: tile.index, width: tile.width }
    }

    /// Number of the bundle, from 0. Its first entry is `index * 256`.
    pub fn index(self) -> u64 {
        self.index
    }

    /// How many entries it has, 1 to 256.
    pub fn width(self) -> u16 {
        self.width
    }

    /// Whether it has all 256 entries and so will never change again.
    pub fn is_full(self) -> bool {
        self.width == TILE_HASHES
    }

    /// The tile with the hashes of its entries.
    pub fn tile(self) -> TileId {
        TileId { level: 0, index: self.index, width: self.width }
    }

    /// Whether a tree of `size` leaves has at least as many of its entries.
    pub fn is_in(self, size: u64) -> bool {
        self.tile().is_in(size)
    }
}

/// How many hashes the tiles of a level have together in a tree of `size` leaves.
pub fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT)).unwrap_or(0)
}

fn is_width(width: u16) -> bool {
    (1..=TILE_HASHES).contains(&width)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_tree() {
        let in_tree = |level, index, size| TileId::in_tree(level, index, size).map(TileId::width);
        assert_eq!(in_tree(0, 0, 0), None);
        assert_eq!(in_tree(0, 0, 1), Some(1));
        assert_eq!(in_tree(0, 0, 256), Some(256));
        assert_eq!(in_tree(1, 0, 255), None);
        assert_eq!(in_tree(1, 0, 256), Some(1));
        assert_eq!(in_tree(0, 1, 256), None, "an empty tile is none");
        assert_eq!(in_tree(7, 0, u64::MAX), Some(255));
        assert_eq!(in_tree(8, 0, u64::MAX), None);
        assert_eq!(in_tree(0, u64::MAX, u64::MAX), None);
        assert_eq!(in_tree(0, u64::MAX / 256, u64::MAX), Some(255));
    }

    #[test]
    fn no_tile_is_empty_or_wider_than_full() {
        assert_eq!(TileId::new(0, 0, 0), None);
        assert_eq!(TileId::new(0, 0, 257), None);
        assert_eq!(TileId::new(64, 0, 1), None);
        assert_eq!(BundleId::new(0, 0), None);
        assert_eq!(TileId::new(63, u64::MAX, 256).map(TileId::bytes), Some(8192));
    }

    #[test]
    fn a_partial_tile_is_part_of_a_larger_tree() {
        let tile = TileId::new(0, 1, 44).unwrap();
        assert!(!tile.is_in(299));
        assert!(tile.is_in(300));
        assert!(tile.is_in(1000));
        assert_eq!(BundleId::of(tile).tile(), tile);
    }
}
