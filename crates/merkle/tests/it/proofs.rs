//! Every proof of every small tree: equal to the definition, accepted, and refused as soon as anything is changed.

use tallystick_merkle::{
    GenerateError, Hash, LeafHashes, OutsideTree, ProofError, consistency_nodes, consistency_proof,
    empty_root, inclusion_nodes, inclusion_proof, verify_consistency, verify_inclusion,
};

use crate::definition::Definition;
use crate::tree::{Complete, leaves, root_hash};

/// Sizes for which proofs are compared with the definition.
const SIZE_MAX: usize = 300;
/// Sizes for which every proof is also changed in every way.
const CHANGED_SIZE_MAX: usize = 130;

/// Every way to leave out, double, exchange or alter one hash of a proof.
pub(crate) fn changed(path: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..path.len() {
        let mut dropped = path.to_vec();
        dropped.remove(at);
        let mut doubled = path.to_vec();
        doubled.insert(at, path[at]);
        let mut flipped = path.to_vec();
        flipped[at][(at * 7) % 32] ^= 1 << (at % 8);
        all.extend([dropped, doubled, flipped]);
        for other in at + 1..path.len() {
            let mut swapped = path.to_vec();
            swapped.swap(at, other);
            all.push(swapped);
        }
    }
    all.push([path, &[[0; 32]]].concat());
    all
}

#[test]
fn inclusion_proofs_are_the_definition_and_hold() {
    let leaves = leaves(SIZE_MAX);
    let (tree, definition) = (Complete::of(&leaves), Definition::of(&leaves));
    for size in 1..=SIZE_MAX {
        let root = definition.mth(0, size);
        assert_eq!(tree.root(size), root);
        for (index, leaf) in leaves[..size].iter().enumerate() {
            let path = inclusion_proof(index as u64, size as u64, &tree).unwrap();
            assert_eq!(path, definition.path(index, 0, size), "leaf {index} of {size}");
            assert_eq!(verify_inclusion(index as u64, size as u64, leaf, &path, &root), Ok(()));
        }
    }
}

#[test]
fn consistency_proofs_are_the_definition_and_hold() {
    let leaves = leaves(SIZE_MAX);
    let (tree, definition) = (Complete::of(&leaves), Definition::of(&leaves));
    for new in 1..=SIZE_MAX {
        let new_root = definition.mth(0, new);
        for old in 1..=new {
            let path = consistency_proof(old as u64, new as u64, &tree).unwrap();
            assert_eq!(path, definition.proof(old, new), "{old} to {new}");
            let old_root = definition.mth(0, old);
            assert_eq!(verify_consistency(old as u64, new as u64, &path, &old_root, &new_root), Ok(()));
        }
    }
}

#[test]
fn a_changed_inclusion_proof_is_refused() {
    let leaves = leaves(CHANGED_SIZE_MAX + 1);
    let tree = Complete::of(&leaves);
    let roots: Vec<Hash> = (0..=CHANGED_SIZE_MAX + 1).map(|size| tree.root(size)).collect();
    for size in 1..=CHANGED_SIZE_MAX {
        for index in 0..size {
            let (i, n, leaf, root) = (index as u64, size as u64, &leaves[index], &roots[size]);
            let path = inclusion_proof(i, n, &tree).unwrap();
            let refused = |i, n, leaf, path: &[Hash], root| {
                let answer = verify_inclusion(i, n, leaf, path, root);
                assert!(answer.is_err(), "leaf {index} of {size}");
            };
            for path in changed(&path) {
                refused(i, n, leaf, &path, root);
            }
            refused(i + 1, n, leaf, &path, root);
            refused(i.wrapping_sub(1), n, leaf, &path, root);
            refused(i, n + 1, leaf, &path, &roots[size + 1]);
            refused(i, n - 1, leaf, &path, &roots[size - 1]);
            refused(i, n, leaf, &path, &roots[size - 1]);
            refused(i, n, &leaves[index + 1], &path, root);
        }
    }
}

