//! Inclusion proofs, or audit paths: the siblings of a leaf and of its ancestors, from the leaf up.

use super::error::{GenerateError, OutsideTree, ProofError};
use super::node::Node;
use super::plan::Plan;
use super::source::Subtrees;
use crate::hash::{Hash, node_hash, split};

/// The proof that leaf `index` is in the tree of the first `size` leaves: PATH of RFC 6962 section 2.1.1, the sibling
/// of the leaf first. At most 64 hashes.
///
/// # Errors
/// If there is no such leaf, or the source's own.
pub fn inclusion_proof<S: Subtrees + ?Sized>(
    index: u64,
    size: u64,
    source: &S,
) -> Result<Vec<Hash>, GenerateError<S::Error>> {
    plan(index, size)?.read(source).map_err(GenerateError::Source)
}

/// The subtrees that [`inclusion_proof`] reads.
///
/// # Errors
/// If there is no such leaf.
pub fn inclusion_nodes(index: u64, size: u64) -> Result<Vec<Node>, OutsideTree> {
    Ok(plan(index, size)?.into_nodes())
}

fn plan(index: u64, size: u64) -> Result<Plan, OutsideTree> {
    if index >= size {
        return Err(OutsideTree::Leaf { index, size });
    }
    let (mut from, mut to) = (0, size);
    let mut siblings = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            siblings.push((middle, to));
            to = middle;
        } else {
            siblings.push((from, middle));
            from = middle;
        }
    }
    Ok(Plan::of(siblings.into_iter().rev()))
}

/// Checks an inclusion proof as RFC 9162 section 2.1.3.2 says: that `leaf` is the hash of leaf `index` of the tree of
/// `size` leaves with the root `root`. Size and root must come from where they are believed, such as a checkpoint: a
/// proof by itself can fit several sizes.
///
/// # Errors
/// Which of the rules does not hold.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(OutsideTree::Leaf { index, size }.into());
    }
    let (mut fn_, mut sn) = (index, size - 1);
    let mut r = *leaf;
    for p in path {
        if sn == 0 {
            return Err(ProofError::TooLong { hashes: path.len() });
        }
        if fn_ & 1 == 1 || fn_ == sn {
            r = node_hash(p, &r);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            r = node_hash(&r, p);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    if sn != 0 {
        return Err(ProofError::TooShort { hashes: path.len() });
    }
    if r == *root { Ok(()) } else { Err(ProofError::Root) }
}
