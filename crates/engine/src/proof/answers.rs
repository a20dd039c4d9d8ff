//! What is asked about a log: its checkpoint, tiles, bundles, and proofs of inclusion, consistency and completeness.
//! Nothing is answered about leaves that no published checkpoint covers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tallystick_event::{Leaf, LogId, OrgId, Units};
use tallystick_merkle::{self as merkle, BundleId, Hash, Note, Subtrees, TileId, TlogProof};
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
    /// The tree of a log, named by its organization or by its own id.
    fn tree(&self, name: &str) -> Result<Arc<Tree>, ProofError> {
        find(&self.trees, name).ok_or_else(|| ProofError::UnknownLog { log: name.to_owned() })
    }

    pub(super) fn published_tree(&self, name: &str) -> Result<(Arc<Tree>, Arc<Published>), ProofError> {
        let tree = self.tree(name)?;
        if !self.rolled_back().is_empty() {
            return Err(ProofError::RolledBack);
        }
        let published = tree.published().ok_or(ProofError::NotPublished { published: 0 })?;
        Ok((tree, published))
    }

    /// A log, named by its organization (then the present one) or by its own id.
    pub fn log(&self, name: &str) -> Result<LogInfo, ProofError> {
        Ok(self.info(&*self.tree(name)?))
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
    pub fn checkpoint(&self, log: &str) -> Result<Note, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        Ok(self.sign(&tree, &published))
    }

    /// The bytes of a tile. Blocks.
    pub fn tile(&self, log: &str, id: TileId) -> Result<Vec<u8>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        if !id.is_in(published.size) {
            return Err(ProofError::no_such_tile());
        }
        Ok(self.tile_hashes(&tree, id)?[..usize::from(id.width())].concat())
    }

    /// The bytes of a bundle of entries. Blocks.
    pub fn bundle(&self, log: &str, id: BundleId) -> Result<Vec<u8>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        if !id.is_in(published.size) {
            return Err(ProofError::no_such_tile());
        }
        let first = id.index() * u64::from(merkle::limits::TILE_HASHES);
        let leaves = self.leaves(&tree, first, first + u64::from(id.width()))?;
        let entries: Vec<_> = leaves.iter().map(Leaf::encode).collect();
        Ok(merkle::encode_bundle(&entries).expect("a leaf is a short entry"))
    }

    /// The proof that leaf `index` is in its log, to carry away. Blocks. With `at_size`, in the tree of that size,
    /// which must be published; else in that of the directory's first checkpoint that covers it if witnesses have
    /// confirmed one, and the newest otherwise.
    pub fn inclusion(&self, log: &str, index: u64, at_size: Option<u64>) -> Result<TlogProof, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let (published, _) = self.base(&tree, &newest, index, at_size)?;
        let leaf = self.leaves(&tree, index, index + 1)?.pop().expect("one leaf was asked for");
        let hashes = self.hashes(&tree, published.size);
        prove(&tree, &published, &leaf, &hashes, self.sign(&tree, &published))
    }

    /// As [`Proofs::inclusion`] for many leaves of a log, all in one tree; none for those that no checkpoint covers
    /// yet. Signs once and reads neighbours together. Blocks.
    pub fn inclusions(&self, log: &str, indexes: &[u64]) -> Result<Vec<Option<TlogProof>>, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let covered: BTreeSet<u64> = indexes.iter().copied().filter(|index| *index < newest.size).collect();
        let Some(last) = covered.last() else { return Ok(vec![None; indexes.len()]) };
        let (published, _) = self.base(&tree, &newest, *last, None)?;
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
        log: &str,
        index: u64,
        at_size: Option<u64>,
    ) -> Result<InclusionAnswer, ProofError> {
        let (tree, newest) = self.published_tree(log)?;
        let (published, listed) = self.base(&tree, &newest, index, at_size)?;
        let leaf = self.stored(&tree, index, index + 1)?.pop().expect("one leaf was asked for");
        let hashes = self.hashes(&tree, published.size);
        let proof = prove(&tree, &published, &leaf.leaf, &hashes, self.sign(&tree, &published))?;
        let directory =
            listed.map(|listed| self.prove_listed(&tree, &newest, &listed, &published)).transpose()?;
        Ok(InclusionAnswer { origin: self.origin(tree.log), leaf, proof, directory })
    }

    /// The checkpoint by which leaf `index` is proven, see [`Proofs::inclusion`], and where the directory lists one
    /// that covers the leaf.
    pub(super) fn base(
        &self,
        tree: &Tree,
        newest: &Published,
        index: u64,
        at_size: Option<u64>,
    ) -> Result<(Published, Option<Listed>), ProofError> {
        if index >= newest.size {
            return Err(ProofError::NotPublished { published: newest.size });
        }
        let listed = self.listed(tree, index)?;
        let witnessed = listed.as_ref().filter(|listed| listed.is_witnessed()).map(Listed::size);
        let published = self.at(tree, at_size.or(witnessed).unwrap_or(newest.size), newest)?;
        if index >= published.size {
            return Err(ProofError::Outside(format!(
                "a tree of {} leaves has no leaf {index}",
                published.size
            )));
        }
        Ok((published, listed))
    }

    /// A size of a log with its root, not larger than what is published. The root is made of stored hashes, and whoever
    /// asks for it is going to sign it: so what is published must continue it.
    pub(super) fn at(&self, tree: &Tree, size: u64, newest: &Published) -> Result<Published, ProofError> {
        if size == newest.size {
            return Ok(*newest);
        }
        if size > newest.size {
            return Err(ProofError::NotPublished { published: newest.size });
        }
        let root = merkle::root(size, &self.hashes(tree, size)).map_err(source)?;
        let at = Published { size, root, time_ms: newest.time_ms };
        self.between(tree, &at, newest)?;
        Ok(at)
    }

    /// The proof that the tree of size `to`, the newest if it is not given, continues that of size `from`. Blocks.
    pub fn consistency(&self, log: &str, from: u64, to: Option<u64>) -> Result<Vec<Hash>, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        let to = to.unwrap_or(published.size);
        if to > published.size {
            return Err(ProofError::NotPublished { published: published.size });
        }
        if from > to {
            return Err(ProofError::not_a_continuation(from, to));
        }
        let [past, present] = [self.at(&tree, from, &published)?, self.at(&tree, to, &published)?];
        Ok(self.between(&tree, &past, &present)?)
    }

    /// The proof that one size of a log continues another, checked: what does not lead from root to root must not
    /// leave.
    pub(super) fn between(
        &self,
        tree: &Tree,
        past: &Published,
        present: &Published,
    ) -> Result<Vec<Hash>, ReadError> {
        let (from, to) = (past.size, present.size);
        let proof = merkle::consistency_proof(from, to, &self.hashes(tree, to)).map_err(source)?;
        merkle::verify_consistency(from, to, &proof, &past.root, &present.root).map_err(|_| {
            let what = "hashes above the leaves do not lead to the root that was published";
            ReadError::Corrupt(format!("TAMPERED: {what} of {}", tree.org))
        })?;
        Ok(proof)
    }

    /// The proof that leaves `from..to` are all there are between those two. Blocks.
    pub fn range(&self, log: &str, from: u64, to: u64) -> Result<RangeAnswer, ProofError> {
        let (tree, published) = self.published_tree(log)?;
        if from > to || to > published.size {
            return Err(if from > to {
                ProofError::Outside(format!("a range cannot end at {to} and begin at {from}"))
            } else {
                ProofError::NotPublished { published: published.size }
            });
        }
        let proof = merkle::range_proof(from, to, published.size, &self.hashes(&tree, published.size))
            .map_err(source)?;
        Ok(RangeAnswer {
            origin: self.origin(tree.log),
            size: published.size,
            checkpoint: self.sign(&tree, &published),
            left: proof.left,
            right: proof.right,
        })
    }

    /// The leaves `from..to` of a log with their events, which must be published. Blocks.
    pub fn stored_leaves(&self, log: &str, from: u64, to: u64) -> Result<Vec<StoredLeaf>, ProofError> {
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
    ReadError::Corrupt(format!(
        "TAMPERED: leaf {index} of the log of {} does not lead to the root that was published",
        tree.org
    ))
}
