//! The directory log: one log over the checkpoints of all others, so that witnesses have one thing to look at. It is
//! kept in the catalog, entry by entry, and grows only through [`Proofs::directory_round`].

use std::collections::HashMap;

use tallystick_catalog::{Anchor, Catalog, CatalogError, DirectoryCheckpoint, DirectoryEntry, TileRun};
use tallystick_event::{self as event, LogId, Random};
use tallystick_merkle::{self as merkle, Checkpoint, Edge, Hash, Node, NodePlace, Note, Subtrees, TlogProof};
use tokio::sync::Mutex;

use crate::{
    error::ReadError,
    head::TILE_HEIGHT,
    proof::{
        Guarded, Proofs, RollbackKind, Tree,
        hashes::TILE_HASHES,
        rollback::source,
        trees::{LEVELS, Published},
    },
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
    /// Size of the log that the entry commits to.
    pub size: u64,
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
        let mut runs: Vec<TileRun> = Vec::new();
        for entry in &entries {
            let mut completed = Vec::new();
            edge.append_noting(self.entry_of(entry).hash(), |height, hash| {
                if height.is_multiple_of(TILE_HEIGHT) {
                    completed.push((height / TILE_HEIGHT, *hash));
                }
            });
            for (level, hash) in completed {
                let number = (edge.size() >> (TILE_HEIGHT * level)) - 1;
                match runs.iter_mut().find(|run| run.level == level) {
                    Some(run) => run.hashes.push(hash),
                    None => runs.push(TileRun {
                        log: self.directory.log,
                        level,
                        first: number,
                        hashes: vec![hash],
                    }),
                }
            }
        }
        let (size, root) = (edge.size(), edge.root());
        let note = self.sign_directory_checkpoint(size, root).to_string();
        let checkpoint = DirectoryCheckpoint { edge, note, time_ms, witnessed_ms: None };
        let stored = self.catalog.append_directory(&entries, &checkpoint, &runs).await;
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
        let mut due: Vec<(LogId, std::sync::Arc<Published>)> = self
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

    /// The entry as the tree has it.
    fn entry_of(&self, row: &DirectoryEntry) -> event::DirectoryEntry {
        let checkpoint =
            Checkpoint::new(&self.origin(row.log), row.size, row.root).expect("an origin is a line");
        event::DirectoryEntry::new(row.log, &checkpoint.to_string(), row.time_ms)
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

    /// Consistency of the directory between two sizes. Blocks.
    pub fn directory_consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, ReadError> {
        merkle::consistency_proof(from, to, &DirectoryHashes { proofs: self, size: to }).map_err(source)
    }

    /// The first `width` hashes of a tile of the directory. Blocks.
    pub fn directory_tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<Hash>, ReadError> {
        let key = (self.directory.log, level, index);
        if let Some(tile) = self.cache.get(&key, width) {
            return Ok(tile[..usize::from(width)].to_vec());
        }
        let mut hashes: Vec<Hash> = if level == 0 {
            self.directory_rows(index, width)?.iter().map(|row| self.entry_of(row).hash()).collect()
        } else {
            let read = self.catalog.tile(self.directory.log, level, index);
            self.runtime.block_on(read).map_err(|error| ReadError::of_catalog(&error))?
        };
        hashes.truncate(usize::from(width));
        self.cache.put(key, &hashes.as_slice().into());
        Ok(hashes)
    }

    /// The first `width` entries of a bundle of the directory. Blocks.
    pub fn directory_bundle(
        &self,
        index: u64,
        width: u16,
    ) -> Result<Vec<[u8; event::DIRECTORY_ENTRY_BYTES]>, ReadError> {
        let rows = self.directory_rows(index, width)?;
        Ok(rows.iter().map(|row| self.entry_of(row).encode()).collect())
    }

    fn directory_rows(&self, tile: u64, width: u16) -> Result<Vec<DirectoryEntry>, ReadError> {
        let first = tile * TILE_HASHES;
        let read = self.catalog.directory_entries(first, u32::from(width));
        let rows = self.runtime.block_on(read).map_err(|error| ReadError::of_catalog(&error))?;
        let complete = rows.len() == usize::from(width)
            && rows.iter().zip(first..).all(|(row, index)| row.index == index);
        if complete {
            return Ok(rows);
        }
        Err(ReadError::Corrupt(format!(
            "MISSING: an entry of the directory between {first} and the next 256"
        )))
    }

    /// The proof that a checkpoint which covers leaf `index` of a log is in the directory, at a checkpoint of it that
    /// witnesses have confirmed if there is one, else at the newest; none if none covers the leaf yet. `size` is that
    /// of the checkpoint that the proof goes with. Blocks.
    pub(crate) fn directory_proof(
        &self,
        tree: &Tree,
        index: u64,
        size: u64,
    ) -> Result<Option<DirectoryProof>, ReadError> {
        let found = self.runtime.block_on(async {
            let Some(entry) = self.catalog.directory_entry_covering(tree.log, index).await? else {
                return Ok(None);
            };
            let checkpoint = self.catalog.directory_covering(entry.index, true).await?;
            Ok(Some((entry, checkpoint)))
        });
        self.proof_of_entry(tree, size, found)
    }

    /// The same of the newest entry of a log that witnesses have confirmed, or of its newest if there is none. Blocks.
    pub(crate) fn newest_directory_proof(
        &self,
        tree: &Tree,
        size: u64,
    ) -> Result<Option<DirectoryProof>, ReadError> {
        let found = self.runtime.block_on(async {
            let witnessed = self.catalog.newest_witnessed_directory().await?;
            if let Some(checkpoint) = witnessed {
                let before = checkpoint.edge.size();
                if let Some(entry) = self.catalog.directory_entry_before(tree.log, before).await? {
                    return Ok(Some((entry, Some(checkpoint))));
                }
            }
            let entry = self.catalog.directory_entry_before(tree.log, i64::MAX as u64).await?;
            Ok(entry.map(|entry| (entry, None)))
        });
        self.proof_of_entry(tree, size, found)
    }

    /// The proof of an entry, at the checkpoint given or the newest.
    fn proof_of_entry(
        &self,
        tree: &Tree,
        size: u64,
        found: Result<Option<(DirectoryEntry, Option<DirectoryCheckpoint>)>, CatalogError>,
    ) -> Result<Option<DirectoryProof>, ReadError> {
        let Some((row, directory)) = found.map_err(|error| ReadError::of_catalog(&error))? else {
            return Ok(None);
        };
        let newest = self.runtime.block_on(self.directory_newest());
        // An entry that the newest checkpoint shown does not cover is not to be seen yet.
        let Some(directory) = directory.or(newest).filter(|shown| shown.edge.size() > row.index) else {
            return Ok(None);
        };
        let published = Published { size: row.size, root: row.root, time_ms: row.time_ms };
        let (smaller, larger) = (row.size.min(size), row.size.max(size));
        let consistency = if smaller == larger {
            Vec::new()
        } else {
            merkle::consistency_proof(smaller, larger, &self.hashes(tree, larger)).map_err(source)?
        };
        let hashes = DirectoryHashes { proofs: self, size: directory.edge.size() };
        let path = merkle::inclusion_proof(row.index, directory.edge.size(), &hashes).map_err(source)?;
        let note = Note::parse(directory.note.as_bytes())
            .map_err(|error| ReadError::Corrupt(format!("a stored checkpoint of the directory: {error}")))?;
        let entry = self.entry_of(&row);
        merkle::verify_inclusion(
            row.index,
            directory.edge.size(),
            &entry.hash(),
            &path,
            &directory.edge.root(),
        )
        .map_err(|_| {
            ReadError::Corrupt(format!("TAMPERED: entry {} of the directory is not in its tree", row.index))
        })?;
        Ok(Some(DirectoryProof {
            size: row.size,
            checkpoint: self.sign(tree, &published),
            consistency,
            entry: entry.encode(),
            proof: TlogProof { extra: Vec::new(), index: row.index, path, checkpoint: note },
            witnessed_ms: directory.witnessed_ms,
        }))
    }

    /// As [`Proofs::check_against`] for the directory.
    pub(crate) fn check_directory_against(
        &self,
        signed: Guarded,
    ) -> Result<Option<(RollbackKind, u64)>, ReadError> {
        let newest = self.runtime.block_on(self.directory_newest());
        let stored = newest.as_ref().map_or(0, |newest| newest.edge.size());
        if stored < signed.size {
            return Ok(Some((RollbackKind::Shorter, stored)));
        }
        let hashes = DirectoryHashes { proofs: self, size: signed.size };
        let root = merkle::root(signed.size, &hashes).map_err(source)?;
        Ok((root != signed.root).then_some((RollbackKind::Forked, stored)))
    }
}

/// The directory's tree up to a size, as a source of subtrees.
struct DirectoryHashes<'a> {
    proofs: &'a Proofs,
    size: u64,
}

impl Subtrees for DirectoryHashes<'_> {
    type Error = ReadError;

    fn subtree(&self, height: u8, index: u64) -> Result<Hash, ReadError> {
        let place = NodePlace::of(Node { height, index });
        debug_assert!(place.level <= LEVELS);
        let in_level = self.size.checked_shr(u32::from(place.level) * 8).unwrap_or(0);
        let width = in_level.saturating_sub(place.tile * TILE_HASHES).min(TILE_HASHES);
        let tile = self.proofs.directory_tile(place.level, place.tile, width as u16)?;
        place.root(&tile).ok_or_else(|| {
            ReadError::Corrupt(format!("tile {}/{} of the directory is too short", place.level, place.tile))
        })
    }
}
