//! Finding out at start that the data is not what was signed before: a backup was restored, or a file exchanged. Then
//! nothing is signed and nothing is written until an operator decides (`recover --new-log`).

use std::sync::Arc;

use tallystick_event::{LogId, OrgId};
use tallystick_merkle::{self as merkle, GenerateError};

use crate::{
    error::ReadError,
    proof::{Guarded, Proofs},
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

impl Proofs {
    /// Compares every log with what the guard has recorded of it, and with what the directory says of it: the guard
    /// may be missing, as after a backup was restored.
    pub(crate) fn find_rollbacks(&self) -> Result<Vec<RolledBack>, ReadError> {
        let mut known: Vec<_> = self.guard.lock().newest().iter().map(|(log, at)| (*log, *at)).collect();
        let entries = self.runtime.block_on(self.catalog.newest_directory_entries());
        for entry in entries.map_err(|error| ReadError::of_catalog(&error))? {
            let said = (entry.log, Guarded { size: entry.size, root: entry.root });
            let is_open = self.trees.of_log(entry.log).is_some_and(|tree| !tree.closed);
            if is_open && self.guard.lock().newest().get(&said.0) != Some(&said.1) {
                known.push(said);
            }
        }
        let mut found: Vec<RolledBack> = Vec::new();
        for (log, signed) in known {
            if found.iter().any(|found| found.log == log) {
                continue;
            }
            if let Some(rolled_back) = self.check_against(log, signed)? {
                found.push(rolled_back);
            }
        }
        found.sort_by(|a, b| (&a.org, a.log.0).cmp(&(&b.org, b.log.0)));
        Ok(found)
    }

    /// Compares one log with a size and root that it is known to have had.
    pub(crate) fn check_against(&self, log: LogId, signed: Guarded) -> Result<Option<RolledBack>, ReadError> {
        if log == self.directory.log() {
            return Ok(self.check_directory_against(signed)?.map(|(kind, stored)| RolledBack {
                kind,
                log,
                org: None,
                signed,
                stored,
                witness: None,
            }));
        }
        let Some(tree) = self.trees.of_log(log) else {
            return Ok(Some(RolledBack {
                kind: RollbackKind::Unknown,
                log,
                org: None,
                signed,
                stored: 0,
                witness: None,
            }));
        };
        let stored = tree.size();
        let kind = if stored < signed.size {
            Some(RollbackKind::Shorter)
        } else {
            let root = if stored == signed.size {
                tree.edge().root()
            } else {
                merkle::root(signed.size, &self.hashes(&tree, signed.size)).map_err(source)?
            };
            (root != signed.root).then_some(RollbackKind::Forked)
        };
        Ok(kind.map(|kind| RolledBack {
            kind,
            log,
            org: Some(tree.org.clone()),
            signed,
            stored,
            witness: None,
        }))
    }

    /// Sets what was found at start.
    pub(crate) fn set_rolled_back(&self, found: Vec<RolledBack>) {
        self.rolled_back.store(Arc::new(found));
    }

    /// Compares the directory with a size and root that a witness has seen, signed by us. If they do not fit, nothing
    /// is written or signed from now on. Blocks.
    pub fn compare_directory(&self, seen: Guarded, witness: &str) -> Result<Option<RolledBack>, ReadError> {
        let Some((kind, stored)) = self.check_directory_against(seen)? else { return Ok(None) };
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

/// Proofs are only asked for within a tree, so all that can fail is reading.
pub(crate) fn source(error: GenerateError<ReadError>) -> ReadError {
    match error {
        GenerateError::Source(error) => error,
        GenerateError::Outside(error) => ReadError::Corrupt(error.to_string()),
    }
}
