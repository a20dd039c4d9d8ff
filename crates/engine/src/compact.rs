//! The compactor: many small segments become few large ones, so that a search opens few files.
//!
//! Only adjacent segments are merged, so that every segment covers one range of positions and the whole set
//! covers the log without gap or overlap; that is asserted at every start.

use std::sync::{Arc, atomic::Ordering};

use crossbeam_channel::Receiver;
use tallystick_catalog::{Compaction, SegmentId, SegmentRow};
use tallystick_segment::{Rows, SegmentSource};

use crate::{
    options::{COMPACTION_FAN_IN, SEGMENT_EVENTS_MAX},
    seal::{Maintenance, SealError, segment_row},
    view::{SealedSegment, ViewCell},
};

pub(crate) struct Compactor {
    pub(crate) shared: Arc<Maintenance>,
    pub(crate) wake: Receiver<()>,
}

impl Compactor {
    /// Compacts whenever the sealer says that there is a new segment, until the sealer is gone.
    pub(crate) fn run(self) {
        while let Ok(()) = self.wake.recv() {
            while let Some(range) = pick(&sizes(&self.shared.view)) {
                if self.shared.stopping.load(Ordering::SeqCst) {
                    return;
                }
                if let Err(error) = self.compact(range) {
                    self.shared.counters.compaction_failures.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "compaction failed; the segments stay as they are");
                    break; // tried again after the next seal
                }
            }
        }
    }

    fn compact(&self, range: std::ops::Range<usize>) -> Result<(), SealError> {
        let old: Vec<Arc<SealedSegment>> = self.shared.view.load().segments[range].to_vec();
        let (first, last) = (&old[0], &old[old.len() - 1]);
        let positions = first.row.first_position..last.row.end_position;
        let level = old.iter().map(|sealed| sealed.row.level).max().unwrap_or(0).saturating_add(1);
        let id = SegmentId::generate(&*self.shared.clock, &*self.shared.random);
        let sources: Vec<&dyn SegmentSource> =
            old.iter().map(|sealed| &sealed.segment as &dyn SegmentSource).collect();
        let written = self.shared.files.write(id, &sources)?;
        self.shared.crash.visit("compact.after_write");
        let now_ms = self.shared.clock.now_ms();
        let row = SegmentRow { level, ..segment_row(id, &written.info, positions.clone(), now_ms) };
        let replaced: Vec<SegmentId> = old.iter().map(|sealed| sealed.row.id).collect();
        let compaction = Compaction { segment: row.clone(), replaced };
        self.shared.runtime.block_on(self.shared.catalog.commit_compaction(&compaction))?;
        // From here the catalog names the new file; the old ones are garbage that a start would delete too.
        self.shared.crash.visit("compact.after_commit");
        let merged = Arc::new(SealedSegment { row, segment: written.segment });
        self.shared.view.change(|view| {
            let start = view.segments.iter().position(|sealed| sealed.row.first_position == positions.start);
            let start = start.expect("only the compactor removes segments");
            view.segments.splice(start..start + old.len(), [merged]);
        });
        for id in &compaction.replaced {
            if let Err(error) = self.shared.files.delete(*id) {
                tracing::warn!(segment = %id, %error, "a replaced segment could not be deleted");
            }
        }
        self.shared.crash.visit("compact.after_delete");
        self.shared.runtime.block_on(self.shared.catalog.forget_segments(&compaction.replaced))?;
        self.shared.counters.compactions.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

fn sizes(view: &ViewCell) -> Vec<u64> {
    view.load().segments.iter().map(|sealed| u64::from(sealed.segment.len())).collect()
}

/// Size class of a segment: powers of the fan-in, so that every event is rewritten once a class.
fn class(events: u64) -> u32 {
    events.max(1).ilog(COMPACTION_FAN_IN as u64)
}

/// The adjacent segments to merge next: the oldest run of `COMPACTION_FAN_IN` or more in the smallest class.
/// Smaller neighbours are taken along, or a small segment between two large ones would stay for ever.
fn pick(sizes: &[u64]) -> Option<std::ops::Range<usize>> {
    let largest = sizes.iter().map(|events| class(*events)).max()?;
    (0..=largest).find_map(|limit| {
        let mut start = 0;
        while start < sizes.len() {
            // A segment of more than half the size that a merge may reach is as large as it gets.
            let mergeable = |events: &u64| class(*events) <= limit && *events <= SEGMENT_EVENTS_MAX / 2;
            let run = sizes[start..].iter().take_while(|events| mergeable(events)).count();
            if run == 0 {
                start += 1;
                continue;
            }
            if let Some(count) = within_limit(&sizes[start..start + run]) {
                return Some(start..start + count);
            }
            start += run;
        }
        None
    })
}

/// How many of a run to merge: as many as fit, if that is enough to be worth it.
fn within_limit(run: &[u64]) -> Option<usize> {
    let mut total = 0;
    let fitting = run.iter().take_while(|events| {
        total += **events;
        total <= SEGMENT_EVENTS_MAX
    });
    let count = fitting.count().min(COMPACTION_FAN_IN * 4);
    let full = count < run.len() && count >= 2; // cannot grow any more: the next one would not fit
    (count >= COMPACTION_FAN_IN || (full && run.len() >= COMPACTION_FAN_IN)).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_do_below_the_fan_in() {
        assert_eq!(pick(&[]), None);
        assert_eq!(pick(&[10; 7]), None);
    }

    #[test]
    fn eight_of_a_class_are_merged() {
        assert_eq!(pick(&[262_144; 8]), Some(0..8));
        assert_eq!(pick(&[[2 << 20; 1].as_slice(), &[262_144; 8]].concat()), Some(1..9));
    }

    #[test]
    fn a_small_segment_between_large_ones_is_taken_along() {
        let sizes = [262_144, 262_144, 262_144, 5, 262_144, 262_144, 262_144, 262_144, 262_144];
        assert_eq!(pick(&sizes), Some(0..9));
    }

    #[test]
    fn merging_ends_and_leaves_few_segments() {
        let mut sizes: Vec<u64> = Vec::new();
        let mut rewritten = 0;
        for sealed in std::iter::repeat_n(262_144, 400) {
            sizes.push(sealed);
            while let Some(range) = pick(&sizes) {
                let merged: u64 = sizes[range.clone()].iter().sum();
                assert!(merged <= SEGMENT_EVENTS_MAX, "a segment of {merged} events");
                rewritten += merged;
                sizes.splice(range, [merged]);
            }
        }
        assert!(sizes.len() < 32, "{} segments are left: {sizes:?}", sizes.len());
        assert!(rewritten <= 400 * 262_144 * 3, "events are rewritten too often: {rewritten}");
    }
}
