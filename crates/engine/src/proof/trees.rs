//! The trees of all logs as they are now: what the sequencer hands on, and what readers of proofs start from.
//!
//! A tree's hashes above the leaves are in the catalog as far as its log is sealed, and here from there on.

use std::{collections::HashMap, sync::Arc, time::Instant};

use arc_swap::ArcSwapOption;
use parking_lot::{Condvar, Mutex, RwLock};
use tallystick_catalog::TileRun;
use tallystick_event::{LogId, OrgId};
use tallystick_merkle::{Edge, Hash, TileHash, hashes_at, limits::TILE_LEVELS};

use crate::head::Head;

/// Levels of tiles above the leaves that a tree can have.
pub(crate) const LEVELS: u8 = TILE_LEVELS - 1;

/// A size of a log that the guard has recorded and that may be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Leaves.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// When it was recorded, Unix ms.
    pub time_ms: i64,
}

/// One log's tree.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) log: LogId,
    pub(crate) org: OrgId,
    /// Seq of the event that is leaf 0.
    pub(crate) base: u64,
    /// The log takes no more events and is not signed any more.
    pub(crate) closed: bool,
    state: Mutex<State>,
    published: ArcSwapOption<Published>,
}

#[derive(Debug)]
struct State {
    edge: Edge,
    /// Leaves whose hashes above are in the catalog.
    sealed: u64,
    /// Hashes of levels 1 to 7 behind those in the catalog.
    pending: [Vec<Hash>; LEVELS as usize],
    /// In the list of logs to be published.
    dirty: bool,
}

/// A place in a tree's level: in memory, or in the catalog.
pub(crate) enum Stored {
    Here(Vec<Hash>),
    InCatalog,
}

impl Tree {
    pub(crate) fn new(org: OrgId, log: LogId, base: u64, sealed: Edge, closed: bool) -> Self {
        let state = State { sealed: sealed.size(), edge: sealed, pending: Default::default(), dirty: false };
        Self { log, org, base, closed, state: Mutex::new(state), published: ArcSwapOption::empty() }
    }

    /// Leaves that are durable.
    pub(crate) fn size(&self) -> u64 {
        self.state.lock().edge.size()
    }

    /// The right edge over all durable leaves.
    pub(crate) fn edge(&self) -> Edge {
        self.state.lock().edge.clone()
    }

    /// The newest size that may be signed; none before the first.
    pub(crate) fn published(&self) -> Option<Arc<Published>> {
        self.published.load_full()
    }

    pub(crate) fn publish(&self, published: Published) {
        self.published.store(Some(Arc::new(published)));
    }

    /// Hashes `first..first + count` of a level above the leaves, if they are not in the catalog. They must exist.
    pub(crate) fn pending(&self, level: u8, first: u64, count: usize) -> Stored {
        let state = self.state.lock();
        let sealed = hashes_at(level, state.sealed);
        let Some(start) = first.checked_sub(sealed) else { return Stored::InCatalog };
        let pending = &state.pending[usize::from(level) - 1];
        let found = pending.get(start as usize..start as usize + count);
        found.map_or(Stored::InCatalog, |hashes| Stored::Here(hashes.to_vec()))
    }

    /// How many hashes of a level are in the catalog.
    pub(crate) fn in_catalog(&self, level: u8) -> u64 {
        hashes_at(level, self.state.lock().sealed)
    }

    /// The hashes that a seal of the log up to `size` leaves has to store.
    pub(crate) fn to_seal(&self, size: u64) -> Vec<TileRun> {
        let state = self.state.lock();
        let run = |level: u8| {
            let (first, end) = (hashes_at(level, state.sealed), hashes_at(level, size));
            let hashes = state.pending[usize::from(level) - 1][..(end - first) as usize].to_vec();
            (!hashes.is_empty()).then_some(TileRun { log: self.log, level, first, hashes })
        };
        (1..=LEVELS).filter_map(run).collect()
    }

    /// They are stored.
    pub(crate) fn sealed(&self, size: u64) {
        let mut state = self.state.lock();
        for level in 1..=LEVELS {
            let stored = hashes_at(level, size) - hashes_at(level, state.sealed);
            state.pending[usize::from(level) - 1].drain(..stored as usize);
        }
        state.sealed = size;
    }
}

/// All trees. The sequencer adds growth, everybody else reads.
#[derive(Debug, Default)]
pub(crate) struct Trees {
    known: RwLock<Known>,
    dirty: Mutex<Dirty>,
    woken: Condvar,
    stopped: Condvar,
}

#[derive(Debug, Default)]
struct Known {
    by_log: HashMap<LogId, Arc<Tree>>,
    /// An organization's logs in order of their bases; the last is its present one.
    by_org: HashMap<OrgId, Vec<Arc<Tree>>>,
}

#[derive(Debug, Default)]
struct Dirty {
    trees: Vec<Arc<Tree>>,
    stopping: bool,
}

impl Trees {
    pub(crate) fn insert(&self, tree: Tree) -> Arc<Tree> {
        let tree = Arc::new(tree);
        let mut known = self.known.write();
        known.by_log.insert(tree.log, Arc::clone(&tree));
        let logs = known.by_org.entry(tree.org.clone()).or_default();
        logs.retain(|other| other.log != tree.log);
        logs.push(Arc::clone(&tree));
        logs.sort_by_key(|tree| (tree.base, !tree.closed));
        tree
    }

    /// Forgets an organization without events.
    pub(crate) fn remove(&self, org: &OrgId) {
        let mut known = self.known.write();
        for tree in known.by_org.remove(org).unwrap_or_default() {
            known.by_log.remove(&tree.log);
        }
    }

