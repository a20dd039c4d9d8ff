//! How a tree lies in tiles: where a subtree's hash comes from, which tiles a tree has, which change as it grows.

use std::collections::BTreeSet;

use super::id::{BundleId, TileId, hashes_at};
use crate::hash::{Hash, root_of};
use crate::limits::{TILE_HASHES, TILE_HEIGHT, TILE_LEVELS};
use crate::proof::Node;

/// Where the root of a complete subtree comes from: it is the root over some hashes side by side in one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodePlace {
    /// Level of the tile.
    pub level: u8,
    /// Number of the tile in its level.
    pub tile: u64,
    /// The first of the hashes in the tile.
    pub first: u16,
    /// How many there are: 1, 2, 4 and so on up to 128.
    pub count: u16,
}

impl NodePlace {
    /// Of a subtree all of whose leaves are below 2^64.
    pub fn of(node: Node) -> NodePlace {
        let Node { height, index } = node;
        let above = height % TILE_HEIGHT;
        let hash = index << above;
        NodePlace {
            level: height / TILE_HEIGHT,
            tile: hash >> TILE_HEIGHT,
            first: (hash % u64::from(TILE_HASHES)) as u16,
            count: 1 << above,
        }
    }

    /// The subtree's root, of the hashes of the tile; none if the tile is too narrow.
    pub fn root(self, tile: &[Hash]) -> Option<Hash> {
        let first = usize::from(self.first);
        Some(root_of(tile.get(first..first + usize::from(self.count))?))
    }
}

/// The tiles of the tree of `new` leaves that differ from those of the tree of `old` leaves, with the widths they have
/// in the new one, level by level and from left to right. With an `old` of 0 these are all tiles of a tree; with `old`
/// not below `new` there are none.
pub fn tiles_between(old: u64, new: u64) -> impl Iterator<Item = TileId> {
    (0..TILE_LEVELS).flat_map(move |level| {
        let (before, after) = (hashes_at(level, old), hashes_at(level, new));
        let tiles = before / u64::from(TILE_HASHES)..after.div_ceil(TILE_HASHES.into());
        let changed = if before < after { tiles } else { 0..0 };
        changed.filter_map(move |index| TileId::in_tree(level, index, new))
    })
}

/// As [`tiles_between`], the bundles that hold the entries from `old` up to, not including, `new`.
pub fn bundles_between(old: u64, new: u64) -> impl Iterator<Item = BundleId> {
    tiles_between(old, new).take_while(|tile| tile.level() == 0).map(BundleId::of)
}

/// The partial tiles of a tree, the lowest level first: at most one in each level. Their hashes, and no others, make
/// the root.
pub fn edge_tiles(size: u64) -> Vec<TileId> {
    let last = |level| TileId::in_tree(level, hashes_at(level, size) / u64::from(TILE_HASHES), size);
    (0..TILE_LEVELS).filter_map(last).collect()
}

/// The tiles that are needed to read these subtrees of a tree of `size` leaves and to follow every one of them up to
/// the root: for somebody who fetches them before making a [`TileReader`](super::TileReader). Each once, the lowest
/// level first. Subtrees that are not in the tree need none.
pub fn tiles_for(nodes: &[Node], size: u64) -> Vec<TileId> {
    let mut tiles: BTreeSet<TileId> = edge_tiles(size).into_iter().collect();
    for node in nodes.iter().filter(|node| node.is_in(size)) {
        let NodePlace { level, tile, .. } = NodePlace::of(*node);
        tiles.extend(path_up(level, tile, size));
    }
    tiles.into_iter().collect()
}

/// A tile and its parents, up to and including the first partial one.
pub(super) fn path_up(level: u8, index: u64, size: u64) -> impl Iterator<Item = TileId> {
    let first = TileId::in_tree(level, index, size);
    std::iter::successors(first, move |tile| {
        let parent = || TileId::in_tree(tile.level() + 1, tile.index() / u64::from(TILE_HASHES), size);
        if tile.is_full() { parent() } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;
    use crate::proof::root_nodes;

    fn paths(tiles: impl IntoIterator<Item = TileId>) -> Vec<String> {
        tiles.into_iter().map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn the_tree_of_70000_leaves_is_that_of_the_specification() {
        let all = paths(tiles_between(0, 70_000));
        assert_eq!(all.len(), 273 + 1 + 1 + 1 + 1);
        assert_eq!(all[0], "tile/0/000");
        assert_eq!(
            all[272..],
            ["tile/0/272", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
        );
        assert_eq!(paths(tiles_between(0, 256)), ["tile/0/000", "tile/1/000.p/1"]);
        assert_eq!(paths(edge_tiles(256)), ["tile/1/000.p/1"]);
        assert_eq!(paths(edge_tiles(70_000)), ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    }

    #[test]
    fn only_what_changed_is_listed() {
        assert_eq!(paths(tiles_between(255, 257)), ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
        assert_eq!(paths(tiles_between(256, 257)), ["tile/0/001.p/1"]);
        assert_eq!(paths(tiles_between(300, 300)), Vec::<String>::new());
        assert_eq!(paths(tiles_between(300, 200)), Vec::<String>::new());
        let bundles: Vec<_> = bundles_between(255, 513).map(|bundle| bundle.to_string()).collect();
        assert_eq!(bundles, ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/1"]);
        assert_eq!(tiles_between(u64::MAX - 1, u64::MAX).count(), 1);
        assert_eq!(tiles_between(0, u64::MAX).take(3).count(), 3, "the list is not made at once");
    }

    #[test]
    fn every_subtree_is_folded_from_its_tile() {
        let leaves: Vec<Hash> = (0..600u16).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        for height in 0..=9u8 {
            for index in 0..600u64 >> height {
                let place = NodePlace::of(Node { height, index });
                let width = 1usize << (place.level * TILE_HEIGHT);
                let tile: Vec<Hash> = leaves
                    .chunks_exact(width)
                    .skip(place.tile as usize * 256)
                    .take(256)
                    .map(root_of)
                    .collect();
                let expected = root_of(&leaves[(index as usize) << height..(index as usize + 1) << height]);
                assert_eq!(place.root(&tile), Some(expected), "height {height}, index {index}");
                assert_eq!(place.root(&tile[..usize::from(place.first)]), None);
            }
        }
    }

    #[test]
    fn the_edge_holds_exactly_the_subtrees_of_the_root() {
        for size in (0..2000).chain([65_535, 65_536, 70_000, 1 << 40, u64::MAX]) {
            let mut hashes = 0;
            for node in root_nodes(size) {
                let place = NodePlace::of(node);
                let tile = TileId::in_tree(place.level, place.tile, size).unwrap();
                assert!(!tile.is_full(), "size {size}: {tile}");
                hashes += place.count;
            }
            assert_eq!(hashes, edge_tiles(size).iter().map(|tile| tile.width()).sum::<u16>(), "size {size}");
        }
    }

    #[test]
    fn every_path_ends_at_the_edge() {
        for size in [1, 256, 257, 600, 65_536, 70_000, 16_777_216, 20_000_000] {
            let edge = edge_tiles(size);
            for tile in tiles_between(0, size).step_by(97) {
                let last = path_up(tile.level(), tile.index(), size).last().unwrap();
                assert!(edge.contains(&last), "size {size}: {tile} ends at {last}");
            }
        }
        let nodes = [Node { height: 0, index: 0 }, Node { height: 0, index: 70_000 }];
        assert_eq!(
            paths(tiles_for(&nodes, 70_000)),
            ["tile/0/000", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
        );
    }
}
