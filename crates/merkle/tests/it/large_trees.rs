//! Trees of any size up to 2^64 - 1, of leaves that are all alike, so that a hash a height is all there is to know.

use proptest::prelude::*;
use tallystick_merkle::{
    RangeProof, RangeVerifier, TileId, TileReader, consistency_proof, inclusion_proof, range_proof, root,
    tiles_for, verify_consistency, verify_inclusion,
};

use crate::tree::{Alike, Fetched};

/// Sizes of all magnitudes, many of them at or beside a power of two.
fn size() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0u32..64, 0u64..3, any::<bool>()).prop_map(|(random, shift, near, is_round)| {
        let value = if is_round { (1 << shift) - 1 + near } else { random >> shift };
        value.max(1)
    })
}

fn pair() -> impl Strategy<Value = (u64, u64)> {
    (size(), size()).prop_map(|(a, b)| (a.min(b), a.max(b)))
}

/// Like [`Alike`], as tiles of somebody else.
fn reader(alike: &Alike, size: u64) -> TileReader<impl FnMut(&[TileId]) -> Fetched> {
    let root = root(size, alike).unwrap();
    let fetch = |tiles: &[TileId]| Ok(tiles.iter().map(|tile| alike.tile(*tile)).collect());
    TileReader::open(size, root, fetch).unwrap()
}

proptest! {
    #[test]
    fn inclusion_holds((index, size) in pair(), bit in 0usize..256) {
        prop_assume!(index < size);
        let alike = Alike::new();
        let root = root(size, &alike).unwrap();
        let path = inclusion_proof(index, size, &alike).unwrap();
        prop_assert!(path.len() <= 64);
        prop_assert_eq!(verify_inclusion(index, size, &alike.leaf(), &path, &root), Ok(()));
        prop_assert_eq!(&inclusion_proof(index, size, &reader(&alike, size)).unwrap(), &path);
        for at in 0..path.len() {
            let mut path = path.clone();
            path[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_inclusion(index, size, &alike.leaf(), &path, &root).is_err());
        }
    }

    #[test]
    fn consistency_holds((old, new) in pair(), bit in 0usize..256) {
        let alike = Alike::new();
        let (old_root, new_root) = (root(old, &alike).unwrap(), root(new, &alike).unwrap());
        let path = consistency_proof(old, new, &alike).unwrap();
        prop_assert!(path.len() <= 65);
        prop_assert_eq!(verify_consistency(old, new, &path, &old_root, &new_root), Ok(()));
        prop_assert_eq!(&consistency_proof(old, new, &reader(&alike, new)).unwrap(), &path);
        for at in 0..path.len() {
            let mut path = path.clone();
            path[at][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(verify_consistency(old, new, &path, &old_root, &new_root).is_err());
        }
    }

    #[test]
    fn ranges_hold((from, size) in pair(), length in 0u64..300) {
        let alike = Alike::new();
        let to = from.saturating_add(length).min(size);
        let root = root(size, &alike).unwrap();
        let proof = range_proof(from, to, size, &alike).unwrap();
        let RangeProof { left, right } = &proof;
        prop_assert!(left.len() <= 64 && right.len() <= 126);
        let mut verifier = RangeVerifier::new(from, size, left).unwrap();
        for _ in from..to {
            verifier.push(alike.leaf()).unwrap();
        }
        prop_assert_eq!(verifier.finish(right, &root), Ok(()));
        prop_assert_eq!(range_proof(from, to, size, &reader(&alike, size)).unwrap(), proof);
    }

    /// One bit of one of the tiles on the way is enough, whatever level it is of.
    #[test]
    fn no_tile_on_the_way_can_be_altered((index, size) in pair(), which: prop::sample::Index, bit in 0usize..65_536) {
        prop_assume!(index < size);
        let alike = Alike::new();
        let nodes = [tallystick_merkle::Node { height: 0, index }];
        let needed = tiles_for(&nodes, size);
        let altered = needed[which.index(needed.len())];
        let fetch = |tiles: &[TileId]| {
            let bytes = |tile: &TileId| {
                let mut bytes = alike.tile(*tile);
                if *tile == altered {
                    let at = bit / 8 % bytes.len();
                    bytes[at] ^= 1 << (bit % 8);
                }
                bytes
            };
            Ok::<_, ()>(tiles.iter().map(bytes).collect())
        };
        let root = root(size, &alike).unwrap();
        let read = TileReader::open(size, root, fetch).and_then(|reader| {
            use tallystick_merkle::Subtrees;
            reader.subtree(0, index)
        });
        prop_assert!(read.is_err(), "{} altered", altered);
    }
}
