//! Making the hashes above the leaves again: they follow from the leaves, so what is missing or damaged of them is no
//! loss. The edge that was recorded when the leaves came in says whether the result is right.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tallystick_catalog::{TileCount, TileRun};
use tallystick_event::LogId;
use tallystick_merkle::{Edge, hashes_at};

use crate::{
    error::ReadError,
    proof::{DIRECTORY_NAME, ProofError, Proofs, Tree, hashes::TILE_HASHES, runs::Runs, trees::LEVELS},
};

/// How long whoever reads does not have the hashes of the same log made again.
const HEAL_PAUSE: Duration = Duration::from_hours(1);
/// Leaves that are read at once.
const CHUNK: u64 = 8_192;

impl Proofs {
    /// Makes the stored hashes of those logs again, and of the directory, that have not exactly as many as their sealed
    /// size demands. Gives their names. Only while nothing is sealed.
    pub(crate) fn rebuild_missing(&self, counts: &[TileCount]) -> Result<Vec<String>, ReadError> {
        let counts: HashMap<(LogId, u8), u64> =
            counts.iter().map(|count| ((count.log, count.level), count.hashes)).collect();
        let has = |log: LogId, level: u8, demanded: u64| {
            counts.get(&(log, level)).copied().unwrap_or(0) == demanded
        };
        let is_complete =
            |tree: &Arc<Tree>| (1..=LEVELS).all(|level| has(tree.log, level, tree.in_catalog(level)));
        let mut rebuilt = Vec::new();
        for tree in self.trees.all().iter().filter(|tree| !is_complete(tree)) {
            let runs = self.hashes_of_leaves(tree)?;
            let replaced = self.runtime.block_on(self.catalog.replace_tiles(tree.log, &runs));
            replaced.map_err(|error| ReadError::of_catalog(&error))?;
            rebuilt.push(tree.org.to_string());
        }
        let (directory, size) = (self.directory.log(), self.directory_size());
        if !(1..=LEVELS).all(|level| has(directory, level, hashes_at(level, size)))
            && self.heal_directory()?
        {
            rebuilt.push(DIRECTORY_NAME.to_owned());
        }
        Ok(rebuilt)
    }

    /// Writes the hashes that follow from a log's leaves over those that are stored; false if the leaves are not those
    /// that were recorded when they came in. Seals may go on meanwhile.
    pub(crate) fn heal(&self, tree: &Tree) -> Result<bool, ReadError> {
        let runs = match self.hashes_of_leaves(tree) {
            Ok(runs) => runs,
            Err(error) => return not_healed(tree.org.as_str(), error),
        };
        let mended = self.runtime.block_on(self.catalog.mend_tiles(&runs));
        mended.map_err(|error| ReadError::of_catalog(&error))?;
        self.cache.forget(tree.log);
        Ok(true)
    }

    /// What is read; and once more, if it does not fit and the hashes above the leaves may be why. Reading a whole log
    /// for that is not done at everybody's bidding: not again for [`HEAL_PAUSE`]. Who asks meanwhile waits.
    pub(crate) fn or_healed<T>(
        &self,
        log: LogId,
        read: impl Fn() -> Result<T, ProofError>,
        heal: impl FnOnce() -> Result<bool, ReadError>,
    ) -> Result<T, ProofError> {
        let error = match read() {
            Err(ProofError::Read(error)) if error.is_damage() => error,
            answer => return answer,
        };
        let may_help = {
            let mut tried = self.heals.lock();
            match tried.get(&log) {
                Some(at) if at.elapsed() < HEAL_PAUSE => true,
                _ => {
                    tried.insert(log, Instant::now());
                    heal()?
                }
            }
        };
        if may_help { read() } else { Err(error.into()) }
    }

    /// The hashes that the catalog should have of a log, of its leaves.
    fn hashes_of_leaves(&self, tree: &Tree) -> Result<Vec<TileRun>, ReadError> {
        let stored: Vec<u64> = (1..=LEVELS).map(|level| tree.in_catalog(level)).collect();
        let recorded = tree.edge();
        let mut edge = Edge::new();
        let mut runs = Runs::new(tree.log);
        while edge.size() < recorded.size() {
            let to = recorded.size().min(edge.size() + CHUNK);
            for leaf in self.leaves(tree, edge.size(), to)? {
                edge.append_noting(leaf.hash(), |hash| {
                    if hash.number < stored[usize::from(hash.level) - 1] {
                        runs.push(hash);
                    }
                });
            }
        }
        if edge == recorded {
            return Ok(runs.into_runs());
        }
        let (size, org) = (recorded.size(), &tree.org);
        Err(ReadError::tampered(format!(
            "the {size} events of {org} do not have the root that was recorded for them"
        )))
    }

    /// As [`Proofs::heal`] for the directory, whose entries are proven by the checkpoint that we have signed over them.
    /// No round goes on meanwhile.
    pub(crate) fn heal_directory(&self) -> Result<bool, ReadError> {
        let failed = |error| ReadError::of_catalog(&error);
        let _round = self.runtime.block_on(self.directory.rounds());
        let newest = self.runtime.block_on(self.catalog.newest_directory()).map_err(failed)?;
        let Some(newest) = newest.filter(|newest| self.is_own(newest)) else { return Ok(false) };
        let runs = match self.hashes_of_entries(&newest.edge) {
            Ok(runs) => runs,
            Err(error) => return not_healed(DIRECTORY_NAME, error),
        };
        let replaced = self.runtime.block_on(self.catalog.replace_tiles(self.directory.log(), &runs));
        replaced.map_err(failed)?;
        self.cache.forget(self.directory.log());
        Ok(true)
    }

    /// The hashes that the catalog should have of the directory up to a size, of its entries.
    pub(crate) fn hashes_of_entries(&self, signed: &Edge) -> Result<Vec<TileRun>, ReadError> {
        let mut edge = Edge::new();
        let mut runs = Runs::new(self.directory.log());
        while edge.size() < signed.size() {
            let (from, count) = (edge.size(), CHUNK.min(signed.size() - edge.size()));
            for entry in self.directory_rows(from, count as u32)? {
                edge.append_noting(self.entry_of(&entry).hash(), |hash| runs.push(hash));
            }
        }
        if edge == *signed {
            return Ok(runs.into_runs());
        }
        Err(ReadError::tampered("the entries of the directory do not have the root that was signed"))
    }

    /// Whether the catalog has these hashes. What was kept in memory is not asked.
    pub(crate) fn are_stored(&self, runs: &[TileRun]) -> Result<bool, ReadError> {
        for run in runs {
            let mut number = run.first;
            while number < run.first + run.hashes.len() as u64 {
                let (tile, within) = (number / TILE_HASHES, (number % TILE_HASHES) as usize);
                let rest = &run.hashes[(number - run.first) as usize..];
                let wanted = &rest[..rest.len().min(TILE_HASHES as usize - within)];
                let read = self.runtime.block_on(self.catalog.tile(run.log, run.level, tile));
                let stored = read.map_err(|error| ReadError::of_catalog(&error))?;
                if stored.get(within..within + wanted.len()) != Some(wanted) {
                    return Ok(false);
                }
                number += wanted.len() as u64;
            }
        }
        Ok(true)
    }
}

/// Leaves that are not what was recorded cannot heal what stands above them; that they cannot be read now can pass.
fn not_healed(of: &str, error: ReadError) -> Result<bool, ReadError> {
    if !error.is_damage() {
        return Err(error);
    }
    tracing::error!(of, %error, "hashes above the leaves cannot be made again");
    Ok(false)
}
