//! Consistency proofs: that a tree is a continuation of an earlier one, nothing in it changed or removed.

use super::error::{GenerateError, OutsideTree, ProofError};
use super::node::Node;
use super::plan::Plan;
use super::source::Subtrees;
use crate::hash::{Hash, empty_root, node_hash, split};

/// The proof that the tree of the first `new` leaves continues the tree of the first `old`: PROOF of RFC 6962 section
/// 2.1.2. Empty if the sizes are equal or `old` is 0; at most 65 hashes.
///
/// # Errors
/// If `old` is larger than `new`, or the source's own.
pub fn consistency_proof<S: Subtrees + ?Sized>(
    old: u64,
    new: u64,
    source: &S,
) -> Result<Vec<Hash>, GenerateError<S::Error>> {
    plan(old, new)?.read(source).map_err(GenerateError::Source)
}

/// The subtrees that [`consistency_proof`] reads.
///
/// # Errors
/// If `old` is larger than `new`.
pub fn consistency_nodes(old: u64, new: u64) -> Result<Vec<Node>, OutsideTree> {
    Ok(plan(old, new)?.into_nodes())
}

fn plan(old: u64, new: u64) -> Result<Plan, OutsideTree> {
    if old > new {
        return Err(OutsideTree::Sizes { old, new });
    }
    if old == 0 {
        return Ok(Plan::default());
    }
    let (mut from, mut to) = (0, new);
    let mut ranges = Vec::new();
    while to != old {
        let middle = from + split(to - from);
        if old <= middle {
            ranges.push((middle, to));
            to = middle;
        } else {
            ranges.push((from, middle));
            from = middle;
        }
    }
    // From 0 on it is the earlier tree itself, whose root the verifier has.
    if from != 0 {
        ranges.push((from, to));
    }
    Ok(Plan::of(ranges.into_iter().rev()))
}

/// Checks a consistency proof as RFC 9162 section 2.1.4.2 says: that the tree of `new` leaves with the root `new_root`
/// continues the tree of `old` leaves with the root `old_root`.
///
/// Every tree continues the empty one, so an `old` of 0 says nothing about `new_root`; the proof must be empty and
/// `old_root` that of the empty tree. Between equal sizes the proof must be empty and the roots equal.
///
/// # Errors
/// Which of the rules does not hold.
pub fn verify_consistency(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(OutsideTree::Sizes { old, new }.into());
    }
    if (old == 0 && *old_root != empty_root()) || (new == 0 && *new_root != empty_root()) {
        return Err(ProofError::EmptyRoot);
    }
    if old == 0 || old == new {
        return match path {
            [] if old == new && old_root != new_root => Err(ProofError::Root),
            [] => Ok(()),
            _ => Err(ProofError::TooLong { hashes: path.len() }),
        };
    }
    verify_growth(old, new, path, old_root, new_root)
}

/// For 0 < `old` < `new`.
fn verify_growth(
    old: u64,
    new: u64,
    path: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    let hashes = path.len();
    let Some((first, rest)) = path.split_first() else { return Err(ProofError::TooShort { hashes }) };
    // A complete earlier tree is a subtree of the later one: the path begins with its root, which is left out.
    let (seed, rest) = if old.is_power_of_two() { (old_root, path) } else { (first, rest) };
    let (mut fn_, mut sn) = (old - 1, new - 1);
    while fn_ & 1 == 1 {
        fn_ >>= 1;
        sn >>= 1;
    }
    let (mut fr, mut sr) = (*seed, *seed);
    for c in rest {
        if sn == 0 {
            return Err(ProofError::TooLong { hashes });
        }
        if fn_ & 1 == 1 || fn_ == sn {
            fr = node_hash(c, &fr);
            sr = node_hash(c, &sr);
            while fn_ & 1 == 0 && fn_ != 0 {
                fn_ >>= 1;
                sn >>= 1;
            }
        } else {
            sr = node_hash(&sr, c);
        }
        fn_ >>= 1;
        sn >>= 1;
    }
    if sn != 0 {
        return Err(ProofError::TooShort { hashes });
    }
    if fr != *old_root {
        return Err(ProofError::OldRoot);
    }
    if sr == *new_root { Ok(()) } else { Err(ProofError::Root) }
}
