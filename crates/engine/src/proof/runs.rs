//! Tile hashes on their way into the catalog, gathered into runs that lie side by side.

use tallystick_catalog::TileRun;
use tallystick_event::LogId;
use tallystick_merkle::{TileHash, limits::TILE_HASHES};

/// Hashes of one log.
#[derive(Debug)]
pub(crate) struct Runs {
    log: LogId,
    runs: Vec<TileRun>,
}

impl Runs {
    pub(crate) fn new(log: LogId) -> Self {
        Self { log, runs: Vec::new() }
    }

    /// Adds a hash; those of a level come in ascending order.
    pub(crate) fn push(&mut self, TileHash { level, number, hash }: TileHash) {
        let newest = self.runs.iter_mut().rfind(|run| run.level == level);
        match newest.filter(|run| run.first + run.hashes.len() as u64 == number) {
            Some(run) => run.hashes.push(hash),
            None => self.runs.push(TileRun { log: self.log, level, first: number, hashes: vec![hash] }),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The first leaf below the first hash of the lowest level; none without one.
    pub(crate) fn first_leaf(&self) -> Option<u64> {
        let run = self.runs.iter().filter(|run| run.level == 1).min_by_key(|run| run.first)?;
        Some(run.first * u64::from(TILE_HASHES))
    }

    pub(crate) fn into_runs(self) -> Vec<TileRun> {
        self.runs
    }
}