    pub(crate) fn of_log(&self, log: LogId) -> Option<Arc<Tree>> {
        self.known.read().by_log.get(&log).cloned()
    }

    /// The present log of an organization.
    pub(crate) fn of_org(&self, org: &OrgId) -> Option<Arc<Tree>> {
        self.known.read().by_org.get(org)?.last().cloned()
    }

    /// The log of the same organization that was closed for this one; none for its first.
    pub(crate) fn before(&self, tree: &Tree) -> Option<Arc<Tree>> {
        let known = self.known.read();
        let closed = known.by_org.get(&tree.org)?.iter().filter(|other| other.closed);
        closed
            .filter(|closed| closed.base + closed.size() == tree.base)
            .max_by_key(|closed| closed.size())
            .cloned()
    }

    /// The log that holds an organization's event.
    pub(crate) fn of_event(&self, org: &OrgId, seq: u64) -> Option<Arc<Tree>> {
        let known = self.known.read();
        known.by_org.get(org)?.iter().rev().find(|tree| tree.base <= seq).cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Tree>> {
        self.known.read().by_log.values().cloned().collect()
    }

    /// A log grew, durably.
    pub(crate) fn grown(&self, head: &Head, completed: Vec<TileHash>) {
        let tree = self.of_log(head.log).expect("every log has a tree before its first event");
        let newly_dirty = {
            let mut state = tree.state.lock();
            state.edge.clone_from(&head.edge);
            for TileHash { level, hash, .. } in completed {
                state.pending[usize::from(level) - 1].push(hash);
            }
            !std::mem::replace(&mut state.dirty, true)
        };
        if newly_dirty {
            self.mark(tree);
        }
    }

    /// Puts a tree on the list for the next round of publishing.
    pub(crate) fn mark(&self, tree: Arc<Tree>) {
        tree.state.lock().dirty = true;
        self.dirty.lock().trees.push(tree);
        self.woken.notify_one();
    }

    /// Waits until a tree has grown; false when the engine stops.
    pub(crate) fn wait_for_growth(&self) -> bool {
        let mut dirty = self.dirty.lock();
        while dirty.trees.is_empty() && !dirty.stopping {
            self.woken.wait(&mut dirty);
        }
        !dirty.stopping
    }

    /// The trees that grew since the last call, with the size and root of each.
    pub(crate) fn take_grown(&self) -> Vec<(Arc<Tree>, u64, Hash)> {
        let trees = std::mem::take(&mut self.dirty.lock().trees);
        let snapshot = |tree: Arc<Tree>| {
            let (size, root) = {
                let mut state = tree.state.lock();
                state.dirty = false;
                (state.edge.size(), state.edge.root())
            };
            (tree, size, root)
        };
        trees.into_iter().map(snapshot).collect()
    }

    /// Sleeps; false as soon as the engine stops.
    pub(crate) fn sleep_until(&self, until: Instant) -> bool {
        let mut dirty = self.dirty.lock();
        while !dirty.stopping {
            if until <= Instant::now() {
                return true;
            }
            self.stopped.wait_until(&mut dirty, until);
        }
        false
    }

    /// Whether the engine stops.
    pub(crate) fn is_stopping(&self) -> bool {
        self.dirty.lock().stopping
    }

    /// Ends [`Self::wait_for_growth`].
    pub(crate) fn stop(&self) {
        self.dirty.lock().stopping = true;
        self.woken.notify_all();
        self.stopped.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(n: u64) -> Hash {
        tallystick_merkle::leaf_hash(&n.to_be_bytes())
    }

    #[test]
    fn hashes_are_here_until_they_are_sealed() {
        let org: OrgId = "acme".parse().unwrap();
        let trees = Trees::default();
        let tree = trees.insert(Tree::new(org.clone(), LogId([1; 16]), 0, Edge::new(), false));
        let mut head = Head::empty(LogId([1; 16]), 0);
        let mut level_1 = Vec::new();
        for n in 0..1_000 {
            let mut completed = Vec::new();
            head.edge.append_noting(hash(n), |noted| completed.push(noted));
            level_1.extend(completed.iter().map(|noted| noted.hash));
            trees.grown(&head, completed);
        }
        assert_eq!((tree.size(), level_1.len()), (1_000, 3));
        let runs = tree.to_seal(600);
        assert_eq!(runs, [TileRun { log: tree.log, level: 1, first: 0, hashes: level_1[..2].to_vec() }]);
        tree.sealed(600);
        assert!(matches!(tree.pending(1, 1, 1), Stored::InCatalog));
        assert!(matches!(tree.pending(1, 2, 1), Stored::Here(found) if found == level_1[2..]));
        assert_eq!(tree.to_seal(1_000)[0].first, 2);
        assert_eq!(trees.take_grown().len(), 1, "listed once, however often it grew");
        assert!(trees.take_grown().is_empty());
    }

    #[test]
    fn an_event_is_in_the_log_whose_leaves_reach_it() {
        let org: OrgId = "acme".parse().unwrap();
        let trees = Trees::default();
        trees.insert(Tree::new(org.clone(), LogId([2; 16]), 500, Edge::new(), false));
        trees.insert(Tree::new(org.clone(), LogId([1; 16]), 0, Edge::new(), true));
        let log = |seq| trees.of_event(&org, seq).unwrap().log;
        assert_eq!((log(499), log(500), log(9_999)), (LogId([1; 16]), LogId([2; 16]), LogId([2; 16])));
        assert_eq!(trees.of_org(&org).unwrap().log, LogId([2; 16]));
    }
}
