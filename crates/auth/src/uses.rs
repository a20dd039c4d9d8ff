//! When keys and sessions were last used, written at most once a minute each and never while a request waits: the
//! catalog may be slow or full, and reading goes on.

use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use tallystick_catalog::{Catalog, CatalogError, KeyId};

/// How much newer a use must be than the recorded one.
pub(crate) const RECORD_EVERY_MS: i64 = 60_000;

/// The last recorded use of one key, Unix ms.
pub(crate) struct LastUse(AtomicI64);

impl LastUse {
    pub(crate) fn new(recorded_ms: Option<i64>) -> Self {
        Self(AtomicI64::new(recorded_ms.unwrap_or(i64::MIN)))
    }

    /// Whether this use is to be recorded. Of concurrent ones, one is.
    pub(crate) fn is_due(&self, now_ms: i64) -> bool {
        let recorded = self.0.load(Ordering::Relaxed);
        now_ms.saturating_sub(recorded) >= RECORD_EVERY_MS
            && self.0.compare_exchange(recorded, now_ms, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// What is used, by what it is known by.
pub(crate) trait Used: Clone + Eq + Hash + Send + Sync {
    /// Records uses, Unix ms.
    fn record(
        catalog: &Catalog,
        uses: &[(Self, i64)],
    ) -> impl Future<Output = Result<(), CatalogError>> + Send;
}

impl Used for KeyId {
    async fn record(catalog: &Catalog, uses: &[(Self, i64)]) -> Result<(), CatalogError> {
        catalog.touch_keys(uses).await
    }
}

/// The SHA-256 of a session's token.
impl Used for [u8; 32] {
    async fn record(catalog: &Catalog, uses: &[(Self, i64)]) -> Result<(), CatalogError> {
        catalog.touch_sessions(uses).await
    }
}

/// Uses that are to be recorded.
pub(crate) struct Uses<K>(Mutex<Pending<K>>);

struct Pending<K> {
    uses: HashMap<K, i64>,
    /// Somebody is writing and will look again afterwards.
    writing: bool,
}

impl<K> Default for Uses<K> {
    fn default() -> Self {
        Self(Mutex::new(Pending { uses: HashMap::new(), writing: false }))
    }
}

impl<K: Used> Uses<K> {
    /// Notes a use; true if the caller is to start [`Uses::write`].
    pub(crate) fn note(&self, what: &K, now_ms: i64) -> bool {
        let mut pending = self.0.lock();
        pending.uses.insert(what.clone(), now_ms);
        !mem::replace(&mut pending.writing, true)
    }

    /// The use that is noted and not yet recorded, Unix ms. Ask before the catalog: what is recorded in between is then
    /// found there.
    pub(crate) fn noted(&self, what: &K) -> Option<i64> {
        self.0.lock().uses.get(what).copied()
    }

    /// Writes what is noted until nothing is. What the catalog does not take stays noted for the next time.
    pub(crate) async fn write(&self, catalog: &Catalog) -> Result<(), CatalogError> {
        loop {
            let batch: Vec<(K, i64)> = {
                let mut pending = self.0.lock();
                pending.writing = !pending.uses.is_empty();
                pending.uses.iter().map(|(what, used_ms)| (what.clone(), *used_ms)).collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            let recorded = K::record(catalog, &batch).await;
            let mut pending = self.0.lock();
            if recorded.is_err() {
                pending.writing = false;
                return recorded;
            }
            for (what, used_ms) in &batch {
                // Unless it was used again in the meantime.
                if pending.uses.get(what) == Some(used_ms) {
                    pending.uses.remove(what);
                }
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
