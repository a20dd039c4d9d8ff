//! The directory log: one log over the checkpoints of all others, so that witnesses have one thing to look at. It is
//! kept in the catalog, entry by entry, and grows only through [`Proofs::directory_round`].

mod answers;

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwapOption;
use tallystick_catalog::{Anchor, AnchorKind, Catalog, CatalogError, DirectoryCheckpoint, DirectoryEntry};
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
    /// The newest checkpoint that the guard has recorded: what may be shown. Beside the lock, so that whoever reads
    /// never waits for a round.
    newest: ArcSwapOption<DirectoryCheckpoint>,
    end: Mutex<End>,
}

#[derive(Debug)]
struct End {
    /// A checkpoint that is stored and that the guard has not recorded yet; nobody has seen it.
    unguarded: Option<DirectoryCheckpoint>,
    /// Sizes that entries have said of each log.
    sizes: HashMap<LogId, u64>,
    last_time_ms: i64,
    /// An append was begun and its success is not known: the catalog may have more than this.
    is_behind: bool,
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
            sizes: entries.iter().map(|entry| (entry.log, entry.size)).collect(),
            last_time_ms: newest.as_ref().map_or(0, |newest| newest.time_ms),
            is_behind: false,
        };
        Ok(Self { log, newest: ArcSwapOption::new(newest.map(Arc::new)), end: Mutex::new(end) })
    }

    /// The id by which the guard knows it.
    pub(crate) fn log(&self) -> LogId {
        self.log
    }

    /// No round goes on while this is held.
    pub(crate) async fn rounds(&self) -> impl Sized + '_ {
        self.end.lock().await
    }
}

impl End {
    /// The catalog has these entries, and a checkpoint over them.
    fn went_on(&mut self, entries: &[DirectoryEntry], checkpoint: DirectoryCheckpoint) {
        self.sizes.extend(entries.iter().map(|entry| (entry.log, entry.size)));
        self.last_time_ms = checkpoint.time_ms;
        self.unguarded = Some(checkpoint);
        self.is_behind = false;
    }
}

fn other_directory() -> ReadError {
    ReadError::Corrupt("the catalog has a directory that does not go on where ours ended".to_owned())
}

impl Proofs {
    /// Whether the newest checkpoint is signed by a key that we have; true while there is none.
    pub(crate) fn is_signed_by_us(&self) -> bool {
        self.directory_newest().is_none_or(|newest| self.is_own(&newest))
    }

    pub(crate) fn is_own(&self, checkpoint: &DirectoryCheckpoint) -> bool {
        let Ok(note) = Note::parse(checkpoint.note.as_bytes()) else { return false };
        let root = checkpoint.edge.root();
        let keys = self.keys.public(&self.directory_origin());
        keys.iter()
            .any(|key| Checkpoint::open(&note, &key.verifier_key).is_ok_and(|signed| *signed.root() == root))
    }

    /// Has the guard record the checkpoint that a start found, after it was compared.
    pub(crate) async fn guard_stored_directory(&self) -> Result<(), ReadError> {
        let mut end = self.directory.end.lock().await;
        self.guard_directory(&mut end).await
    }

    /// Adds an entry for every log that was published with more leaves than its last entry says, and signs the result.
    /// None while there is nothing in the directory, or nothing may be signed.
    pub async fn directory_round(&self) -> Result<Option<DirectoryRound>, ReadError> {
        if !self.rolled_back().is_empty() {
            return Ok(None);
        }
        let mut end = self.directory.end.lock().await;
        if end.is_behind {
            self.catch_up(&mut end).await?;
        }
        self.guard_directory(&mut end).await?;
        let newest = self.directory_newest();
        let mut edge = newest.as_ref().map_or_else(Edge::new, |newest| newest.edge.clone());
        let time_ms = self.clock.now_ms().max(end.last_time_ms);
        let entries = self.due_entries(&end, edge.size(), time_ms);
        if entries.is_empty() {
            let checkpoint = newest.map(Arc::unwrap_or_clone);
            return Ok(checkpoint.map(|checkpoint| DirectoryRound { checkpoint, added: 0 }));
        }
        let mut runs = Runs::new(self.directory.log);
        for entry in &entries {
            edge.append_noting(self.entry_of(entry).hash(), |hash| runs.push(hash));
        }
        let (size, root) = (edge.size(), edge.root());
        let note = self.sign_directory_checkpoint(size, root).to_string();
        let checkpoint = DirectoryCheckpoint { edge, note, time_ms, witnessed_ms: None };
        // Until the answer is here, and if it is lost: what is stored may be more than what is known.
        end.is_behind = true;
        let stored = self.catalog.append_directory(&entries, &checkpoint, &runs.into_runs()).await;
        stored.map_err(|error| ReadError::of_catalog(&error))?;
        end.went_on(&entries, checkpoint.clone());
        self.guard_directory(&mut end).await?;
        Ok(Some(DirectoryRound { checkpoint, added: entries.len() }))
    }

