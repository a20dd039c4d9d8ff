//! Tiles and bundles of a stranger: whatever bytes are served, no hash that is not the tree's own may come out.

use std::sync::LazyLock;

use tallystick_merkle::{
    Hash, LeafHashes, Node, Subtrees, TileId, TilePath, TileReader, decode_bundle, encode_bundle, leaf_hash,
    root, root_of,
};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "merkle_tiles", seeds, run };

/// Two full tiles of level 0 and a partial one.
const SIZE: usize = 514;

static LEAVES: LazyLock<Vec<Hash>> =
    LazyLock::new(|| (0..SIZE).map(|index| leaf_hash(&index.to_be_bytes())).collect());
static ROOT: LazyLock<Hash> =
    LazyLock::new(|| root(SIZE as u64, &LeafHashes(&LEAVES)).expect("all leaves are there"));

/// One byte says which tile the rest stands in for; 255 that it is a bundle, 254 that it is a path.
fn seeds() -> Vec<Vec<u8>> {
    let leaves = &LEAVES;
    let roots = [root_of(&leaves[..256]), root_of(&leaves[256..512])].concat();
    let entries: Vec<[u8; 8]> = (512..SIZE).map(usize::to_be_bytes).collect();
    vec![
        [&[0][..], &leaves[..256].concat()].concat(),
        [&[1][..], &leaves[256..512].concat()].concat(),
        [&[2][..], &leaves[512..].concat()].concat(),
        [&[3][..], &roots].concat(),
        [&[255][..], &encode_bundle(&entries).expect("short entries")].concat(),
        b"\xfetile/entries/x001/x234/067.p/8".to_vec(),
        b"\xfetile/63/000".to_vec(),
    ]
}

fn run(input: &[u8]) {
    let Some((&which, bytes)) = input.split_first() else { return };
    match which {
        254 => run_path(bytes),
        255 => run_bundle(bytes),
        _ => {}
    }
    let source = LeafHashes(&LEAVES);
    let fetch = |tiles: &[TileId]| {
        let serve = |tile: &TileId| {
            let place = if tile.level() == 0 { tile.index() } else { 3 };
            if place == u64::from(which) {
                return bytes.to_vec();
            }
            let hash = |index| source.subtree(tile.level() * 8, index).expect("in the tree");
            (tile.index() * 256..).take(tile.width().into()).flat_map(hash).collect()
        };
        Ok::<_, ()>(tiles.iter().map(serve).collect())
    };
    let Ok(reader) = TileReader::open(SIZE as u64, *ROOT, fetch) else { return };
    for (height, index) in [(0, 0), (0, 511), (0, 513), (3, 40), (8, 1), (9, 0)] {
        if let Ok(hash) = reader.subtree(height, index) {
            assert_eq!(Ok(hash), source.subtree(height, index), "{:?}", Node { height, index });
        }
    }
    if let Ok(entries) = reader.entries(2, bytes) {
        assert!(entries.iter().zip(512..SIZE).all(|(entry, index)| **entry == index.to_be_bytes()));
    }
}

fn run_path(bytes: &[u8]) {
    let Ok(path) = std::str::from_utf8(bytes) else { return };
    if let Ok(read) = path.parse::<TilePath>() {
        assert_eq!(read.to_string(), path, "a tile has one path");
    }
}

fn run_bundle(bytes: &[u8]) {
    for width in [1, 2, 256] {
        if let Ok(entries) = decode_bundle(bytes, width) {
            assert_eq!(encode_bundle(&entries).expect("what was read"), bytes, "a bundle has one spelling");
        }
    }
}
