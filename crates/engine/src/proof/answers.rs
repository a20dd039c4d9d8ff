//! What is asked about a log: its checkpoint, tiles, bundles, and proofs of inclusion, consistency and completeness.
//! Nothing is answered about leaves that no published checkpoint covers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::Arc,
};

use tallystick_event::{Leaf, LogId, OrgId, Units};
use tallystick_merkle::{
    self as merkle, BundleId, Hash, Note, RangeProof, SelectionVerifier, Subtrees, TileError, TileId,
    TileReader, TlogProof,
};
use tallystick_segment::Meta;

use crate::{
    error::ReadError,
    proof::{
        DirectoryProof, Listed, Proofs, Published, Tree, hashes::Remembered, rollback::source, trees::Trees,
    },
    search::require_committed,
};

/// Why there is no such proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no organization or log of that name.
    #[error("there is no log {log}")]
    UnknownLog {
        /// As asked.
        log: String,
    },
    /// No checkpoint covers it yet.
    #[error("the log is published up to {published} leaves")]
    NotPublished {
        /// Leaves of the newest checkpoint; 0 for none.
        published: u64,
    },
    /// What was asked for does not exist in such a tree.
    #[error("{0}")]
    Outside(String),
    /// The log is closed, and a closed log is never signed again.
    #[error("the log {log} is closed, and closed logs are not signed any more")]
    Closed {
        /// The log.
        log: LogId,
    },
    /// The stored data cannot be trusted; nothing is signed.
    #[error(
        "the data is not what was signed before; nothing is signed until an operator has recovered the instance"
    )]
    RolledBack,
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl ProofError {
    pub(super) fn no_such_tile() -> Self {
        Self::Outside("there is no such tile at the published size".to_owned())
    }

    pub(super) fn not_a_continuation(from: u64, to: u64) -> Self {
        Self::Outside(format!("a tree of {to} leaves does not continue one of {from}"))
    }
}

/// A log as others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogInfo {
    /// Its organization.
    pub org: OrgId,
    /// Its id.
    pub log: LogId,
    /// Its origin.
    pub origin: String,
    /// Seq of the event that is its leaf 0.
    pub base: u64,
    /// It takes no more events.
    pub closed: bool,
    /// Events in it.
    pub size: u64,
    /// The newest published size.
    pub published: Option<Published>,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPlace {
    /// The log.
    pub log: LogId,
    /// The index of its leaf there.
    pub index: u64,
}

/// A leaf with the event it stands for.
#[derive(Debug, Clone)]
pub struct StoredLeaf {
    /// The leaf.
    pub leaf: Leaf,
    /// The event's columns.
    pub meta: Meta,
    /// The event's units.
    pub units: Units,
}

/// An event and that it is in its log.
#[derive(Debug, Clone)]
pub struct InclusionAnswer {
    /// The log's origin.
    pub origin: String,
    /// The event.
    pub leaf: StoredLeaf,
    /// The proof with the checkpoint it leads to.
    pub proof: TlogProof,
    /// That a checkpoint which covers the event is in the directory; none yet.
    pub directory: Option<DirectoryProof>,
}

/// That a range of leaves is complete.
#[derive(Debug, Clone)]
pub struct RangeAnswer {
    /// The log's origin.
    pub origin: String,
    /// Leaves of the checkpoint.
    pub size: u64,
    /// The checkpoint.
    pub checkpoint: Note,
    /// Roots left of the range.
    pub left: Vec<Hash>,
    /// Roots right of it.
    pub right: Vec<Hash>,
}

impl Proofs {
    fn tree(&self, log: LogId) -> Result<Arc<Tree>, ProofError> {
        self.trees.of_log(log).ok_or_else(|| ProofError::UnknownLog { log: log.to_string() })
    }

    /// A tree, with what may be signed of it.
    pub(super) fn published_tree(&self, log: LogId) -> Result<(Arc<Tree>, Arc<Published>), ProofError> {
        let tree = self.tree(log)?;
        if !self.rolled_back().is_empty() {
            return Err(ProofError::RolledBack);
        }
        match tree.published() {
            Some(published) => Ok((tree, published)),
            None if tree.closed => Err(ProofError::Closed { log }),
            None => Err(ProofError::NotPublished { published: 0 }),
        }
    }

    /// A log as people name it: by its organization (then the present one) or by its own id. Everything else about a
    /// log is asked by its id alone: a name says of an organization whether there is one.
    pub fn log(&self, name: &str) -> Result<LogInfo, ProofError> {
        let tree = find(&self.trees, name).ok_or_else(|| ProofError::UnknownLog { log: name.to_owned() })?;
        Ok(self.info(&tree))
    }

