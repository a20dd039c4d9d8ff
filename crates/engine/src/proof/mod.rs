//! Proof: trees, checkpoints, the directory log and the guard against signing two histories.
//!
//! ```text
//! sequencer --grown--> trees --every interval--> checkpointer: root -> guard (durable) -> published
//! published --> checkpoints, tiles, proofs (answers, range)      published --> directory log --> witnesses
//! ```
//! What is published of a log at one size was recorded by the guard before anybody could see it. Signatures are
//! made when somebody asks: Ed25519 gives the same bytes every time, and an organization that nobody looks at costs
//! none.

mod answers;
mod audit;
mod checkpointer;
mod directory;
mod guard;
mod hashes;
mod keys;
mod packing;
mod rebuild;
mod renew;
mod rollback;
mod runs;
mod trees;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use parking_lot::Mutex;
use tallystick_catalog::Catalog;
use tallystick_event::{Clock, LogId, OrgId, Random, format_ms};
use tallystick_merkle::{Checkpoint, Hash, Note};
use tokio::sync::watch;

pub use answers::{EventPlace, InclusionAnswer, LogInfo, ProofError, RangeAnswer, StoredLeaf};
pub use audit::{AUDIT_CYCLE_MAX, AUDIT_RATE_MIN, AuditFinding, AuditReport, AuditStatus, FindingKind};
pub use directory::{DirectoryProof, DirectoryRound};
pub use guard::{GUARD_FILE, GuardError, Guarded};
pub use keys::{KEY_OVERLAP_MS, LogKeys, LogKeysError, PublicLogKey};
pub use packing::PackBase;
pub use renew::RenewedLog;
pub use rollback::{RollbackKind, RolledBack};
pub use trees::Published;

pub(crate) use checkpointer::Checkpointer;
pub(crate) use guard::Guard;
pub(crate) use trees::{Tree, Trees};

pub(crate) use directory::{Directory, Listed};

use crate::{queue::Appended, status::Counters, view::ViewCell};

/// What tells the origin of the directory log from those of others.
const DIRECTORY_NAME: &str = "directory";

/// Everything about proofs, shared by the engine's threads and those who ask.
pub struct Proofs {
    pub(crate) trees: Arc<Trees>,
    pub(crate) view: Arc<ViewCell>,
    pub(crate) catalog: Catalog,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    counters: Arc<Counters>,
    keys: LogKeys,
    guard: Arc<Mutex<Guard>>,
    /// What every origin begins with.
    prefix: String,
    interval: Duration,
    cache: hashes::TileCache,
    directory: Directory,
    /// When the hashes above a log's leaves were made again last because somebody read them.
    heals: Mutex<HashMap<LogId, Instant>>,
    rounds: watch::Sender<u64>,
    rolled_back: ArcSwap<Vec<RolledBack>>,
    audit: audit::AuditCell,
    /// Unix ms; 0 for none.
    unwitnessed_since: AtomicI64,
}

impl std::fmt::Debug for Proofs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proofs").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// What [`Proofs::new`] is made of.
pub(crate) struct Parts {
    pub(crate) trees: Arc<Trees>,
    pub(crate) view: Arc<ViewCell>,
    pub(crate) catalog: Catalog,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) keys: LogKeys,
    pub(crate) guard: Guard,
    pub(crate) prefix: String,
    pub(crate) interval: Duration,
    pub(crate) directory: Directory,
}

