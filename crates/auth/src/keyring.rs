//! All keys in use, in memory: authentication reads no database, and an unknown token costs none either.
//!
//! The keyring follows the catalog's change numbers, so it sees what other nodes create and revoke within
//! [`FOLLOW_MS`]. A change on this node is applied at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use subtle::ConstantTimeEq;
use tallystick_catalog::{ApiKey, Catalog, CatalogError, KeyId, LIVE_KEYS_MAX};

use crate::uses::LastUse;
use crate::{Caller, CallerId, Rights, ScopeSet};

/// How old the keyring may be for a token that it knows: the longest that a key which another node has
/// revoked goes on working here.
pub(crate) const FOLLOW_MS: i64 = 3_000;
/// How old it may be for a token that it does not know, which may have been made on another node just now.
pub(crate) const FOLLOW_UNKNOWN_MS: i64 = 100;
/// How old it may be while the catalog cannot be read. After that every key is refused.
pub(crate) const STALE_MS_MAX: i64 = 60_000;
/// How long a request waits for the catalog, in sum with others that wait.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(1);
/// How long the catalog is left alone after it failed, so that an outage does not stop requests again and again.
const RETRY_MS: i64 = 5_000;

pub(crate) struct Keyring {
    catalog: Catalog,
    state: RwLock<State>,
    /// Held while the catalog is asked, so that it is asked once. When it last failed to answer, Unix ms.
    following: tokio::sync::Mutex<Option<i64>>,
}

/// Why the keyring could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The catalog's own reason.
    #[error("the catalog failed")]
    Catalog(#[source] CatalogError),
    /// The catalog takes too long.
    #[error("the catalog did not answer in time")]
    TimedOut,
    /// The catalog is not asked again so soon.
    #[error("the catalog failed a moment ago")]
    Recently,
}

impl FollowError {
    /// Whether the catalog is there but wrong. Old knowledge of keys does not help then.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Catalog(error) if !error.is_retryable())
    }
}

struct State {
    by_hash: HashMap<[u8; 32], Arc<Entry>>,
    hashes: HashMap<KeyId, [u8; 32]>,
    change_no: u64,
    /// When the catalog was last asked successfully, Unix ms.
    as_of_ms: i64,
}

/// A key and what is needed of it for each request.
pub(crate) struct Entry {
    pub(crate) key: ApiKey,
    pub(crate) caller: Arc<Caller>,
    pub(crate) last_use: LastUse,
}

impl Keyring {
    pub(crate) async fn open(catalog: Catalog, now_ms: i64) -> Result<Self, CatalogError> {
        let in_use = catalog.keys_in_use().await?;
        let mut state = State {
            by_hash: HashMap::new(),
            hashes: HashMap::new(),
            change_no: in_use.change_no,
            as_of_ms: now_ms,
        };
        in_use.keys.into_iter().for_each(|key| state.apply(key));
        Ok(Self { catalog, state: RwLock::new(state), following: tokio::sync::Mutex::new(None) })
    }

    /// The key with this token hash, as of now or a little before.
    pub(crate) fn find(&self, hash: &[u8; 32]) -> Option<Arc<Entry>> {
        let entry = self.state.read().by_hash.get(hash).cloned()?;
        // The map has compared the hashes; this makes it true whatever the map does.
        bool::from(entry.key.token_sha256.ct_eq(hash)).then_some(entry)
    }

    /// How long ago the catalog was asked. A clock that was set back counts as long ago.
    pub(crate) fn age_ms(&self, now_ms: i64) -> i64 {
        let age = now_ms - self.state.read().as_of_ms;
        if age < 0 { i64::MAX } else { age }
    }

    /// Asks the catalog unless that was done less than `age_ms_max` ago, by this or another task.
    pub(crate) async fn follow_if_older(&self, age_ms_max: i64, now_ms: i64) -> Result<(), FollowError> {
        let asked = async {
            let mut failed_ms = self.following.lock().await;
            if self.age_ms(now_ms) < age_ms_max {
                return Ok(());
            }
            if failed_ms.is_some_and(|failed| (0..RETRY_MS).contains(&(now_ms - failed))) {
                return Err(FollowError::Recently);
            }
            // Set before asking, so that it holds too if this task stops waiting.
            *failed_ms = Some(now_ms);
            let outcome = self.ask(now_ms).await;
            if outcome.as_ref().map_or_else(|error| !error.is_retryable(), |()| true) {
                *failed_ms = None;
            }
            outcome.map_err(FollowError::Catalog)
        };
        tokio::time::timeout(ANSWER_WAIT_MAX, asked).await.unwrap_or(Err(FollowError::TimedOut))
    }

    /// Asks the catalog, however long it takes.
    pub(crate) async fn follow(&self, now_ms: i64) -> Result<(), CatalogError> {
        let mut failed_ms = self.following.lock().await;
        self.ask(now_ms).await?;
        *failed_ms = None;
        Ok(())
    }

    /// Applies a change that this node has made and committed. An answer of the catalog that is under way may
    /// be from before it, so it is let in first.
    pub(crate) async fn apply(&self, key: &ApiKey) {
        let _turn = self.following.lock().await;
        self.state.write().apply(key.clone());
    }

    async fn ask(&self, now_ms: i64) -> Result<(), CatalogError> {
        let change_no = self.state.read().change_no;
        let changes = self.catalog.keys_changed_after(change_no).await?;
        let mut state = self.state.write();
        for key in changes.keys {
            state.apply(key);
        }
        state.change_no = changes.change_no;
        state.as_of_ms = now_ms;
        if state.by_hash.len() as u64 > LIVE_KEYS_MAX {
            state.drop_expired(now_ms);
        }
        Ok(())
    }
}

impl State {
    fn apply(&mut self, key: ApiKey) {
        if key.revoked_ms.is_some() {
            if let Some(hash) = self.hashes.remove(&key.id) {
                self.by_hash.remove(&hash);
            }
            return;
        }
        // A key changes in no other way than by being revoked: what is known stays, with its last use.
        let hash = key.token_sha256;
        if self.hashes.insert(key.id.clone(), hash).is_none() {
            self.by_hash.insert(hash, Arc::new(Entry::new(key)));
        }
    }

    fn drop_expired(&mut self, now_ms: i64) {
        self.by_hash.retain(|_, entry| entry.key.is_live(now_ms));
        let by_hash = &self.by_hash;
        self.hashes.retain(|_, hash| by_hash.contains_key(hash));
    }
}

impl Entry {
    fn new(key: ApiKey) -> Self {
        let caller = Caller {
            id: CallerId::Key(key.id.clone()),
            name: key.name.clone(),
            rights: Rights::Key { org: key.org.clone(), scopes: ScopeSet::of_stored(&key.scopes) },
            expires_ms: key.expires_ms,
        };
        let last_use = LastUse::new(key.last_used_ms);
        Self { key, caller: Arc::new(caller), last_use }
    }
}