    /// A log by its own id.
    pub fn log_by_id(&self, log: LogId) -> Result<LogInfo, ProofError> {
        Ok(self.info(&*self.tree(log)?))
    }

    /// The present log of an organization. Its id may look like that of a log, so this is not the same as asking for
    /// the log of that name.
    pub fn log_of(&self, org: &OrgId) -> Result<LogInfo, ProofError> {
        let tree = self.trees.of_org(org).ok_or_else(|| ProofError::UnknownLog { log: org.to_string() })?;
        Ok(self.info(&tree))
    }

    fn info(&self, tree: &Tree) -> LogInfo {
        LogInfo {
            org: tree.org.clone(),
            log: tree.log,
            origin: self.origin(tree.log),
            base: tree.base,
            closed: tree.closed,
            size: tree.size(),
            published: tree.published().map(|published| *published),
        }
    }

    /// Where an event of an organization stands.
    pub fn place(&self, org: &OrgId, seq: u64) -> Option<EventPlace> {
        let tree = self.trees.of_event(org, seq)?;
        Some(EventPlace { log: tree.log, index: seq - tree.base })
    }

    /// The newest checkpoint of a log, signed.
    pub fn checkpoint(&self, log: LogId) -> Result<Note, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        Ok(self.sign(&tree, &published))
    }

    /// The bytes of a tile, as the published root commits to it. Blocks.
    pub fn tile(&self, log: LogId, id: TileId) -> Result<Vec<u8>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        let hashes = proven_tile(&published, id, &tree.org, |id| self.tile_hashes(&tree, id))?;
        Ok(hashes[..usize::from(id.width())].concat())
    }

    /// The bytes of a bundle of entries, as the published root commits to them. Whoever fetches entries makes the tree
    /// of them and needs no other hash of it, so where those that are stored are wrong, they are made again. Blocks.
    pub fn bundle(&self, log: LogId, id: BundleId) -> Result<Vec<u8>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        let read = || self.proven_bundle(&tree, &published, id);
        self.or_healed(log, read, || self.heal(&tree))
    }

    fn proven_bundle(&self, tree: &Tree, published: &Published, id: BundleId) -> Result<Vec<u8>, ProofError> {
        let hashes = proven_tile(published, id.tile(), &tree.org, |id| self.tile_hashes(tree, id))?;
        let first = id.index() * u64::from(merkle::limits::TILE_HASHES);
        let leaves = self.leaves(tree, first, first + u64::from(id.width()))?;
        if let Some((leaf, _)) = leaves.iter().zip(&*hashes).find(|(leaf, hash)| leaf.hash() != **hash) {
            return Err(tampered(tree, leaf.seq).into());
        }
        let entries: Vec<_> = leaves.iter().map(Leaf::encode).collect();
        Ok(merkle::encode_bundle(&entries).expect("a leaf is a short entry"))
    }

    /// The proof that leaf `index` is in its log, to carry away. Blocks. With `at_size`, in the tree of that size,
    /// which must be published; else in that of the directory's first checkpoint that covers it if witnesses have
    /// confirmed one, and the newest otherwise.
    pub fn inclusion(&self, log: LogId, index: u64, at_size: Option<u64>) -> Result<TlogProof, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let listed = if at_size.is_none() { self.listed_below(&tree, &newest, index)? } else { None };
        let published = self.base(&tree, &newest, index, at_size, listed.as_ref())?;
        let leaf = self.leaves(&tree, index, index + 1)?.pop().expect("one leaf was asked for");
        let hashes = self.hashes(&tree, published.size);
        prove(&tree, &published, &leaf, &hashes, self.sign(&tree, &published))
    }

    /// As [`Proofs::inclusion`] for many leaves of a log, all in one tree; none for those that no checkpoint covers
    /// yet. Signs once and reads neighbours together. Blocks.
    pub fn inclusions(&self, log: LogId, indexes: &[u64]) -> Result<Vec<Option<TlogProof>>, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let covered: BTreeSet<u64> = indexes.iter().copied().filter(|index| *index < newest.size).collect();
        let Some(last) = covered.last() else { return Ok(vec![None; indexes.len()]) };
        let listed = self.listed_below(&tree, &newest, *last)?;
        let published = self.base(&tree, &newest, *last, None, listed.as_ref())?;
        let checkpoint = self.sign(&tree, &published);
        let hashes = Remembered::new(self.hashes(&tree, published.size));
        let mut proven = BTreeMap::new();
        let covered: Vec<u64> = covered.into_iter().collect();
        for run in covered.chunk_by(|a, b| a + 1 == *b) {
            for leaf in self.leaves(&tree, run[0], run[0] + run.len() as u64)? {
                proven.insert(leaf.seq, prove(&tree, &published, &leaf, &hashes, checkpoint.clone())?);
            }
        }
        Ok(indexes.iter().map(|index| proven.get(index).cloned()).collect())
    }

    /// The same with the event itself, and that the directory covers it. Blocks.
    pub fn event_proof(
        &self,
        log: LogId,
        index: u64,
        at_size: Option<u64>,
    ) -> Result<InclusionAnswer, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let listed = self.listed_below(&tree, &newest, index)?;
        let published = self.base(&tree, &newest, index, at_size, listed.as_ref())?;
        let leaf = self.stored(&tree, index, index + 1)?.pop().expect("one leaf was asked for");
        let hashes = self.hashes(&tree, published.size);
        let proof = prove(&tree, &published, &leaf.leaf, &hashes, self.sign(&tree, &published))?;
        let directory =
            listed.map(|listed| self.prove_listed(&tree, &newest, &listed, &published)).transpose()?;
        Ok(InclusionAnswer { origin: self.origin(tree.log), leaf, proof, directory })
    }

    /// Where the directory lists a checkpoint that covers leaf `index`, which must be published.
    pub(super) fn listed_below(
        &self,
        tree: &Tree,
        newest: &Published,
        index: u64,
    ) -> Result<Option<Listed>, ProofError> {
        if index >= newest.size {
            return Err(ProofError::NotPublished { published: newest.size });
        }
        Ok(self.listed(tree, index)?)
    }

    /// The checkpoint by which leaf `index` is proven, see [`Proofs::inclusion`].
    pub(super) fn base(
        &self,
        tree: &Tree,
        newest: &Published,
        index: u64,
        at_size: Option<u64>,
        listed: Option<&Listed>,
    ) -> Result<Published, ProofError> {
        let witnessed = listed.filter(|listed| listed.is_witnessed()).map(Listed::size);
        let size = at_size.or(witnessed).unwrap_or(newest.size);
        if index >= newest.size || size > newest.size {
            return Err(ProofError::NotPublished { published: newest.size });
        }
        if index >= size {
            return Err(ProofError::Outside(format!("a tree of {size} leaves has no leaf {index}")));
        }
        Ok(self.continued(tree, size, newest)?.0)
    }

    /// A smaller size of a log with its root, and the proof that what is signed continues it.
    pub(super) fn continued(
        &self,
        tree: &Tree,
        size: u64,
        by: &Published,
    ) -> Result<(Published, Vec<Hash>), ReadError> {
        continued(size, by, &self.hashes(tree, by.size), &tree.org)
    }

    /// The proof that the tree of size `to`, the newest if it is not given, continues that of size `from`. Blocks.
    pub fn consistency(&self, log: LogId, from: u64, to: Option<u64>) -> Result<Vec<Hash>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        consistency(from, to, &published, &self.hashes(&tree, published.size), &tree.org)
    }

    /// The proof that leaves `from..to` are all there are between those two. Blocks.
    pub fn range(&self, log: LogId, from: u64, to: u64) -> Result<RangeAnswer, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        if from > to || to > published.size {
            return Err(if from > to {
                ProofError::Outside(format!("a range cannot end at {to} and begin at {from}"))
            } else {
                ProofError::NotPublished { published: published.size }
            });
        }
        let hashes = self.hashes(&tree, published.size);
        let proof = merkle::range_proof(from, to, published.size, &hashes).map_err(source)?;
        let gap = hashes.subtrees(&merkle::gap_nodes(from, to))?;
        folds_up(&proof, &gap, (from, to), &published).map_err(|_| not_the_root(&tree.org))?;
        Ok(RangeAnswer {
            origin: self.origin(tree.log),
            size: published.size,
            checkpoint: self.sign(&tree, &published),
            left: proof.left,
            right: proof.right,
        })
    }

    /// The leaves `from..to` of a log with their events, which must be published. Blocks.
    pub fn stored_leaves(&self, log: LogId, from: u64, to: u64) -> Result<Vec<StoredLeaf>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        if from > to || to > published.size {
            return Err(ProofError::NotPublished { published: published.size });
        }
        Ok(self.stored(&tree, from, to)?)
    }

    fn stored(&self, tree: &Tree, from: u64, to: u64) -> Result<Vec<StoredLeaf>, ReadError> {
        let mut stored = Vec::with_capacity((to - from) as usize);
        self.each_row(tree, from, to, &mut |(rows, row), meta, leaf| {
            let units = rows.units(row)?;
            require_committed(&tree.org, &meta, &units)?;
            stored.push(StoredLeaf { leaf, meta, units });
            Ok(())
        })?;
        Ok(stored)
    }
}