impl Proofs {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            trees: parts.trees,
            view: parts.view,
            catalog: parts.catalog,
            runtime: tokio::runtime::Handle::current(),
            clock: parts.clock,
            random: parts.random,
            counters: parts.counters,
            keys: parts.keys,
            guard: Arc::new(Mutex::new(parts.guard)),
            prefix: parts.prefix,
            interval: parts.interval,
            cache: hashes::TileCache::default(),
            directory: parts.directory,
            heals: Mutex::default(),
            rounds: watch::Sender::new(0),
            rolled_back: ArcSwap::from_pointee(Vec::new()),
            audit: audit::AuditCell::default(),
            unwitnessed_since: AtomicI64::new(0),
        }
    }

    /// The origin of a log: the instance's part, and the log's id.
    pub fn origin(&self, log: LogId) -> String {
        format!("{}/{log}", self.prefix)
    }

    /// The origin of the directory log.
    pub fn directory_origin(&self) -> String {
        format!("{}/{DIRECTORY_NAME}/{}", self.prefix, self.directory.log())
    }

    /// The keys that logs are signed with.
    pub fn keys(&self) -> &LogKeys {
        &self.keys
    }

    /// What was found of the data that is older than, or other than, what was signed before. Not empty: nothing is
    /// written and nothing is signed.
    pub fn rolled_back(&self) -> Arc<Vec<RolledBack>> {
        self.rolled_back.load_full()
    }

    /// Since when checkpoints of the directory wait for their quorum of witnesses, Unix ms.
    pub fn unwitnessed_since_ms(&self) -> Option<i64> {
        Some(self.unwitnessed_since.load(Ordering::Relaxed)).filter(|since| *since > 0)
    }

    /// Whoever sends checkpoints to witnesses says how far they are.
    pub fn set_unwitnessed_since(&self, since_ms: Option<i64>) {
        self.unwitnessed_since.store(since_ms.unwrap_or(0), Ordering::Relaxed);
    }

    /// The checkpoint of an organization's present log that was published last; none while there is none.
    pub fn published(&self, org: &OrgId) -> Option<Arc<Published>> {
        self.trees.of_org(org)?.published()
    }

    /// What a log states at a size.
    fn checkpoint_of(&self, log: LogId, size: u64, root: Hash) -> Checkpoint {
        Checkpoint::new(&self.origin(log), size, root).expect("an origin is a line")
    }

    /// Signs what was published of a log.
    pub(crate) fn sign(&self, tree: &Tree, published: &Published) -> Note {
        let checkpoint = self.checkpoint_of(tree.log, published.size, published.root);
        self.keys.sign(&checkpoint, self.clock.now_ms()).expect("the key has the origin's name")
    }

    /// Makes a new key the present one; the one before signs beside it for [`KEY_OVERLAP_MS`]. Gives the keys of the
    /// directory log, the new one first.
    pub fn rotate_keys(&self) -> Result<Vec<PublicLogKey>, LogKeysError> {
        self.keys.rotate(&*self.random, self.clock.now_ms())?;
        Ok(self.keys.public(&self.directory_origin()))
    }

    /// A promise in writing that an acknowledged event is in its log: whoever has it can show that it was left out
    /// (docs/formats/receipt.md). None while nothing may be signed.
    pub fn receipt(&self, org: &OrgId, event: &Appended) -> Option<Note> {
        if !self.rolled_back().is_empty() {
            return None;
        }
        let place = self.place(org, event.seq)?;
        let origin = self.origin(place.log);
        let text = format!(
            "tallystick-receipt/v1\n{origin}\n{}\n{}\n{}\n{}\n",
            event.id,
            place.index,
            STANDARD.encode(event.leaf_hash),
            format_ms(event.received_ms)
        );
        Some(self.keys.sign_text(&origin, &text).expect("the text is that of a note"))
    }

    /// Waits until a log is published with more than `index` leaves; false if it was not in time. Does not wait for
    /// what will never be: a closed log, and any while the data is not what was signed.
    pub async fn wait_until_published(&self, log: LogId, index: u64, at_most: Duration) -> bool {
        let Some(tree) = self.trees.of_log(log) else { return false };
        let mut rounds = self.rounds.subscribe();
        let covered = || tree.published().is_some_and(|published| published.size > index);
        let wait = async {
            while !covered() && !tree.closed && self.rolled_back().is_empty() {
                if rounds.changed().await.is_err() {
                    return;
                }
            }
        };
        let _ = tokio::time::timeout(at_most, wait).await;
        covered()
    }
}
