//! The directory log: one log over the checkpoints of all others, so that witnesses have one thing to look at. It is
//! kept in the catalog, entry by entry, and grows only through [`Proofs::directory_round`].

mod answers;

use std::{collections::HashMap, sync::Arc};

use tallystick_catalog::{Anchor, Catalog, CatalogError, DirectoryCheckpoint, DirectoryEntry};
use tallystick_event::{self as event, LogId, Random};
use tallystick_merkle::{Checkpoint, Edge, Hash, Note, TlogProof};
use tokio::sync::Mutex;

pub(crate) use self::answers::Listed;
use crate::{
    error::ReadError,
    proof::{Guarded, Proofs, runs::Runs, trees::Published},
};

/// Setting: the id by which the directory's tiles and the guard know it.
pub(crate) const DIRECTORY_LOG: &str = "directory_log_id";

/// The directory's growing end.
#[derive(Debug)]
pub(crate) struct Directory {
    log: LogId,
    end: Mutex<End>,
}

#[derive(Debug)]
struct End {
    /// The newest checkpoint that the guard has recorded: what may be shown.
    newest: Option<DirectoryCheckpoint>,
    /// A checkpoint that is stored and that the guard has not recorded yet; nobody has seen it.
    unguarded: Option<DirectoryCheckpoint>,
    /// Sizes that entries have said of each log.
    sizes: HashMap<LogId, u64>,
    last_time_ms: i64,
}

/// What a round did.
#[derive(Debug, Clone)]
pub struct DirectoryRound {
    /// The newest checkpoint, whether it is new or not.
    pub checkpoint: DirectoryCheckpoint,
    /// Entries that were added.
    pub added: usize,
}

/// That a checkpoint of a log is in the directory.
#[derive(Debug, Clone)]
pub struct DirectoryProof {
    /// The checkpoint that the entry commits to, signed.
    pub checkpoint: Note,
    /// Consistency between that checkpoint and the one of the proof it goes with, the smaller first.
    pub consistency: Vec<Hash>,
    /// The 76 bytes of the entry.
    pub entry: [u8; event::DIRECTORY_ENTRY_BYTES],
    /// The entry's proof, with the directory's checkpoint and its cosignatures.
    pub proof: TlogProof,
    /// When witnesses had confirmed that checkpoint, Unix ms.
    pub witnessed_ms: Option<i64>,
}

impl Directory {
    pub(crate) async fn open(catalog: &Catalog, random: &dyn Random) -> Result<Self, CatalogError> {
        let mut id = [0; 16];
        random.fill(&mut id);
        let text = catalog.init_setting(DIRECTORY_LOG, &LogId(id).to_string()).await?;
        let log = text.parse().map_err(|_| CatalogError::Inconsistent {
            table: "settings",
            what: format!("{DIRECTORY_LOG} is {text:?}"),
        })?;
        let newest = catalog.newest_directory().await?;
        let entries = catalog.newest_directory_entries().await?;
        // What is stored is compared with the guard and recorded by it before anybody is answered.
        let end = End {
            unguarded: newest.clone(),
            newest,
            sizes: entries.iter().map(|entry| (entry.log, entry.size)).collect(),
            last_time_ms: entries.iter().map(|entry| entry.time_ms).max().unwrap_or(0),
        };
        Ok(Self { log, end: Mutex::new(end) })
    }

    /// The id by which the guard knows it.
    pub(crate) fn log(&self) -> LogId {
        self.log
    }
}

impl Proofs {
    /// Whether the newest checkpoint is signed by a key that we have; true while there is none.
    pub(crate) async fn is_signed_by_us(&self) -> bool {
        let Some(newest) = self.directory_newest().await else { return true };
        let Ok(note) = Note::parse(newest.note.as_bytes()) else { return false };
        let root = newest.edge.root();
        let keys = self.keys.public(&self.directory_origin());
        keys.iter()
            .any(|key| Checkpoint::open(&note, &key.verifier_key).is_ok_and(|signed| *signed.root() == root))
    }

    /// Has the guard record the checkpoint that a start found, after it was compared.
    pub(crate) async fn guard_stored_directory(&self) -> Result<(), ReadError> {
        let mut end = self.directory.end.lock().await;
        self.guard_directory(&mut end)
    }