/// The proof that leads to `checkpoint`, which is of that size, from the hashes of the tree.
fn prove(
    tree: &Tree,
    published: &Published,
    leaf: &Leaf,
    hashes: &impl Subtrees<Error = ReadError>,
    checkpoint: Note,
) -> Result<TlogProof, ProofError> {
    let (index, size) = (leaf.seq, published.size);
    let path = merkle::inclusion_proof(index, size, hashes).map_err(source)?;
    // What does not prove itself must not leave: the data behind it has been changed.
    merkle::verify_inclusion(index, size, &leaf.hash(), &path, &published.root)
        .map_err(|_| tampered(tree, index))?;
    Ok(TlogProof { extra: Vec::new(), index, path, checkpoint })
}

fn find(trees: &Trees, name: &str) -> Option<Arc<Tree>> {
    match name.parse::<LogId>() {
        Ok(log) => trees.of_log(log).or_else(|| trees.of_org(&name.parse().ok()?)),
        Err(_) => trees.of_org(&name.parse().ok()?),
    }
}

fn tampered(tree: &Tree, index: u64) -> ReadError {
    ReadError::tampered(format!(
        "leaf {index} of the log of {} does not lead to the root that was published",
        tree.org
    ))
}

fn not_the_root(whose: &dyn Display) -> ReadError {
    ReadError::tampered(format!(
        "hashes above the leaves do not lead to the root that was published of {whose}"
    ))
}

