//! The reader of tiles apart from forgeries: what it asks for, how often, and what it makes of a server that errs.

use std::cell::RefCell;

use tallystick_merkle::limits::TILES_KEPT_MAX;
use tallystick_merkle::{
    Node, OutsideTree, Subtrees, TileError, TileId, TileReader, consistency_proof, empty_root,
    inclusion_nodes, inclusion_proof, tiles_between, tiles_for,
};

use crate::tree::{Alike, Levels, bundle, leaves, root_hash};

type Fetched = Result<Vec<Vec<u8>>, &'static str>;

#[test]
fn proofs_from_tiles_are_those_from_leaves() {
    let leaves = leaves(1500);
    let levels = Levels::of(&leaves);
    for size in [1, 2, 255, 256, 257, 511, 512, 1500] {
        let leaves = &leaves[..size as usize];
        let fetch =
            |tiles: &[TileId]| -> Fetched { Ok(tiles.iter().map(|tile| levels.tile(*tile)).collect()) };
        let reader = TileReader::open(size, root_hash(leaves), fetch).unwrap();
        for index in (0..size).step_by(7) {
            let expected = inclusion_proof(index, size, &tallystick_merkle::LeafHashes(leaves)).unwrap();
            assert_eq!(inclusion_proof(index, size, &reader).unwrap(), expected);
            let expected = consistency_proof(index, size, &tallystick_merkle::LeafHashes(leaves)).unwrap();
            assert_eq!(consistency_proof(index, size, &reader).unwrap(), expected);
        }
    }
}

