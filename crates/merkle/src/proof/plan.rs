//! Which subtrees a proof needs, before any hash is read: so that a source can read them all at once.

use super::node::{Node, cover};
use super::source::Subtrees;
use crate::hash::{Hash, fold};

/// Ranges of leaves whose Merkle tree hashes a proof consists of, as complete subtrees.
#[derive(Debug, Default)]
pub(super) struct Plan {
    nodes: Vec<Node>,
    /// For each hash of the proof, the number of nodes up to and including its own.
    ends: Vec<usize>,
}

impl Plan {
    /// Each range must be a subtree as RFC 6962 splits some tree; [`cover`] says what that gives.
    pub(super) fn of(ranges: impl IntoIterator<Item = (u64, u64)>) -> Plan {
        let mut plan = Plan::default();
        for (from, to) in ranges {
            cover(from, to, &mut plan.nodes);
            plan.ends.push(plan.nodes.len());
        }
        plan
    }

    pub(super) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }

    /// The hashes of the proof.
    pub(super) fn read<S: Subtrees + ?Sized>(&self, source: &S) -> Result<Vec<Hash>, S::Error> {
        let hashes = source.subtrees(&self.nodes)?;
        assert_eq!(hashes.len(), self.nodes.len(), "a source gives one hash for each node");
        let mut from = 0;
        Ok(self
            .ends
            .iter()
            .map(|&end| {
                let hash = fold(&hashes[from..end]);
                from = end;
                hash
            })
            .collect())
    }
}
