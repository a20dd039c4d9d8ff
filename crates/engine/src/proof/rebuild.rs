//! Making the hashes above the leaves again: they follow from the leaves, so what is missing or damaged of them is no
//! loss. The root that the seal recorded says whether the result is right.

use std::sync::Arc;

use tallystick_catalog::{TileCount, TileRun};
use tallystick_merkle::Edge;

use crate::{
    error::ReadError,
    head::TILE_HEIGHT,
    proof::{Proofs, Tree, trees::LEVELS},
};

/// Leaves that are read at once.
const CHUNK: u64 = 8_192;

impl Proofs {
    /// Makes the stored hashes of those sealed logs again that have not exactly as many as their size demands.
    pub(crate) fn rebuild_missing(
        &self,
        counts: &[TileCount],
        sealed: &[(Arc<Tree>, Edge)],
    ) -> Result<Vec<String>, ReadError> {
        let mut rebuilt = Vec::new();
        for (tree, edge) in sealed {
            let complete = (1..=LEVELS).all(|level| {
                let stored = counts.iter().find(|count| count.log == tree.log && count.level == level);
                stored.map_or(0, |count| count.hashes) == edge.size() >> (TILE_HEIGHT * level)
            });
            if !complete {
                self.rebuild(tree, edge)?;
                rebuilt.push(tree.org.to_string());
            }
        }
        Ok(rebuilt)
    }

    /// Makes the stored hashes of one log again from its first `sealed.size()` leaves.
    pub(crate) fn rebuild(&self, tree: &Tree, sealed: &Edge) -> Result<(), ReadError> {
        let mut edge = Edge::new();
        let mut runs: Vec<TileRun> = (1..=LEVELS)
            .map(|level| TileRun { log: tree.log, level, first: 0, hashes: Vec::new() })
            .collect();
        while edge.size() < sealed.size() {
            let to = sealed.size().min(edge.size() + CHUNK);
            for leaf in self.leaves(tree, edge.size(), to)? {
                edge.append_noting(leaf.hash(), |height, hash| {
                    if height.is_multiple_of(TILE_HEIGHT) {
                        runs[usize::from(height / TILE_HEIGHT) - 1].hashes.push(*hash);
                    }
                });
            }
        }
        if edge != *sealed {
            return Err(ReadError::Corrupt(format!(
                "TAMPERED: the {} sealed events of {} do not have the root that was recorded for them",
                sealed.size(),
                tree.org
            )));
        }
        runs.retain(|run| !run.hashes.is_empty());
        let replaced = self.runtime.block_on(self.catalog.replace_tiles(tree.log, &runs));
        self.forget_tiles(tree.log);
        replaced.map_err(|error| ReadError::of_catalog(&error))
    }
}