#[test]
fn everything_is_asked_for_at_once_and_once() {
    let alike = Alike::new();
    let asked = RefCell::new(Vec::new());
    let fetch = |tiles: &[TileId]| -> Fetched {
        asked.borrow_mut().push(tiles.iter().map(TileId::to_string).collect::<Vec<_>>());
        Ok(tiles.iter().map(|tile| alike.tile(*tile)).collect())
    };
    let root = tallystick_merkle::root(70_000, &alike).unwrap();
    let reader = TileReader::open(70_000, root, fetch).unwrap();
    assert_eq!(asked.take(), [["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]]);
    inclusion_proof(1000, 70_000, &reader).unwrap();
    assert_eq!(asked.take(), [["tile/1/000", "tile/0/003"]], "from the top down");
    inclusion_proof(1001, 70_000, &reader).unwrap();
    assert!(asked.take().is_empty());
    inclusion_proof(2000, 70_000, &reader).unwrap();
    assert_eq!(asked.take(), [["tile/0/007"]]);

    let nodes = inclusion_nodes(2000, 70_000).unwrap();
    let names: Vec<String> = tiles_for(&nodes, 70_000).iter().map(TileId::to_string).collect();
    assert_eq!(
        names,
        ["tile/0/007", "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"],
        "what can be fetched beforehand"
    );
}

#[test]
fn the_tiles_kept_are_limited() {
    let alike = Alike::new();
    let fetched = RefCell::new(0);
    let fetch = |tiles: &[TileId]| -> Fetched {
        *fetched.borrow_mut() += tiles.len();
        Ok(tiles.iter().map(|tile| alike.tile(*tile)).collect())
    };
    let size = 1 << 40;
    let root = tallystick_merkle::root(size, &alike).unwrap();
    let reader = TileReader::open(size, root, fetch).unwrap();
    let wanted = TILES_KEPT_MAX as u64 * 2;
    for index in 0..wanted {
        reader.tile(0, index).unwrap();
    }
    // All of level 0 once; above them 1 of level 5, 1 each of levels 4, 3 and 2, 2 of level 1, each kept while in use.
    assert_eq!(*fetched.borrow() as u64, wanted + 1 + 3 + 2);
    reader.tile(0, wanted - 1).unwrap();
    assert_eq!(*fetched.borrow() as u64, wanted + 6, "the latest is kept");
    reader.tile(0, 0).unwrap();
    assert!(*fetched.borrow() as u64 > wanted + 6, "the first is gone");
}

#[test]
fn a_full_tile_may_stand_in_for_a_partial_one() {
    let leaves = leaves(600);
    let levels = Levels::of(&leaves);
    let fetch = |tiles: &[TileId]| -> Fetched {
        let full = |tile: &TileId| {
            let mut bytes = levels.tile(*tile);
            bytes.resize(8192, 7);
            bytes
        };
        Ok(tiles.iter().map(full).collect())
    };
    let reader = TileReader::open(600, root_hash(&leaves), fetch).unwrap();
    assert_eq!(reader.tile(0, 2).unwrap().len(), 88, "what is behind the tree's own hashes is not proven");
    assert_eq!(reader.subtree(0, 599), Ok(leaves[599]));
}

#[test]
fn a_server_that_errs_is_found_out() {
    let leaves = leaves(600);
    let levels = Levels::of(&leaves);
    let root = root_hash(&leaves);
    let open = |answer: fn(Vec<Vec<u8>>) -> Fetched| {
        let mut count = 0;
        TileReader::open(600, root, |tiles: &[TileId]| {
            count += 1;
            let good: Vec<Vec<u8>> = tiles.iter().map(|tile| levels.tile(*tile)).collect();
            // The edge is good.
            if count == 1 { Ok(good) } else { answer(good) }
        })
        .unwrap()
        .tile(0, 0)
    };
    let tile = TileId::new(0, 0, 256).unwrap();
    assert!(open(Ok).is_ok());
    assert_eq!(open(|_| Err("gone")), Err(TileError::Fetch("gone")));
    assert_eq!(open(|_| Ok(vec![])), Err(TileError::Count { expected: 1, found: 0 }));
    assert_eq!(open(|good| Ok(vec![good[0].clone(); 2])), Err(TileError::Count { expected: 1, found: 2 }));
    assert_eq!(open(|good| Ok(vec![good[0][..8160].to_vec()])), Err(TileError::Length { tile, found: 8160 }));
    assert_eq!(
        open(|good| Ok(vec![[&good[0][..], &[0]].concat()])),
        Err(TileError::Length { tile, found: 8193 })
    );
    assert_eq!(open(|_| Ok(vec![vec![]])), Err(TileError::Length { tile, found: 0 }));
    assert_eq!(
        open(|good| Ok(vec![good[0].iter().rev().copied().collect()])),
        Err(TileError::Forged { tile })
    );
}

#[test]
fn another_root_or_size_is_refused_at_once() {
    let leaves = leaves(600);
    let levels = Levels::of(&leaves);
    let fetch = |tiles: &[TileId]| -> Fetched { Ok(tiles.iter().map(|tile| levels.tile(*tile)).collect()) };
    assert_eq!(TileReader::open(600, [0; 32], fetch).err(), Some(TileError::Root));
    assert_eq!(TileReader::open(599, root_hash(&leaves), fetch).err(), Some(TileError::Root));
    assert_eq!(TileReader::open(0, [0; 32], fetch).err(), Some(TileError::Root));
    let empty = TileReader::open(0, empty_root(), fetch).unwrap();
    assert!(empty.subtree(0, 0).is_err());
}

#[test]
fn what_is_outside_the_tree_is_not_asked_for() {
    let leaves = leaves(600);
    let levels = Levels::of(&leaves);
    let fetch = |tiles: &[TileId]| -> Fetched {
        assert!(tiles.iter().all(|tile| tile.is_in(600)));
        Ok(tiles.iter().map(|tile| levels.tile(*tile)).collect())
    };
    let reader = TileReader::open(600, root_hash(&leaves), fetch).unwrap();
    let node = |height, index| TileError::Outside(OutsideTree::Node { height, index, size: 600 });
    assert_eq!(reader.subtree(0, 600), Err(node(0, 600)));
    assert_eq!(reader.subtree(9, 1), Err(node(9, 1)));
    assert_eq!(reader.subtree(255, u64::MAX), Err(node(255, u64::MAX)));
    assert_eq!(reader.subtrees(&[]), Ok(vec![]));
    assert_eq!(
        reader.subtrees(&[Node { height: 0, index: 0 }, Node { height: 0, index: 600 }]),
        Err(node(0, 600))
    );
    assert!(matches!(
        reader.tile(0, 3),
        Err(TileError::Outside(OutsideTree::Tile { level: 0, index: 3, size: 600 }))
    ));
    assert!(reader.tile(200, 0).is_err());
    let last = tiles_between(0, 600).find(|tile| tile.to_string() == "tile/0/002.p/88").unwrap();
    assert_eq!(reader.tile(0, 2).unwrap().concat(), levels.tile(last));
}

#[test]
fn a_bundle_has_exactly_the_entries_of_the_tree() {
    let leaves = leaves(600);
    let levels = Levels::of(&leaves);
    let fetch = |tiles: &[TileId]| -> Fetched { Ok(tiles.iter().map(|tile| levels.tile(*tile)).collect()) };
    let reader = TileReader::open(600, root_hash(&leaves), fetch).unwrap();
    let id = tallystick_merkle::BundleId::in_tree(2, 600).unwrap();
    let good = bundle(id);
    assert_eq!(reader.entries(2, &good).unwrap().len(), 88);
    assert!(matches!(reader.entries(2, &good[..good.len() - 1]), Err(TileError::Bundle { .. })));
    assert!(matches!(reader.entries(2, &[&good[..], &[0, 0]].concat()), Err(TileError::Bundle { .. })));
    assert_eq!(
        reader.entries(0, &good).err().map(|error| error.to_string()).unwrap(),
        "tile/entries/000 is malformed"
    );
    let moved = bundle(tallystick_merkle::BundleId::in_tree(1, 600).unwrap());
    assert_eq!(reader.entries(0, &moved), Err(TileError::Entry { index: 0 }), "entries of another place");
    assert!(reader.entries(3, &good).is_err());
}
