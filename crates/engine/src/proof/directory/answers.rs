//! What is asked about the directory: tiles, bundles, consistency, and that it lists a checkpoint of a log.

use std::sync::Arc;

use tallystick_catalog::{CatalogError, DirectoryCheckpoint, DirectoryEntry};
use tallystick_event::{self as event, LogId};
use tallystick_merkle::{
    self as merkle, BundleId, Checkpoint, CheckpointError, Hash, Note, Subtrees, TileId, TlogProof,
};

use crate::{
    error::ReadError,
    proof::{
        DirectoryProof, ProofError, Proofs, Published, Tree,
        answers::{consistency, proven_tile},
        hashes::{TILE_HASHES, Tiled},
        rollback::source,
    },
};

/// An entry of the directory, and a checkpoint of the directory that covers it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    entry: DirectoryEntry,
    checkpoint: DirectoryCheckpoint,
}

impl Listed {
    /// Leaves of the log that the entry commits to.
    pub(crate) fn size(&self) -> u64 {
        self.entry.size
    }

    /// Place of the entry in the directory.
    pub(crate) fn index(&self) -> u64 {
        self.entry.index
    }

    /// Entries of the directory that the checkpoint covers.
    pub(crate) fn directory_size(&self) -> u64 {
        self.checkpoint.edge.size()
    }

    /// Goes by another checkpoint of the directory, which covers the entry as well.
    pub(crate) fn move_to(&mut self, checkpoint: DirectoryCheckpoint) {
        assert!(checkpoint.edge.size() > self.entry.index, "it covers the entry");
        self.checkpoint = checkpoint;
    }

    /// Witnesses have confirmed the checkpoint.
    pub(crate) fn is_witnessed(&self) -> bool {
        self.checkpoint.witnessed_ms.is_some()
    }
}

/// Who is named when the directory's hashes are wrong.
const WHOSE: &str = "the directory";

impl Proofs {
    /// The newest checkpoint of the directory for those who ask from outside. Not while the data is not what was
    /// signed: what is stored then was not recorded by the guard.
    pub fn published_directory(&self) -> Result<Arc<DirectoryCheckpoint>, ProofError> {
        if !self.rolled_back().is_empty() {
            return Err(ProofError::RolledBack);
        }
        self.directory_newest().ok_or(ProofError::NotPublished { published: 0 })
    }

    /// Consistency of the directory between two sizes; the newest if `to` is not given. Blocks.
    pub fn directory_consistency(&self, from: u64, to: Option<u64>) -> Result<Vec<Hash>, ProofError> {
        let signed = published(&*self.published_directory()?);
        consistency(from, to, &signed, &self.directory_hashes(signed.size), &WHOSE)
    }

    /// The bytes of a tile of the directory. Blocks.
    pub fn directory_tile(&self, id: TileId) -> Result<Vec<u8>, ProofError> {
        let signed = published(&*self.published_directory()?);
        let hashes = proven_tile(&signed, id, &WHOSE, |id| self.directory_tile_hashes(id))?;
        Ok(hashes[..usize::from(id.width())].concat())
    }

    /// The bytes of a bundle of entries of the directory. Blocks.
    pub fn directory_bundle(&self, id: BundleId) -> Result<Vec<u8>, ProofError> {
        let signed = published(&*self.published_directory()?);
        let read = || self.proven_directory_bundle(&signed, id);
        self.or_healed(self.directory.log(), read, || self.heal_directory())
    }

    fn proven_directory_bundle(&self, signed: &Published, id: BundleId) -> Result<Vec<u8>, ProofError> {
        let hashes = proven_tile(signed, id.tile(), &WHOSE, |id| self.directory_tile_hashes(id))?;
        let rows = self.directory_rows(id.index() * TILE_HASHES, id.width().into())?;
        let entries: Vec<_> = rows.iter().map(|row| self.entry_of(row)).collect();
        if entries.iter().zip(&*hashes).any(|(entry, hash)| entry.hash() != *hash) {
            return Err(ReadError::tampered("an entry of the directory is not in its tree").into());
        }
        let entries: Vec<_> = entries.iter().map(event::DirectoryEntry::encode).collect();
        Ok(merkle::encode_bundle(&entries).expect("an entry is short"))
    }