/// A smaller size of a tree with its root, and the proof that what is signed continues it. The root is made of stored
/// hashes, and whoever asks for it signs it or hands it out: so it must lead to what is signed.
pub(super) fn continued(
    size: u64,
    by: &Published,
    hashes: &impl Subtrees<Error = ReadError>,
    whose: &dyn Display,
) -> Result<(Published, Vec<Hash>), ReadError> {
    if size == by.size {
        return Ok((*by, Vec::new()));
    }
    let past = Published { size, root: merkle::root(size, hashes).map_err(source)?, time_ms: by.time_ms };
    let proof = merkle::consistency_proof(size, by.size, hashes).map_err(source)?;
    merkle::verify_consistency(size, by.size, &proof, &past.root, &by.root)
        .map_err(|_| not_the_root(whose))?;
    Ok((past, proof))
}

/// The proof that one size of a tree continues another, neither larger than what is signed.
pub(super) fn consistency(
    from: u64,
    to: Option<u64>,
    signed: &Published,
    hashes: &impl Subtrees<Error = ReadError>,
    whose: &dyn Display,
) -> Result<Vec<Hash>, ProofError> {
    let to = to.unwrap_or(signed.size);
    if to > signed.size {
        return Err(ProofError::NotPublished { published: signed.size });
    }
    if from > to {
        return Err(ProofError::not_a_continuation(from, to));
    }
    let (present, _) = continued(to, signed, hashes, whose)?;
    Ok(continued(from, &present, hashes, whose)?.1)
}

/// A tile of the tree that is signed, or more of it, proven up to the root: what is wrong must not leave, least of all
/// as a file that others may keep for ever.
pub(super) fn proven_tile(
    signed: &Published,
    id: TileId,
    whose: &dyn Display,
    read: impl Fn(TileId) -> Result<Arc<[Hash]>, ReadError>,
) -> Result<Arc<[Hash]>, ProofError> {
    if !id.is_in(signed.size) {
        return Err(ProofError::no_such_tile());
    }
    let fetch = |ids: &[TileId]| -> Result<Vec<Vec<u8>>, ReadError> {
        ids.iter().map(|id| Ok(read(*id)?[..usize::from(id.width())].concat())).collect()
    };
    let failed = |error| match error {
        TileError::Fetch(error) => error,
        _ => not_the_root(whose),
    };
    let reader = TileReader::open(signed.size, signed.root, fetch).map_err(failed)?;
    Ok(reader.tile(id.level(), id.index()).map_err(failed)?)
}

/// The hashes beside a range and those of its own leaves make the root.
fn folds_up(
    beside: &RangeProof,
    own: &[Hash],
    (from, to): (u64, u64),
    published: &Published,
) -> Result<(), merkle::ProofError> {
    let mut verifier = SelectionVerifier::new(published.size);
    verifier.skip(from, &mut &beside.left[..])?;
    verifier.skip(to, &mut &own[..])?;
    verifier.finish(&beside.right, &published.root)
}