    /// Adds an entry for every log that was published with more leaves than its last entry says, and signs the result.
    /// None while there is nothing in the directory, or nothing may be signed.
    pub async fn directory_round(&self) -> Result<Option<DirectoryRound>, ReadError> {
        if !self.rolled_back().is_empty() {
            return Ok(None);
        }
        let mut end = self.directory.end.lock().await;
        self.guard_directory(&mut end)?;
        let mut edge = end.newest.as_ref().map_or_else(Edge::new, |newest| newest.edge.clone());
        let time_ms = self.clock.now_ms().max(end.last_time_ms);
        let entries = self.due_entries(&end, edge.size(), time_ms);
        if entries.is_empty() {
            let unchanged = |checkpoint: &DirectoryCheckpoint| DirectoryRound {
                checkpoint: checkpoint.clone(),
                added: 0,
            };
            return Ok(end.newest.as_ref().map(unchanged));
        }
        let mut runs = Runs::new(self.directory.log);
        for entry in &entries {
            edge.append_noting(self.entry_of(entry).hash(), |hash| runs.push(hash));
        }
        let (size, root) = (edge.size(), edge.root());
        let note = self.sign_directory_checkpoint(size, root).to_string();
        let checkpoint = DirectoryCheckpoint { edge, note, time_ms, witnessed_ms: None };
        let stored = self.catalog.append_directory(&entries, &checkpoint, &runs.into_runs()).await;
        stored.map_err(|error| ReadError::of_catalog(&error))?;
        end.sizes.extend(entries.iter().map(|entry| (entry.log, entry.size)));
        end.last_time_ms = time_ms;
        end.unguarded = Some(checkpoint.clone());
        self.guard_directory(&mut end)?;
        Ok(Some(DirectoryRound { checkpoint, added: entries.len() }))
    }

    /// Has the guard record what is stored; from then on it may be shown. After an error it is tried again in the next
    /// round, before anything else.
    fn guard_directory(&self, end: &mut End) -> Result<(), ReadError> {
        let Some(checkpoint) = end.unguarded.take() else { return Ok(()) };
        let guarded = Guarded { size: checkpoint.edge.size(), root: checkpoint.edge.root() };
        let recorded = self.guard.lock().record(&[(self.directory.log, guarded)]);
        if let Err(error) = recorded {
            end.unguarded = Some(checkpoint);
            return Err(ReadError::Unavailable(error.to_string()));
        }
        end.newest = Some(checkpoint);
        Ok(())
    }

    fn due_entries(&self, end: &End, from: u64, time_ms: i64) -> Vec<DirectoryEntry> {
        let mut due: Vec<(LogId, Arc<Published>)> = self
            .trees
            .all()
            .into_iter()
            .filter(|tree| !tree.closed)
            .filter_map(|tree| Some((tree.log, tree.published()?)))
            .filter(|(log, published)| published.size > end.sizes.get(log).copied().unwrap_or(0))
            .collect();
        due.sort_by_key(|(log, _)| log.0);
        due.into_iter()
            .zip(from..)
            .map(|((log, published), index)| DirectoryEntry {
                index,
                log,
                size: published.size,
                root: published.root,
                time_ms,
            })
            .collect()
    }

    fn sign_directory_checkpoint(&self, size: u64, root: Hash) -> Note {
        let checkpoint = Checkpoint::new(&self.directory_origin(), size, root).expect("an origin is a line");
        self.keys.sign(&checkpoint, self.clock.now_ms()).expect("the key has the origin's name")
    }

    /// The newest checkpoint of the directory.
    pub async fn directory_newest(&self) -> Option<DirectoryCheckpoint> {
        self.directory.end.lock().await.newest.clone()
    }

    /// Keeps signatures that were gathered for a checkpoint of the directory; `witnessed_ms` is set when they suffice.
    pub async fn add_directory_signatures(
        &self,
        size: u64,
        note: &Note,
        witnessed_ms: Option<i64>,
    ) -> Result<(), ReadError> {
        let mut end = self.directory.end.lock().await;
        let text = note.to_string();
        let stored = self.catalog.sign_directory(size, &text, witnessed_ms).await;
        stored.map_err(|error| ReadError::of_catalog(&error))?;
        if let Some(newest) = end.newest.as_mut().filter(|newest| newest.edge.size() == size) {
            newest.note = text;
            newest.witnessed_ms = newest.witnessed_ms.or(witnessed_ms);
        }
        Ok(())
    }

    /// Keeps what somebody else stated about a checkpoint of the directory.
    pub async fn add_anchor(&self, anchor: &Anchor) -> Result<(), ReadError> {
        self.catalog.add_anchor(anchor).await.map_err(|error| ReadError::of_catalog(&error))
    }
}
