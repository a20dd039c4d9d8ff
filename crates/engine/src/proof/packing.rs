//! What an evidence pack is made from: one checkpoint under which everything in it is proven, and the hashes between
//! the events that are in it.

use tallystick_catalog::{Anchor, CatalogError};
use tallystick_event::LogId;
use tallystick_merkle::{Hash, Node, Note, Subtrees as _};

use crate::{
    error::ReadError,
    proof::{DirectoryProof, Listed, Proofs, answers::ProofError},
};

/// Statements about one checkpoint of the directory that a pack has at most, cosignatures included.
const ANCHORS_MAX: u32 = 128;

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
    /// What others stated about the directory's checkpoint, the oldest first.
    pub anchors: Vec<Anchor>,
}

impl Proofs {
    /// The checkpoint for a pack whose last leaf is below `end`: the first that witnesses have confirmed if there is
    /// one, else the newest. Of the checkpoints of the directory that list it one is taken that has a timestamp, if
    /// there is such a one and it has no fewer witnesses. Blocks.
    pub fn pack_base(&self, log: LogId, end: u64) -> Result<PackBase, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let last = end.saturating_sub(1);
        let mut listed = self.listed_below(&tree, &newest, last)?;
        let published = self.base(&tree, &newest, last, None, listed.as_ref())?;
        let mut anchors = Vec::new();
        if let Some(listed) = &mut listed {
            anchors = self.anchor(listed).map_err(|error| ReadError::of_catalog(&error))?;
        }
        let directory =
            listed.map(|listed| self.prove_listed(&tree, &newest, &listed, &published)).transpose()?;
        let checkpoint = self.sign(&tree, &published);
        Ok(PackBase { origin: self.origin(tree.log), size: published.size, checkpoint, directory, anchors })
    }

    /// Puts a stamped checkpoint of the directory in the place of one that is not, and gives what is stated of it.
    fn anchor(&self, listed: &mut Listed) -> Result<Vec<Anchor>, CatalogError> {
        self.runtime.block_on(async {
            let needs_witnesses = listed.is_witnessed();
            let stamped = self.catalog.directory_stamped(listed.index(), needs_witnesses).await?;
            // What the guard has not recorded yet is not to be seen.
            let shown = self.directory_newest().map_or(0, |newest| newest.edge.size());
            if let Some(stamped) = stamped.filter(|stamped| stamped.edge.size() <= shown) {
                listed.move_to(stamped);
            }
            self.catalog.anchors_of(listed.directory_size(), ANCHORS_MAX).await
        })
    }

    /// The roots of subtrees of the tree of `size` leaves, in the order asked. Blocks.
    pub fn subtrees(&self, log: LogId, size: u64, nodes: &[Node]) -> Result<Vec<Hash>, ProofError> {
        let (tree, _) = self.published_tree(log)?;
        Ok(self.hashes(&tree, size).subtrees(nodes)?)
    }
}
