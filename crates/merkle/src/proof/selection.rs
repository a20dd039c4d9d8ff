//! Selection proofs: that some leaves, in ascending order, are in a tree, with one list of hashes for all of them. It
//! is the range proof with several ranges; each hash between two leaves is given once and used once.

use super::error::{OutsideTree, ProofError};
use super::node::{Node, cover};
use crate::edge::Edge;
use crate::hash::Hash;

/// The subtrees whose roots stand between two selected leaves: those that cover the leaves from `from` up to, not
/// including, `to`, from left to right. At most 126.
pub fn gap_nodes(from: u64, to: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    cover(from, to, &mut nodes);
    nodes
}

/// Checks a selection proof while leaves and hashes come in, in constant memory.
#[derive(Debug, Clone)]
pub struct SelectionVerifier {
    /// The tree up to where it is known.
    edge: Edge,
    size: u64,
}

impl SelectionVerifier {
    /// Begins at the first leaf of a tree of `size` leaves.
    pub fn new(size: u64) -> SelectionVerifier {
        SelectionVerifier { edge: Edge::new(), size }
    }

    /// The leaf that the next hash is for.
    pub fn next_index(&self) -> u64 {
        self.edge.size()
    }

    /// Leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Passes over the leaves up to, not including, `to`, with the roots of the subtrees that cover them. Takes from
    /// `hashes` as many as that needs.
    ///
    /// # Errors
    /// If that is behind the tree or before where it stands, or if there are too few hashes.
    pub fn skip(&mut self, to: u64, hashes: &mut &[Hash]) -> Result<(), ProofError> {
        let from = self.edge.size();
        if to > self.size || to < from {
            return Err(OutsideTree::Range { from, to, size: self.size }.into());
        }
        while self.edge.size() < to {
            let at = self.edge.size();
            let height = (to - at).ilog2().min(at.trailing_zeros()) as u8;
            let (first, rest) = hashes.split_first().ok_or(ProofError::TooShort { hashes: 0 })?;
            self.edge.append_subtree(height, *first);
            *hashes = rest;
        }
        Ok(())
    }

    /// Takes the hash of the next leaf.
    ///
    /// # Errors
    /// If the tree has no further leaf.
    pub fn push(&mut self, leaf: Hash) -> Result<(), ProofError> {
        let index = self.edge.size();
        if index >= self.size {
            return Err(OutsideTree::Leaf { index, size: self.size }.into());
        }
        self.edge.append(leaf);
        Ok(())
    }

    /// Passes over the rest of the tree and compares the root. All of `hashes` must be needed for that.
    ///
    /// # Errors
    /// If there are too few or too many hashes, or the root is another.
    pub fn finish(mut self, mut hashes: &[Hash], root: &Hash) -> Result<(), ProofError> {
        self.skip(self.size, &mut hashes)?;
        if !hashes.is_empty() {
            return Err(ProofError::TooLong { hashes: hashes.len() });
        }
        if self.edge.root() == *root { Ok(()) } else { Err(ProofError::Root) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::{leaf_hash, root_of};
    use crate::proof::{LeafHashes, Subtrees};

    fn hashes_of(leaves: &[Hash], chosen: &[u64]) -> Vec<Hash> {
        let mut at = 0;
        let mut nodes = Vec::new();
        for index in chosen {
            nodes.extend(gap_nodes(at, *index));
            at = index + 1;
        }
        nodes.extend(gap_nodes(at, leaves.len() as u64));
        LeafHashes(leaves).subtrees(&nodes).unwrap()
    }

    fn check(leaves: &[(u64, Hash)], size: u64, mut hashes: &[Hash], root: &Hash) -> Result<(), ProofError> {
        let mut verifier = SelectionVerifier::new(size);
        for (index, leaf) in leaves {
            verifier.skip(*index, &mut hashes)?;
            verifier.push(*leaf)?;
        }
        verifier.finish(hashes, root)
    }

    proptest! {
        #[test]
        fn every_selection_is_proven_and_no_other(
            chosen in prop::collection::vec(any::<bool>(), 1..90),
            bad in any::<prop::sample::Index>(),
        ) {
            let leaves: Vec<Hash> = (0..chosen.len()).map(|i| leaf_hash(&i.to_be_bytes())).collect();
            let root = root_of(&leaves);
            let size = leaves.len() as u64;
            let indices: Vec<u64> = (0..size).filter(|i| chosen[*i as usize]).collect();
            let hashes = hashes_of(&leaves, &indices);
            let selected: Vec<(u64, Hash)> = indices.iter().map(|i| (*i, leaves[*i as usize])).collect();
            prop_assert_eq!(check(&selected, size, &hashes, &root), Ok(()));
            if !hashes.is_empty() {
                let mut changed = hashes.clone();
                let at = bad.index(changed.len());
                changed[at][0] ^= 1;
                prop_assert_eq!(check(&selected, size, &changed, &root), Err(ProofError::Root));
                changed.remove(at);
                prop_assert!(check(&selected, size, &changed, &root).is_err());
            }
            if !selected.is_empty() {
                let mut changed = selected.clone();
                let at = bad.index(changed.len());
                changed[at].1[0] ^= 1;
                prop_assert_eq!(check(&changed, size, &hashes, &root), Err(ProofError::Root));
                changed.remove(at);
                prop_assert!(check(&changed, size, &hashes, &root).is_err());
            }
        }
    }

    #[test]
    fn what_is_outside_is_refused() {
        let mut verifier = SelectionVerifier::new(2);
        assert!(verifier.skip(3, &mut &[[0; 32]][..]).is_err());
        assert_eq!(verifier.skip(2, &mut &[][..]), Err(ProofError::TooShort { hashes: 0 }));
        verifier.push([0; 32]).unwrap();
        assert!(verifier.skip(0, &mut &[][..]).is_err(), "backwards");
        verifier.push([0; 32]).unwrap();
        assert!(verifier.push([0; 32]).is_err());
    }
}
