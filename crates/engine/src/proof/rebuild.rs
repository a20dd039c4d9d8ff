//! Making the hashes above the leaves again: they follow from the leaves, so what is missing or damaged of them is no
//! loss. The root that the seal recorded says whether the result is right.

use std::{collections::HashMap, sync::Arc};

use tallystick_catalog::TileCount;
use tallystick_event::LogId;
use tallystick_merkle::{Edge, hashes_at};

use crate::{
    error::ReadError,
    proof::{Proofs, Tree, runs::Runs, trees::LEVELS},
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
        let counts: HashMap<(LogId, u8), u64> =
            counts.iter().map(|count| ((count.log, count.level), count.hashes)).collect();
        let mut rebuilt = Vec::new();
        for (tree, edge) in sealed {
            let complete = (1..=LEVELS).all(|level| {
                let stored = counts.get(&(tree.log, level)).copied();
                stored.unwrap_or(0) == hashes_at(level, edge.size())
            });
            if !complete {
                self.rebuild(tree, edge)?;
                rebuilt.push(tree.org.to_string());
            }
        }
        Ok(rebuilt)
    }

    /// Makes the stored hashes of one log again from its first `sealed.size()` leaves. Only while nothing is sealed.
    fn rebuild(&self, tree: &Tree, sealed: &Edge) -> Result<(), ReadError> {
        let mut edge = Edge::new();
        let mut runs = Runs::new(tree.log);
        while edge.size() < sealed.size() {
            let to = sealed.size().min(edge.size() + CHUNK);
            for leaf in self.leaves(tree, edge.size(), to)? {
                edge.append_noting(leaf.hash(), |hash| runs.push(hash));
            }
        }
        if edge != *sealed {
            return Err(ReadError::Corrupt(format!(
                "TAMPERED: the {} sealed events of {} do not have the root that was recorded for them",
                sealed.size(),
                tree.org
            )));
        }
        let replaced = self.runtime.block_on(self.catalog.replace_tiles(tree.log, &runs.into_runs()));
        replaced.map_err(|error| ReadError::of_catalog(&error))
    }
}
