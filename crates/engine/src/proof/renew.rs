//! Going on after a rollback or fork: the logs concerned are closed as they are, and their organizations get new ones.
//! What was signed stays signed; nobody can be told that it did not happen.
//!
//! Three steps, each of which may be cut short and made again: [`Engine::close_logs`] and a new start, a first leaf for
//! each of [`Engine::renewed_logs`], [`Engine::forget_closed_logs`].

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tallystick_event::{LeafKind, LogId, OrgId, Prepared};

use crate::{
    Engine,
    error::{AppendError, OpenError},
    proof::{Guarded, RollbackKind, RolledBack, Tree, directory::DIRECTORY_LOG},
};

/// How long the rest of the tail may take to be sealed.
const SEAL_WAIT_MAX: Duration = Duration::from_mins(5);

/// A log that was closed, and whose successor has no leaf yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewedLog {
    /// Its organization.
    pub org: OrgId,
    /// The closed log.
    pub log: LogId,
    /// Its successor.
    pub successor: LogId,
    /// Leaves that are stored of the closed log.
    pub size: u64,
    /// What was signed of it.
    pub signed: Guarded,
    /// How the two differ.
    pub kind: RollbackKind,
}

impl Engine {
    /// Closes every log that is not what was signed, and gives its organization a new one. For an engine that refuses
    /// writes because of that; it has to be opened again afterwards. What was found is remembered by the guard until
    /// [`Engine::forget_closed_logs`], so after a crash the next start finds it again and this goes on where it was.
    pub async fn close_logs(&self) -> Result<(), OpenError> {
        let found = self.proofs().rolled_back();
        self.seal_everything().await?;
        for rolled_back in found.iter() {
            let Some(org) = &rolled_back.org else { continue };
            if self.proofs().trees.of_log(rolled_back.log).is_some_and(|tree| !tree.closed) {
                self.catalog().replace_log(org).await?;
            }
        }
        if found.iter().any(|rolled_back| rolled_back.log == self.proofs().directory.log()) {
            self.close_the_others(&found).await?;
            self.catalog().renew_directory(DIRECTORY_LOG).await?;
        }
        Ok(())
    }

    /// A directory that is not what was signed may have known more of any log than is stored, and nobody here can tell
    /// of which: going on with one of them could fork it. So all that have events are closed.
    async fn close_the_others(&self, done: &[RolledBack]) -> Result<(), OpenError> {
        for org in self.orgs() {
            let Some(tree) = self.proofs().trees.of_org(&org) else { continue };
            if tree.size() > 0 && !done.iter().any(|rolled_back| rolled_back.log == tree.log) {
                self.catalog().replace_log(&org).await?;
            }
        }
        Ok(())
    }

    /// The closed logs whose successors do not begin yet, so that each is still owed its first leaf. It follows from
    /// what is stored and nothing else: a crash between closing and writing loses none.
    pub async fn renewed_logs(&self) -> Result<Vec<RenewedLog>, OpenError> {
        let mut owed = Vec::new();
        for org in self.orgs() {
            let Some(present) = self.proofs().trees.of_org(&org).filter(|tree| tree.size() == 0) else {
                continue;
            };
            if let Some(closed) = self.proofs().trees.before(&present) {
                owed.push(self.renewed(&closed, present.log).await?);
            }
        }
        Ok(owed)
    }

    async fn renewed(&self, closed: &Arc<Tree>, successor: LogId) -> Result<RenewedLog, OpenError> {
        let found = self.proofs().rolled_back();
        let mut known =
            found.iter().find(|found| found.log == closed.log).map(|found| (found.kind, found.signed));
        let newest = self.catalog().directory_entry_before(closed.log, i64::MAX as u64).await?;
        if let (None, Some(entry)) = (known, newest) {
            let (proofs, log) = (Arc::clone(self.proofs()), closed.log);
            let said = Guarded { size: entry.size, root: entry.root };
            let checked = tokio::task::spawn_blocking(move || proofs.check_against(log, said)).await;
            let checked = checked.expect("checking does not panic").map_err(OpenError::Proofs)?;
            known = checked.differs.map(|found| (found.kind, found.signed));
        }
        let (size, root) = (closed.size(), closed.edge().root());
        let (kind, signed) = known.unwrap_or((RollbackKind::Unknown, Guarded { size, root }));
        Ok(RenewedLog { org: closed.org.clone(), log: closed.log, successor, size, signed, kind })
    }

    /// Writes the leaf that a renewed log begins with: of kind 6, and the only one that is taken in while logs are not
    /// what was signed, or for an archived organization.
    pub async fn append_recovery(&self, leaf: Prepared) -> Result<(), AppendError> {
        assert_eq!(leaf.kind, LeafKind::Recovery, "nothing else is written before the logs are renewed");
        self.submit(vec![leaf]).await.map(drop)
    }

    /// Has the guard forget logs that are closed, or that the catalog does not know: they are never signed again. The
    /// last step of a renewal; the next start finds nothing any more.
    pub fn forget_closed_logs(&self) -> Result<(), OpenError> {
        let proofs = self.proofs();
        let mut guard = proofs.guard.lock();
        let is_open =
            |log| log == proofs.directory.log() || proofs.trees.of_log(log).is_some_and(|tree| !tree.closed);
        let forgotten: Vec<LogId> = guard.newest().keys().copied().filter(|log| !is_open(*log)).collect();
        Ok(guard.forget(&forgotten)?)
    }

    async fn seal_everything(&self) -> Result<(), OpenError> {
        let failed = |what: &str| OpenError::Inconsistent(format!("the tail cannot be sealed: {what}"));
        self.seal_now().map_err(|error| failed(&error.to_string()))?;
        let started = Instant::now();
        loop {
            let status = self.status();
            if status.tail_events == 0 && status.frozen_tails == 0 {
                return Ok(());
            }
            if status.halted || started.elapsed() > SEAL_WAIT_MAX {
                return Err(failed("see the log"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
