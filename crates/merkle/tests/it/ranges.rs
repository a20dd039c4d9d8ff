//! Every range of every small tree: complete as it is, and refused as soon as a leaf is missing, doubled, altered or
//! somewhere else.

use tallystick_merkle::{
    LeafHashes, OutsideTree, ProofError, RangeProof, RangeVerifier, empty_root, range_cover, range_proof,
    verify_range,
};

use crate::proofs::changed;
use crate::tree::{Complete, leaves, root_hash};

const SIZE_MAX: usize = 70;
const CHANGED_SIZE_MAX: usize = 24;

#[test]
fn every_range_of_every_small_tree_holds() {
    let leaves = leaves(SIZE_MAX);
    let tree = Complete::of(&leaves);
    for size in 0..=SIZE_MAX {
        let root = tree.root(size);
        for from in 0..=size {
            for to in from..=size {
                let proof = range_proof(from as u64, to as u64, size as u64, &tree).unwrap();
                let answer = verify_range(from as u64, &leaves[from..to], &proof, size as u64, &root);
                assert_eq!(answer, Ok(()), "{from} to {to} of {size}");
            }
        }
    }
}

#[test]
fn a_changed_range_is_refused() {
    let leaves = leaves(CHANGED_SIZE_MAX + 1);
    let tree = Complete::of(&leaves);
    for size in 1..=CHANGED_SIZE_MAX {
        let root = tree.root(size);
        for from in 0..=size {
            for to in from..=size {
                let proof = range_proof(from as u64, to as u64, size as u64, &tree).unwrap();
                let RangeProof { left, right } = &proof;
                let refused = |from: usize, range: &[_], proof: &RangeProof| {
                    let answer = verify_range(from as u64, range, proof, size as u64, &root);
                    assert!(answer.is_err(), "{from} to {to} of {size}");
                };
                let range = &leaves[from..to];
                for range in changed(range) {
                    refused(from, &range, &proof);
                }
                for left in changed(left) {
                    refused(from, range, &RangeProof { left, right: right.clone() });
                }
                for right in changed(right) {
                    refused(from, range, &RangeProof { left: left.clone(), right });
                }
                if !range.is_empty() {
                    refused(from + 1, range, &proof);
                    refused(from.wrapping_sub(1), range, &proof);
                    refused(from + 1, &range[1..], &proof);
                }
            }
        }
    }
}

#[test]
fn leaves_can_come_one_by_one() {
    let leaves = leaves(50);
    let root = root_hash(&leaves);
    let proof = range_proof(11, 29, 50, &LeafHashes(&leaves)).unwrap();
    let mut verifier = RangeVerifier::new(11, 50, &proof.left).unwrap();
    for leaf in &leaves[11..29] {
        verifier.push(*leaf).unwrap();
    }
    assert_eq!(verifier.next_index(), 29);
    assert_eq!(verifier.clone().finish(&proof.right, &root), Ok(()));
    assert_eq!(verifier.finish(&proof.right, &[0; 32]), Err(ProofError::Root));
}

#[test]
fn questions_outside_the_tree_are_refused() {
    let outside = |from, to, size| Err(OutsideTree::Range { from, to, size });
    assert_eq!(range_cover(3, 2, 5), outside(3, 2, 5));
    assert_eq!(range_cover(3, 6, 5), outside(3, 6, 5));
    assert!(RangeVerifier::new(6, 5, &[[0; 32]; 2]).is_err());
    let mut verifier = RangeVerifier::new(1, 1, &[[0; 32]]).unwrap();
    assert_eq!(verifier.push([0; 32]), Err(OutsideTree::Leaf { index: 1, size: 1 }.into()));
    assert!(RangeVerifier::new(u64::MAX, u64::MAX, &[[0; 32]; 64]).unwrap().push([0; 32]).is_err());
    assert_eq!(verify_range(0, &[], &RangeProof::default(), 0, &empty_root()), Ok(()));
    assert_eq!(verify_range(0, &[], &RangeProof::default(), 0, &[0; 32]), Err(ProofError::Root));
}
