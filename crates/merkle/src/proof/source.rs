//! Where the hashes of a tree come from: the one trait that storage, tiles and plain lists of leaves implement.

use super::error::{GenerateError, OutsideTree};
use super::node::{Node, cover};
use super::plan::Plan;
use crate::hash::{Hash, empty_root, root_of};

/// A source of the roots of complete subtrees of one tree.
///
/// Only subtrees are asked for that are complete in a tree of the size given to the function that asks.
pub trait Subtrees {
    /// Why a hash could not be given.
    type Error;

    /// Root of the complete subtree of the leaves from `index << height` up to `(index + 1) << height`.
    fn subtree(&self, height: u8, index: u64) -> Result<Hash, Self::Error>;

    /// The roots of several, in the order asked. Every proof asks once for all it needs: a source that can read many at
    /// once should.
    fn subtrees(&self, nodes: &[Node]) -> Result<Vec<Hash>, Self::Error> {
        nodes.iter().map(|node| self.subtree(node.height, node.index)).collect()
    }
}

/// All leaf hashes of a tree as a source. A subtree costs as many hashes as it has leaves, so this is for small trees.
#[derive(Debug, Clone, Copy)]
pub struct LeafHashes<'a>(
    /// Leaf hashes from the first leaf on.
    pub &'a [Hash],
);

impl Subtrees for LeafHashes<'_> {
    type Error = OutsideTree;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, OutsideTree> {
        let size = self.0.len() as u64;
        let (from, to) = Node { height, index }
            .leaves()
            .filter(|(_, to)| *to <= size)
            .ok_or(OutsideTree::Node { height, index, size })?;
        Ok(root_of(&self.0[from as usize..to as usize]))
    }
}

/// The subtrees that a tree of `size` leaves consists of, the largest first: one for each one bit of `size`.
pub fn root_nodes(size: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    cover(0, size, &mut nodes);
    nodes
}

/// The root of the tree of the first `size` leaves (RFC 6962 section 2.1).
///
/// # Errors
/// The source's own.
pub fn root<S: Subtrees + ?Sized>(size: u64, source: &S) -> Result<Hash, GenerateError<S::Error>> {
    if size == 0 {
        return Ok(empty_root());
    }
    let hashes = Plan::of([(0, size)]).read(source).map_err(GenerateError::Source)?;
    Ok(hashes[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::leaf_hash;

    #[test]
    fn a_root_is_the_definition() {
        let leaves: Vec<Hash> = (0..200u8).map(|i| leaf_hash(&[i])).collect();
        for size in 0..=leaves.len() {
            let expected = root_of(&leaves[..size]);
            assert_eq!(root(size as u64, &LeafHashes(&leaves)), Ok(expected), "size {size}");
        }
    }

    #[test]
    fn leaves_that_are_not_there_are_refused() {
        let leaves = [[0; 32]; 5];
        let outside = OutsideTree::Node { height: 0, index: 5, size: 5 };
        assert_eq!(
            root(6, &LeafHashes(&leaves)),
            Err(GenerateError::Source(OutsideTree::Node { height: 1, index: 2, size: 5 }))
        );
        assert_eq!(LeafHashes(&leaves).subtree(0, 5), Err(outside));
        assert!(LeafHashes(&leaves).subtree(200, 0).is_err());
    }
}
