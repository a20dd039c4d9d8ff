//! What an evidence pack is made from: one checkpoint under which everything in it is proven, and the hashes between
//! the events that are in it.

use tallystick_merkle::{Hash, Node, Note, Subtrees as _};

use crate::proof::{DirectoryProof, Proofs, answers::ProofError};

/// The checkpoint that a pack is proven by.
#[derive(Debug, Clone)]
pub struct PackBase {
    /// The log's origin.
    pub origin: String,
    /// Leaves of the checkpoint.
    pub size: u64,
    /// The checkpoint, signed.
    pub checkpoint: Note,
    /// That a checkpoint of the log is in the directory; none yet.
    pub directory: Option<DirectoryProof>,
}

impl Proofs {
    /// The checkpoint for a pack whose last leaf is below `end`: the first that witnesses have confirmed if there is
    /// one, else the newest. Blocks.
    pub fn pack_base(&self, log: &str, end: u64) -> Result<PackBase, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let (published, listed) = self.base(&tree, &newest, end.saturating_sub(1), None)?;
        let directory =
            listed.map(|listed| self.prove_listed(&tree, &newest, &listed, &published)).transpose()?;
        let checkpoint = self.sign(&tree, &published);
        Ok(PackBase { origin: self.origin(tree.log), size: published.size, checkpoint, directory })
    }

    /// The roots of subtrees of the tree of `size` leaves, in the order asked. Blocks.
    pub fn subtrees(&self, log: &str, size: u64, nodes: &[Node]) -> Result<Vec<Hash>, ProofError> {
        let (tree, _) = self.published_tree(log)?;
        Ok(self.hashes(&tree, size).subtrees(nodes)?)
    }
}