#[test]
fn a_changed_consistency_proof_is_refused() {
    let leaves = leaves(CHANGED_SIZE_MAX + 1);
    let tree = Complete::of(&leaves);
    let roots: Vec<Hash> = (0..=CHANGED_SIZE_MAX + 1).map(|size| tree.root(size)).collect();
    for new in 1..=CHANGED_SIZE_MAX {
        for old in 1..=new {
            let path = consistency_proof(old as u64, new as u64, &tree).unwrap();
            let refused = |m: usize, n: usize, path: &[Hash], old_root: &Hash, new_root: &Hash| {
                let answer = verify_consistency(m as u64, n as u64, path, old_root, new_root);
                assert!(answer.is_err(), "{old} to {new}, as {m} to {n}");
            };
            for path in changed(&path) {
                refused(old, new, &path, &roots[old], &roots[new]);
            }
            refused(old, new, &path, &roots[old - 1], &roots[new]);
            refused(old, new, &path, &roots[old], &roots[new - 1]);
            refused(old, new, &path, &roots[old], &roots[new + 1]);
            refused(old, new + 1, &path, &roots[old], &roots[new + 1]);
            refused(old + 1, new, &path, &roots[old + 1], &roots[new]);
            if old < new {
                refused(old, new - 1, &path, &roots[old], &roots[new - 1]);
                refused(old, new, &path, &roots[new], &roots[new]);
            }
            // From nothing to something the empty proof is right.
            if old > 1 || !path.is_empty() {
                refused(old - 1, new, &path, &roots[old - 1], &roots[new]);
            }
        }
    }
}

#[test]
fn the_rule_that_failed_is_named() {
    let leaves = leaves(7);
    let root = root_hash(&leaves);
    let path = inclusion_proof(6, 7, &LeafHashes(&leaves)).unwrap();
    let verify = |index, path: &[Hash], root| verify_inclusion(index, 7, &leaves[6], path, root);
    assert_eq!(verify(7, &path, &root), Err(OutsideTree::Leaf { index: 7, size: 7 }.into()));
    assert_eq!(verify(6, &path[1..], &root), Err(ProofError::TooShort { hashes: 1 }));
    assert_eq!(verify(6, &[&path[..], &path].concat(), &root), Err(ProofError::TooLong { hashes: 4 }));
    assert_eq!(verify(6, &path, &[0; 32]), Err(ProofError::Root));

    let old_root = root_hash(&leaves[..3]);
    let path = consistency_proof(3, 7, &LeafHashes(&leaves)).unwrap();
    let verify =
        |old, new, path: &[Hash], old_root, new_root| verify_consistency(old, new, path, old_root, new_root);
    assert_eq!(verify(8, 7, &path, &old_root, &root), Err(OutsideTree::Sizes { old: 8, new: 7 }.into()));
    assert_eq!(verify(3, 7, &[], &old_root, &root), Err(ProofError::TooShort { hashes: 0 }));
    assert_eq!(verify(3, 7, &path[..3], &old_root, &root), Err(ProofError::TooShort { hashes: 3 }));
    assert_eq!(
        verify(3, 7, &[&path[..], &path].concat(), &old_root, &root),
        Err(ProofError::TooLong { hashes: 8 })
    );
    assert_eq!(verify(3, 7, &path, &[0; 32], &root), Err(ProofError::OldRoot));
    assert_eq!(verify(3, 7, &path, &old_root, &[0; 32]), Err(ProofError::Root));
    assert_eq!(verify(7, 7, &[], &old_root, &root), Err(ProofError::Root));
    assert_eq!(verify(7, 7, &path[..1], &root, &root), Err(ProofError::TooLong { hashes: 1 }));
}

#[test]
fn the_empty_tree_has_one_root() {
    let root = root_hash(&leaves(3));
    let nothing = empty_root();
    assert_eq!(verify_consistency(0, 3, &[], &nothing, &root), Ok(()));
    assert_eq!(verify_consistency(0, 0, &[], &nothing, &nothing), Ok(()));
    assert_eq!(verify_consistency(0, 3, &[], &root, &root), Err(ProofError::EmptyRoot));
    assert_eq!(verify_consistency(0, 0, &[], &root, &root), Err(ProofError::EmptyRoot));
    assert_eq!(verify_consistency(0, 3, &[[0; 32]], &nothing, &root), Err(ProofError::TooLong { hashes: 1 }));
    let outside = OutsideTree::Leaf { index: 0, size: 0 };
    assert_eq!(verify_inclusion(0, 0, &root, &[], &nothing), Err(outside.into()));
    assert_eq!(inclusion_proof(0, 0, &LeafHashes(&[])), Err(GenerateError::Outside(outside)));
}

#[test]
fn a_proof_needs_only_subtrees_that_are_complete() {
    for size in 1..=SIZE_MAX as u64 {
        for index in 0..size {
            let inclusion = inclusion_nodes(index, size).unwrap();
            let consistency = consistency_nodes(index, size).unwrap();
            assert!(inclusion.iter().chain(&consistency).all(|node| node.is_in(size)), "{index} of {size}");
        }
    }
    assert!(inclusion_nodes(5, 5).is_err());
    assert!(consistency_nodes(6, 5).is_err());
    assert_eq!(consistency_nodes(5, 5), Ok(vec![]));
}
