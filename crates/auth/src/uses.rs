//! When a key was last used, written at most once a minute a key and never while a request waits.

use std::collections::HashMap;
use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use tallystick_catalog::{Catalog, CatalogError, KeyId};

/// How much newer a use must be than the recorded one.
const RECORD_EVERY_MS: i64 = 60_000;

/// The last recorded use of one key, Unix ms.
pub(crate) struct LastUse(AtomicI64);

impl LastUse {
    pub(crate) fn new(recorded_ms: Option<i64>) -> Self {
        Self(AtomicI64::new(recorded_ms.unwrap_or(i64::MIN)))
    }

    /// Whether this use is to be recorded. Of concurrent ones, one is.
    fn is_due(&self, now_ms: i64) -> bool {
        let recorded = self.0.load(Ordering::Relaxed);
        now_ms.saturating_sub(recorded) >= RECORD_EVERY_MS
            && self.0.compare_exchange(recorded, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Uses that are to be recorded.
#[derive(Default)]
pub(crate) struct Uses(Mutex<Pending>);

#[derive(Default)]
struct Pending {
    uses: HashMap<KeyId, i64>,
    /// Somebody is writing and will look again afterwards.
    writing: bool,
}

impl Uses {
    /// Notes a use; true if the caller is to start [`Uses::write`].
    pub(crate) fn note(&self, id: &KeyId, last_use: &LastUse, now_ms: i64) -> bool {
        if !last_use.is_due(now_ms) {
            return false;
        }
        let mut pending = self.0.lock();
        pending.uses.insert(id.clone(), now_ms);
        !mem::replace(&mut pending.writing, true)
    }

    /// Writes what is noted until nothing is. When the catalog fails, what it did not take is noted again for
    /// the next time.
    pub(crate) async fn write(&self, catalog: &Catalog) -> Result<(), CatalogError> {
        loop {
            let batch: Vec<(KeyId, i64)> = {
                let mut pending = self.0.lock();
                pending.writing = !pending.uses.is_empty();
                pending.uses.drain().collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            if let Err(error) = catalog.touch_keys(&batch).await {
                let mut pending = self.0.lock();
                pending.writing = false;
                for (id, used_ms) in batch {
                    pending.uses.entry(id).or_insert(used_ms);
                }
                return Err(error);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_use_a_minute_is_due() {
        let last = LastUse::new(None);
        assert!(last.is_due(1_000));
        assert!(!last.is_due(1_000 + RECORD_EVERY_MS - 1));
        assert!(last.is_due(1_000 + RECORD_EVERY_MS));
        let recorded = LastUse::new(Some(5_000));
        assert!(!recorded.is_due(5_001), "another node recorded it");
        assert!(!recorded.is_due(0), "a clock that was set back records nothing");
    }
}
