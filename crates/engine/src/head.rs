//! The growing end of each organization's log: size, tree edge, last received time.

use std::collections::{HashMap, HashSet};

use tallystick_event::{EventId, Leaf, LeafForm, LogId, OrgId, Prepared};
use tallystick_merkle::{Edge, Hash, TileHash};

/// The end of one log. Owned by the sequencer alone; everybody else sees copies.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// The log's id, part of every leaf.
    pub(crate) log: LogId,
    /// Seq of the log's leaf 0: events that the organization has in earlier logs.
    pub(crate) base: u64,
    /// Right edge of the log's tree; its size is the index of the next leaf.
    pub(crate) edge: Edge,
    /// Hashes of tiles above the leaves that were completed and not yet handed on.
    pub(crate) completed: Vec<TileHash>,
    /// `received_at` of the newest event, Unix ms.
    pub(crate) last_received_ms: i64,
    /// Writes are refused.
    pub(crate) archived: bool,
}

impl Head {
    /// The head of an empty log.
    pub(crate) fn empty(log: LogId, base: u64) -> Self {
        Self { log, base, edge: Edge::default(), completed: Vec::new(), last_received_ms: 0, archived: false }
    }

    /// Takes one event: assigns its seq and received time, extends the tree, and returns them with the leaf hash.
    pub(crate) fn take(&mut self, event: &Prepared, now_ms: i64) -> (u64, i64, Hash) {
        let received_ms = now_ms.max(self.last_received_ms);
        self.take_received(event, received_ms)
    }

    /// As [`Self::take`] with a received time that is known already (replay).
    pub(crate) fn take_received(&mut self, event: &Prepared, received_ms: i64) -> (u64, i64, Hash) {
        assert!(received_ms >= self.last_received_ms, "received_at never goes back within a log");
        let index = self.edge.size();
        let seq = self.base + index;
        let form = event.leaf_form();
        let leaf_hash = leaf(self.log, index, received_ms, event.id, form, event.units_root).hash();
        let completed = &mut self.completed;
        self.edge.append_noting(leaf_hash, |hash| completed.push(hash));
        self.last_received_ms = received_ms;
        assert_eq!(self.edge.size(), index + 1, "one event is one leaf");
        (seq, received_ms, leaf_hash)
    }
}

/// The leaf by which an event stands in its log, at `index`.
pub(crate) fn leaf(
    log: LogId,
    index: u64,
    received_ms: i64,
    id: EventId,
    form: LeafForm,
    units_root: [u8; 32],
) -> Leaf {
    Leaf { log, seq: index, received_ms, id, kind: form.kind, units: form.units, units_root }
}

/// All heads, and a staging area for the batch that is being written.
#[derive(Debug, Default)]
pub(crate) struct Heads {
    committed: HashMap<OrgId, Head>,
    staged: HashMap<OrgId, Head>,
    grown: HashSet<OrgId>,
}

impl Heads {
    /// Adds or replaces the head of an organization (creation and recovery).
    pub(crate) fn insert(&mut self, org: OrgId, head: Head) {
        self.committed.insert(org, head);
    }

    /// The head that the next event of `org` goes on, to be changed in place.
    pub(crate) fn stage(&mut self, org: &OrgId) -> Option<&mut Head> {
        if !self.staged.contains_key(org) {
            let head = self.committed.get(org)?.clone();
            self.staged.insert(org.clone(), head);
        }
        self.staged.get_mut(org)
    }

    /// The committed head.
    pub(crate) fn get(&self, org: &OrgId) -> Option<&Head> {
        self.committed.get(org)
    }

    /// Takes out the head of an organization that has no events, in closed logs neither; none if it has some, or if
    /// there is no such organization.
    pub(crate) fn remove_empty(&mut self, org: &OrgId) -> Option<Head> {
        self.committed.get(org).filter(|head| head.base == 0 && head.edge.size() == 0)?;
        self.committed.remove(org)
    }

    /// Refuses or allows writes.
    pub(crate) fn set_archived(&mut self, org: &OrgId, archived: bool) {
        if let Some(head) = self.committed.get_mut(org) {
            head.archived = archived;
        }
    }

    /// The batch is durable: what was staged is now the truth. `grown` is told of each head, and of the tile hashes
    /// that its growth completed.
    pub(crate) fn commit(&mut self, mut grown: impl FnMut(&Head, Vec<TileHash>)) {
        for (org, mut head) in self.staged.drain() {
            let completed = std::mem::take(&mut head.completed);
            grown(&head, completed);
            let before = self.committed.get(&org).map_or(0, |old| old.edge.size());
            assert!(head.edge.size() >= before, "a log only grows");
            self.grown.insert(org.clone());
            self.committed.insert(org, head);
        }
    }

    /// The batch was not written: forget what was staged.
    pub(crate) fn rollback(&mut self) {
        self.staged.clear();
    }

    /// The heads that grew since the last call, as they are now: what a seal records.
    pub(crate) fn take_grown(&mut self) -> Vec<(OrgId, Head)> {
        let grown = std::mem::take(&mut self.grown);
        grown
            .into_iter()
            .filter_map(|org| self.committed.get(&org).cloned().map(|head| (org, head)))
            .collect()
    }
}