    /// Takes what the catalog has behind the newest checkpoint for the directory's end, if it is what we have signed:
    /// an append whose answer was lost.
    async fn catch_up(&self, end: &mut End) -> Result<(), ReadError> {
        let failed = |error| ReadError::of_catalog(&error);
        let known = end.unguarded.clone().or_else(|| self.directory_newest().map(Arc::unwrap_or_clone));
        let mut edge = known.map_or_else(Edge::new, |known| known.edge);
        let Some(stored) = self.catalog.newest_directory().await.map_err(failed)? else {
            end.is_behind = edge.size() > 0;
            return if end.is_behind { Err(other_directory()) } else { Ok(()) };
        };
        let count = stored.edge.size().saturating_sub(edge.size());
        let limit = u32::try_from(count).map_err(|_| other_directory())?;
        let entries = self.catalog.directory_entries(edge.size(), limit).await.map_err(failed)?;
        for entry in &entries {
            edge.append(self.entry_of(entry).hash());
        }
        if edge != stored.edge || !self.is_own(&stored) {
            return Err(other_directory());
        }
        if entries.is_empty() {
            end.is_behind = false;
        } else {
            end.went_on(&entries, stored);
        }
        Ok(())
    }

    /// Has the guard record what is stored; from then on it may be shown. After an error it is tried again in the next
    /// round, before anything else.
    async fn guard_directory(&self, end: &mut End) -> Result<(), ReadError> {
        let Some(checkpoint) = &end.unguarded else { return Ok(()) };
        let guarded = Guarded { size: checkpoint.edge.size(), root: checkpoint.edge.root() };
        let (guard, log) = (Arc::clone(&self.guard), self.directory.log);
        let recorded = tokio::task::spawn_blocking(move || guard.lock().record(&[(log, guarded)])).await;
        let recorded = recorded.expect("recording does not panic");
        recorded.map_err(|error| ReadError::Unavailable(error.to_string()))?;
        self.directory.newest.store(end.unguarded.take().map(Arc::new));
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

    /// The newest checkpoint of the directory, for the service itself; see [`Proofs::published_directory`].
    pub fn directory_newest(&self) -> Option<Arc<DirectoryCheckpoint>> {
        self.directory.newest.load_full()
    }

    /// Keeps signatures that were gathered for a checkpoint of the directory, with what each witness has said;
    /// `witnessed_ms` is set when they suffice.
    pub async fn add_directory_signatures(
        &self,
        size: u64,
        note: &Note,
        witnessed_ms: Option<i64>,
        anchors: &[Anchor],
    ) -> Result<(), ReadError> {
        let _round = self.directory.end.lock().await;
        let text = note.to_string();
        let stored = self.catalog.sign_directory(size, &text, witnessed_ms, anchors).await;
        stored.map_err(|error| ReadError::of_catalog(&error))?;
        if let Some(newest) = self.directory_newest().filter(|newest| newest.edge.size() == size) {
            let witnessed_ms = newest.witnessed_ms.or(witnessed_ms);
            let signed = DirectoryCheckpoint { note: text, witnessed_ms, ..Arc::unwrap_or_clone(newest) };
            self.directory.newest.store(Some(Arc::new(signed)));
        }
        Ok(())
    }

    /// What somebody stated last of a checkpoint of the directory, of one kind.
    pub async fn newest_anchor(&self, kind: AnchorKind, name: &str) -> Result<Option<Anchor>, ReadError> {
        self.catalog.newest_anchor(kind, name).await.map_err(|error| ReadError::of_catalog(&error))
    }

    /// Keeps what somebody else stated about a checkpoint of the directory.
    pub async fn add_anchor(&self, anchor: &Anchor) -> Result<(), ReadError> {
        self.catalog.add_anchor(anchor).await.map_err(|error| ReadError::of_catalog(&error))
    }
}
