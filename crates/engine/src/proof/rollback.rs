//! Finding out at start that the data is not what was signed before: a backup was restored, or a file exchanged. Then
//! nothing is signed and nothing is written until an operator decides (`recover --new-log`).

use std::{cmp::Ordering, sync::Arc};

use tallystick_event::{LogId, OrgId};
use tallystick_merkle::{self as merkle, GenerateError, Hash};

use crate::{
    error::ReadError,
    proof::{DIRECTORY_NAME, Guarded, Proofs},
};

/// How the stored log differs from what was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackKind {
    /// Leaves at the end are missing.
    Shorter,
    /// The leaves that are there are others.
    Forked,
    /// There is no such log.
    Unknown,
}

/// A log that must not be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolledBack {
    /// How it differs.
    pub kind: RollbackKind,
    /// The log.
    pub log: LogId,
    /// Its organization, if it is known.
    pub org: Option<OrgId>,
    /// What was signed.
    pub signed: Guarded,
    /// Leaves that are stored.
    pub stored: u64,
    /// The witness that remembers what was signed; none: our own guard does.
    pub witness: Option<String>,
}

impl std::fmt::Display for RolledBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let whose = match &self.org {
            Some(org) => format!("the log of {org}"),
            None => "the directory log".to_owned(),
        };
        let (signed, stored) = (self.signed.size, self.stored);
        let by = self.witness.as_ref().map_or_else(String::new, |name| format!(", says witness {name}"));
        match self.kind {
            RollbackKind::Shorter => {
                write!(f, "ROLLED BACK: {whose} was signed with {signed} entries{by}, {stored} are stored")
            }
            RollbackKind::Forked => write!(
                f,
                "FORKED: the first {signed} of the {stored} entries of {whose} are not those that were signed{by}"
            ),
            RollbackKind::Unknown => write!(
                f,
                "ROLLED BACK: log {} was signed with {signed} entries{by} and is not in the catalog",
                self.log
            ),
        }
    }
}

/// What a comparison with something that was signed found.
#[derive(Debug)]
pub(crate) struct Compared {
    /// The log is not what was signed.
    pub(crate) differs: Option<RolledBack>,
    /// Stored hashes above the leaves were wrong or missing; they have been made again, and it is what was signed.
    pub(crate) healed: bool,
}

impl Proofs {
    /// Compares every log with what the guard has recorded of it, and with what the directory says of it: the guard
    /// may be missing, as after a backup was restored. Gives what differs, and whose hashes had to be made again.
    pub(crate) fn find_rollbacks(&self) -> Result<(Vec<RolledBack>, Vec<String>), ReadError> {
        let entries = self.runtime.block_on(self.catalog.newest_directory_entries());
        let entries = entries.map_err(|error| ReadError::of_catalog(&error))?;
        let said = entries.iter().map(|entry| (entry.log, Guarded { size: entry.size, root: entry.root }));
        let known: Vec<(LogId, Guarded)> = {
            let guard = self.guard.lock();
            let guarded = guard.newest();
            let is_new = |(log, at): &(LogId, Guarded)| guarded.get(log) != Some(at);
            guarded.iter().map(|(log, at)| (*log, *at)).chain(said.filter(is_new)).collect()
        };
        let mut found: Vec<RolledBack> = Vec::new();
        let mut healed = Vec::new();
        for (log, signed) in known {
            if found.iter().any(|found| found.log == log) {
                continue;
            }
            let compared = self.check_against(log, signed)?;
            found.extend(compared.differs);
            if compared.healed {
                let org = self.trees.of_log(log).map(|tree| tree.org.to_string());
                healed.push(org.unwrap_or_else(|| DIRECTORY_NAME.to_owned()));
            }
        }
        found.sort_by(|a, b| (&a.org, a.log.0).cmp(&(&b.org, b.log.0)));
        Ok((found, healed))
    }

    /// Compares one log with a size and root that it is known to have had.
    pub(crate) fn check_against(&self, log: LogId, signed: Guarded) -> Result<Compared, ReadError> {
        let differs = |kind, org, stored| RolledBack { kind, log, org, signed, stored, witness: None };
        if log == self.directory.log() {
            let (found, healed) = self.check_directory_against(signed)?;
            return Ok(Compared { differs: found.map(|(kind, stored)| differs(kind, None, stored)), healed });
        }
        let Some(tree) = self.trees.of_log(log) else {
            return Ok(Compared { differs: Some(differs(RollbackKind::Unknown, None, 0)), healed: false });
        };
        let edge = tree.edge();
        let (found, healed) = match edge.size().cmp(&signed.size) {
            Ordering::Less => (Some(RollbackKind::Shorter), false),
            Ordering::Equal => ((edge.root() != signed.root).then_some(RollbackKind::Forked), false),
            Ordering::Greater => {
                let root = || merkle::root(signed.size, &self.hashes(&tree, signed.size)).map_err(source);
                compare(&signed.root, root, || self.heal(&tree))?
            }
        };
        let differs = found.map(|kind| differs(kind, Some(tree.org.clone()), edge.size()));
        Ok(Compared { differs, healed })
    }

    /// As [`Proofs::check_against`] for the directory: how it differs, and how many entries are stored.
    pub(crate) fn check_directory_against(
        &self,
        signed: Guarded,
    ) -> Result<(Option<(RollbackKind, u64)>, bool), ReadError> {
        let stored = self.directory_size();
        if stored < signed.size {
            return Ok((Some((RollbackKind::Shorter, stored)), false));
        }
        let root = || merkle::root(signed.size, &self.directory_hashes(signed.size)).map_err(source);
        let (found, healed) = compare(&signed.root, root, || self.heal_directory())?;
        Ok((found.map(|kind| (kind, stored)), healed))
    }

    /// Sets what was found at start.
    pub(crate) fn set_rolled_back(&self, found: Vec<RolledBack>) {
        self.rolled_back.store(Arc::new(found));
    }

    /// Compares the directory with a size and root that a witness has seen, signed by us. If they do not fit, nothing
    /// is written or signed from now on. Blocks.
    pub fn compare_directory(&self, seen: Guarded, witness: &str) -> Result<Option<RolledBack>, ReadError> {
        let (Some((kind, stored)), _) = self.check_directory_against(seen)? else { return Ok(None) };
        let found = RolledBack {
            kind,
            log: self.directory.log(),
            org: None,
            signed: seen,
            stored,
            witness: Some(witness.to_owned()),
        };
        self.rolled_back.rcu(|before| {
            let mut all = Vec::clone(before);
            all.push(found.clone());
            all
        });
        Ok(Some(found))
    }
}

/// Compares the root of stored hashes with one that was signed. Hashes above the leaves follow from the leaves: that
/// they are wrong, or not there, says nothing of the log until `heal` has made them again.
fn compare(
    signed: &Hash,
    root: impl Fn() -> Result<Hash, ReadError>,
    heal: impl FnOnce() -> Result<bool, ReadError>,
) -> Result<(Option<RollbackKind>, bool), ReadError> {
    match root() {
        Ok(root) if root == *signed => return Ok((None, false)),
        Err(error) if !error.is_damage() => return Err(error),
        Ok(_) | Err(_) => {}
    }
    let healed = heal()? && root()? == *signed;
    Ok(((!healed).then_some(RollbackKind::Forked), healed))
}

/// Proofs are only asked for within a tree, so all that can fail is reading.
pub(crate) fn source(error: GenerateError<ReadError>) -> ReadError {
    match error {
        GenerateError::Source(error) => error,
        GenerateError::Outside(error) => ReadError::Corrupt(error.to_string()),
    }
}
