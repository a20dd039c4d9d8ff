//! What an import has done so far: counted by several threads, shown as it goes and at the end.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use indicatif::ProgressBar;
use parking_lot::Mutex;
use tallystick_mapping::Note;

use super::batch::Place;
use crate::output::{safe, say, thousands};

/// Bad records that are listed; beyond that they are only counted.
const LISTED_MAX: u64 = 1_000;

/// No more is to be read: the import has failed, or `--strict` met a bad record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop;

/// The counts.
pub(super) struct Report {
    bar: ProgressBar,
    is_strict: bool,
    started: Instant,
    stored: AtomicU64,
    skipped: AtomicU64,
    bad: AtomicU64,
    notes: Mutex<BTreeMap<String, u64>>,
}

impl Report {
    pub(super) fn new(bar: ProgressBar, is_strict: bool) -> Self {
        Self {
            bar,
            is_strict,
            started: Instant::now(),
            stored: AtomicU64::new(0),
            skipped: AtomicU64::new(0),
            bad: AtomicU64::new(0),
            notes: Mutex::new(BTreeMap::new()),
        }
    }

    /// A record that cannot be imported.
    pub(super) fn bad(&self, place: &Place, why: &str) -> Result<(), Stop> {
        let before = self.bad.fetch_add(1, Ordering::Relaxed);
        if before < LISTED_MAX {
            self.bar.suspend(|| say(format!("{}: {}", safe(&place.to_string()), safe(why))));
        } else if before == LISTED_MAX {
            self.bar.suspend(|| say("more bad records are counted and not listed"));
        }
        if self.is_strict { Err(Stop) } else { Ok(()) }
    }

    /// What a person should know of a record that is imported.
    pub(super) fn notes(&self, notes: &[Note]) {
        if notes.is_empty() {
            return;
        }
        let mut counts = self.notes.lock();
        for note in notes {
            // Counted by kind: how many targets were cut differs from record to record.
            let kind = match note {
                Note::TargetsCut { .. } => {
                    "more targets than an event can have, the rest kept in metadata".to_owned()
                }
                Note::ChangesCut { .. } => {
                    "more changes than an event can have, the rest kept in metadata".to_owned()
                }
                other => other.to_string(),
            };
            *counts.entry(kind).or_default() += 1;
        }
    }

    /// Events that the service has answered for.
    pub(super) fn written(&self, stored: u64, skipped: u64) {
        let stored = self.stored.fetch_add(stored, Ordering::Relaxed) + stored;
        let skipped = self.skipped.fetch_add(skipped, Ordering::Relaxed) + skipped;
        let rate = (stored + skipped) as f64 / self.started.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{} events, {}/s", thousands(stored + skipped), thousands(rate as u64)));
    }

    /// Bytes read from files.
    pub(super) fn read_bytes(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// Whether anything could not be imported.
    pub(super) fn has_bad_records(&self) -> bool {
        self.bad.load(Ordering::Relaxed) > 0
    }

    /// What came out.
    pub(super) fn summary(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (stored, skipped, bad) = (count(&self.stored), count(&self.skipped), count(&self.bad));
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = (stored + skipped) as f64 / seconds;
        let mut text = format!(
            "{} events stored, {} skipped as duplicates, {} bad records, in {seconds:.1} s ({}/s)",
            thousands(stored),
            thousands(skipped),
            thousands(bad),
            thousands(rate as u64)
        );
        for (note, count) in self.notes.lock().iter() {
            let _ = write!(text, "\n  {}: {note}", thousands(*count));
        }
        text
    }
}
