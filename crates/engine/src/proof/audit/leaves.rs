//! One log's part of the self-audit: its events against their leaves, the hashes above them against the leaves, and the
//! root against what was published.

use std::{collections::HashMap, sync::Arc};

use tallystick_event::{Leaf, units_root_of};
use tallystick_merkle::{Edge, Hash, TileHash};
use tallystick_segment::{Meta, Row, Rows};

use super::{AuditReport, FindingKind, HEALED, finding, what_of};
use crate::proof::{Proofs, Published, Tree, hashes::TILE_HASHES, runs::Runs};

/// Leaves that are read at once. A step looks at every block that may have one of them, and where events came in out of
/// their order of occurrence that is every block: few large steps, then.
const CHUNK: u64 = 8_192;

/// The tile of each level that was looked at last, as it is stored.
type Looked = HashMap<u8, (u64, Arc<[Hash]>)>;

impl Proofs {
    /// False when it was told to stop.
    pub(super) fn audit_log(
        &self,
        tree: &Tree,
        report: &mut AuditReport,
        progress: &mut dyn FnMut(u64) -> bool,
    ) -> bool {
        let target = tree.published().map_or_else(
            || {
                let edge = tree.edge();
                Published { size: edge.size(), root: edge.root(), time_ms: 0 }
            },
            |published| *published,
        );
        let (mut edge, mut wrong, mut looked) = (Edge::new(), Runs::new(tree.log), Looked::new());
        while edge.size() < target.size {
            let (from, to) = (edge.size(), target.size.min(edge.size() + CHUNK));
            let mut above = Vec::new();
            let read = self.each_row(tree, from, to, &mut |at, meta, leaf| {
                audit_event(tree, at, &meta, report);
                edge.append_noting(Leaf::hash(&leaf), |hash| above.push(hash));
                Ok(())
            });
            if let Err(error) = read {
                report.add(finding(
                    FindingKind::of(&error),
                    tree,
                    Some(tree.base + edge.size()),
                    what_of(error),
                ));
                return true; // nothing can be said of what follows
            }
            let differing = above.into_iter().filter(|hash| !self.is_stored(tree, hash, &mut looked));
            differing.for_each(|hash| wrong.push(hash));
            report.events += to - from;
            if !progress(report.events) {
                return false;
            }
        }
        if edge.root() == target.root {
            self.mend(tree, wrong, report);
        } else {
            report.add(finding(FindingKind::Forked, tree, None, forked(tree, target.size, &wrong)));
        }
        true
    }

    /// Writes hashes that follow from the leaves over those that are stored in their places.
    fn mend(&self, tree: &Tree, wrong: Runs, report: &mut AuditReport) {
        if wrong.is_empty() {
            return;
        }
        report.add(match self.runtime.block_on(self.catalog.mend_tiles(&wrong.into_runs())) {
            Ok(()) => finding(FindingKind::Healed, tree, None, HEALED.to_owned()),
            Err(error) => finding(FindingKind::Unreadable, tree, None, error.to_string()),
        });
    }

    /// Whether a hash above the leaves is stored as it follows from the leaves. What was kept in memory is not asked.
    fn is_stored(
        &self,
        tree: &Tree,
        &TileHash { level, number, hash }: &TileHash,
        looked: &mut Looked,
    ) -> bool {
        if number >= tree.in_catalog(level) {
            return true;
        }
        let (index, within) = (number / TILE_HASHES, (number % TILE_HASHES) as usize);
        let known = looked.get(&level).filter(|(at, tile)| *at == index && within < tile.len());
        if let Some((_, tile)) = known {
            return tile[within] == hash;
        }
        let Ok(tile) = self.runtime.block_on(self.catalog.tile(tree.log, level, index)) else { return false };
        let is_same = tile.get(within) == Some(&hash);
        looked.insert(level, (index, tile.into()));
        is_same
    }
}

/// The event is what its leaf commits to.
fn audit_event(tree: &Tree, (rows, row): (&dyn Rows, Row), meta: &Meta, report: &mut AuditReport) {
    match rows.units(row) {
        Ok(units) if units_root_of(&meta.salt, &units) == meta.units_root => {}
        Ok(_) => {
            let what = "its content is not what its leaf commits to".to_owned();
            report.add(finding(FindingKind::Tampered, tree, Some(meta.seq), what));
        }
        Err(error) => report.add(finding(FindingKind::Unreadable, tree, Some(meta.seq), error.to_string())),
    }
}

/// What the leaves are not, and the first place known where they are not it.
fn forked(tree: &Tree, size: u64, wrong: &Runs) -> String {
    let place = wrong.first_leaf().map_or_else(String::new, |leaf| {
        let (first, last) = (tree.base + leaf, tree.base + leaf + TILE_HASHES - 1);
        format!("; the first of them is between seq {first} and {last}")
    });
    format!(
        "its {size} leaves do not have the root that was recorded when they came in: leaves were changed, removed or \
         exchanged{place}"
    )
}