    /// That a checkpoint of a log which is as new as possible is listed: the newest that witnesses have confirmed,
    /// else the newest of all; none yet. Blocks.
    pub fn log_directory(&self, log: LogId) -> Result<Option<DirectoryProof>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        let listed = self.runtime.block_on(async {
            if let Some(checkpoint) = self.catalog.newest_witnessed_directory().await? {
                let end = checkpoint.edge.size();
                if let Some(entry) = self.catalog.directory_entry_before(tree.log, end).await? {
                    return Ok(Some(Listed { entry, checkpoint }));
                }
            }
            let Some(checkpoint) = self.directory_newest().map(Arc::unwrap_or_clone) else { return Ok(None) };
            let entry = self.catalog.directory_entry_before(tree.log, checkpoint.edge.size()).await?;
            Ok(entry.map(|entry| Listed { entry, checkpoint }))
        });
        let listed = listed.map_err(|error: CatalogError| ReadError::of_catalog(&error))?;
        listed.map(|listed| self.prove_listed(&tree, &published, &listed, &published)).transpose()
    }

    /// The first entry that covers leaf `index` of a log, with the first checkpoint over it that witnesses have
    /// confirmed, or the newest if there is none; none yet. Blocks.
    pub(crate) fn listed(&self, tree: &Tree, index: u64) -> Result<Option<Listed>, ReadError> {
        let listed = self.runtime.block_on(async {
            let Some(entry) = self.catalog.directory_entry_covering(tree.log, index).await? else {
                return Ok(None);
            };
            let checkpoint = match self.catalog.directory_covering(entry.index).await? {
                Some(witnessed) => Some(witnessed),
                // An entry that the newest checkpoint shown does not cover is not to be seen yet.
                None => self
                    .directory_newest()
                    .filter(|newest| newest.edge.size() > entry.index)
                    .map(Arc::unwrap_or_clone),
            };
            Ok(checkpoint.map(|checkpoint| Listed { entry, checkpoint }))
        });
        listed.map_err(|error: CatalogError| ReadError::of_catalog(&error))
    }

    /// The proof of a listed checkpoint, to go with a proof in the tree of a log of the size `base`; `newest` is what
    /// is published of that log. The catalog's word alone is not signed. Blocks.
    pub(crate) fn prove_listed(
        &self,
        tree: &Tree,
        newest: &Published,
        Listed { entry: row, checkpoint: directory }: &Listed,
        base: &Published,
    ) -> Result<DirectoryProof, ProofError> {
        if row.size > newest.size {
            return Err(ProofError::NotPublished { published: newest.size });
        }
        let (published, consistency) = if row.size <= base.size {
            self.continued(tree, row.size, base)?
        } else {
            let (published, _) = self.continued(tree, row.size, newest)?;
            let (_, consistency) = self.continued(tree, base.size, &published)?;
            (published, consistency)
        };
        if published.root != row.root {
            let what = format!("entry {} of the directory has another root than the log of", row.index);
            return Err(ReadError::tampered(format!("{what} {}", tree.org)).into());
        }
        let (note, listed, root) = signed(directory)?;
        let path =
            merkle::inclusion_proof(row.index, listed, &self.directory_hashes(listed)).map_err(source)?;
        let entry = self.entry_of(row);
        merkle::verify_inclusion(row.index, listed, &entry.hash(), &path, &root).map_err(|_| {
            ReadError::tampered(format!("entry {} of the directory is not in its tree", row.index))
        })?;
        Ok(DirectoryProof {
            checkpoint: self.sign(tree, &published),
            consistency,
            entry: entry.encode(),
            proof: TlogProof { extra: Vec::new(), index: row.index, path, checkpoint: note },
            witnessed_ms: directory.witnessed_ms,
        })
    }

    pub(crate) fn directory_size(&self) -> u64 {
        self.directory_newest().map_or(0, |newest| newest.edge.size())
    }

    pub(crate) fn directory_hashes(&self, size: u64) -> impl Subtrees<Error = ReadError> + '_ {
        Tiled::new(size, move |id| self.directory_tile_hashes(id))
    }

    /// The hashes of a tile of the directory, or more of them; they must exist.
    fn directory_tile_hashes(&self, id: TileId) -> Result<Arc<[Hash]>, ReadError> {
        let log = self.directory.log();
        let key = (log, id.level(), id.index());
        if let Some(tile) = self.cache.get(&key, id.width()) {
            return Ok(tile);
        }
        let hashes: Arc<[Hash]> = if id.level() == 0 {
            let rows = self.directory_rows(id.index() * TILE_HASHES, id.width().into())?;
            rows.iter().map(|row| self.entry_of(row).hash()).collect()
        } else {
            let read = self.catalog.tile(log, id.level(), id.index());
            self.runtime.block_on(read).map_err(|error| ReadError::of_catalog(&error))?.into()
        };
        if hashes.len() < usize::from(id.width()) {
            let (level, index) = (id.level(), id.index());
            return Err(ReadError::Corrupt(format!("tile {level}/{index} of the directory is too short")));
        }
        self.cache.put(key, &hashes);
        Ok(hashes)
    }

    /// The entries from `first` on, as many as that, which must exist.
    pub(crate) fn directory_rows(&self, first: u64, count: u32) -> Result<Vec<DirectoryEntry>, ReadError> {
        let read = self.catalog.directory_entries(first, count);
        let rows = self.runtime.block_on(read).map_err(|error| ReadError::of_catalog(&error))?;
        let complete =
            rows.len() == count as usize && rows.iter().zip(first..).all(|(row, index)| row.index == index);
        if complete {
            return Ok(rows);
        }
        Err(ReadError::missing(format!(
            "one of the {count} entries of the directory from {first} on is not there"
        )))
    }

    /// The entry as the tree has it.
    pub(crate) fn entry_of(&self, row: &DirectoryEntry) -> event::DirectoryEntry {
        let checkpoint = self.checkpoint_of(row.log, row.size, row.root);
        event::DirectoryEntry::new(row.log, &checkpoint.to_string(), row.time_ms)
    }
}

/// What a checkpoint of the directory states.
fn published(checkpoint: &DirectoryCheckpoint) -> Published {
    let edge = &checkpoint.edge;
    Published { size: edge.size(), root: edge.root(), time_ms: checkpoint.time_ms }
}

/// A stored checkpoint of the directory with the size and the root that were signed.
fn signed(stored: &DirectoryCheckpoint) -> Result<(Note, u64, Hash), ReadError> {
    let unreadable = |error| ReadError::Corrupt(format!("a stored checkpoint of the directory: {error}"));
    let note = Note::parse(stored.note.as_bytes()).map_err(|error| unreadable(error.to_string()))?;
    let checkpoint: Checkpoint =
        note.unverified_text().parse().map_err(|error: CheckpointError| unreadable(error.to_string()))?;
    Ok((note, checkpoint.size(), *checkpoint.root()))
}
