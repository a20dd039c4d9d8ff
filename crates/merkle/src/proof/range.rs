//! Range proofs: that a list of leaves is complete, nothing left out between its first and its last. The verifier
//! rebuilds the root from the leaves and from the roots of the subtrees on both sides of them.

use super::error::{GenerateError, OutsideTree, ProofError};
use super::node::{Node, cover};
use super::source::Subtrees;
use crate::edge::Edge;
use crate::hash::Hash;

/// The complete subtrees around a range of leaves, each list from left to right.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeCover {
    /// They cover the leaves before the range: one for each one bit of its first leaf. At most 64.
    pub left: Vec<Node>,
    /// They cover the leaves behind the range. At most 126.
    pub right: Vec<Node>,
}

/// The hashes of a [`RangeCover`], in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RangeProof {
    /// Roots of the subtrees before the range.
    pub left: Vec<Hash>,
    /// Roots of the subtrees behind the range.
    pub right: Vec<Hash>,
}

/// The subtrees around the leaves from `from` up to, not including, `to` in a tree of `size` leaves. Both lists are the
/// shortest there are, and the only ones a verifier accepts. An empty range is allowed and proves the root alone.
///
/// # Errors
/// Unless `from <= to <= size`.
pub fn range_cover(from: u64, to: u64, size: u64) -> Result<RangeCover, OutsideTree> {
    if from > to || to > size {
        return Err(OutsideTree::Range { from, to, size });
    }
    let mut found = RangeCover::default();
    cover(0, from, &mut found.left);
    cover(to, size, &mut found.right);
    Ok(found)
}

/// The proof that the leaves from `from` up to, not including, `to` are complete in the tree of the first `size`
/// leaves.
///
/// # Errors
/// Unless `from <= to <= size`, or the source's own.
pub fn range_proof<S: Subtrees + ?Sized>(
    from: u64,
    to: u64,
    size: u64,
    source: &S,
) -> Result<RangeProof, GenerateError<S::Error>> {
    let RangeCover { left, right } = range_cover(from, to, size)?;
    let (lefts, nodes) = (left.len(), [left, right].concat());
    let mut left = source.subtrees(&nodes).map_err(GenerateError::Source)?;
    assert_eq!(left.len(), nodes.len(), "a source gives one hash for each node");
    let right = left.split_off(lefts);
    Ok(RangeProof { left, right })
}

/// Checks that `leaves` are the hashes of all leaves from `from` on, as many as there are in it, of the tree of `size`
/// leaves with the root `root`. [`RangeVerifier`] does the same without having all leaves at once.
///
/// # Errors
/// Which of the rules does not hold.
pub fn verify_range(
    from: u64,
    leaves: &[Hash],
    proof: &RangeProof,
    size: u64,
    root: &Hash,
) -> Result<(), ProofError> {
    let mut verifier = RangeVerifier::new(from, size, &proof.left)?;
    for leaf in leaves {
        verifier.push(*leaf)?;
    }
    verifier.finish(&proof.right, root)
}

/// Checks a range proof while its leaves come in, in constant memory.
#[derive(Debug, Clone)]
pub struct RangeVerifier {
    /// The tree up to where it is known.
    edge: Edge,
    from: u64,
    size: u64,
}

impl RangeVerifier {
    /// Begins at leaf `from` of a tree of `size` leaves; `left` are the roots of the subtrees before it.
    ///
    /// # Errors
    /// If the tree ends before `from`, or `left` has not one hash for each one bit of `from`.
    pub fn new(from: u64, size: u64, left: &[Hash]) -> Result<RangeVerifier, ProofError> {
        if from > size {
            return Err(OutsideTree::Range { from, to: from, size }.into());
        }
        count(left, from.count_ones() as usize)?;
        Ok(RangeVerifier { edge: Edge::of(from, left.to_vec()), from, size })
    }

    /// The leaf that the next hash is for.
    pub fn next_index(&self) -> u64 {
        self.edge.size()
    }

    /// Takes the hash of the next leaf.
    ///
    /// # Errors
    /// If the tree has no further leaf.
    pub fn push(&mut self, leaf: Hash) -> Result<(), ProofError> {
        let index = self.edge.size();
        if index == self.size {
            return Err(OutsideTree::Leaf { index, size: self.size }.into());
        }
        self.edge.append(leaf);
        Ok(())
    }

    /// Ends the range with the leaf pushed last; `right` are the roots of the subtrees behind it.
    ///
    /// # Errors
    /// If `right` has another number of hashes than the rest of the tree has subtrees, or the root is another.
    pub fn finish(mut self, right: &[Hash], root: &Hash) -> Result<(), ProofError> {
        let nodes = range_cover(self.from, self.edge.size(), self.size)?.right;
        count(right, nodes.len())?;
        for (node, hash) in nodes.iter().zip(right) {
            self.edge.append_subtree(node.height, *hash);
        }
        debug_assert_eq!(self.edge.size(), self.size);
        if self.edge.root() == *root { Ok(()) } else { Err(ProofError::Root) }
    }
}

fn count(hashes: &[Hash], expected: usize) -> Result<(), ProofError> {
    let hashes = hashes.len();
    match hashes.cmp(&expected) {
        std::cmp::Ordering::Less => Err(ProofError::TooShort { hashes }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(ProofError::TooLong { hashes }),
    }
}
