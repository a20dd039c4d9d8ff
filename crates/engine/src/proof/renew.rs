//! Going on after a rollback or fork: the logs concerned are closed as they are, and their organizations get new ones.
//! What was signed stays signed; nobody can be told that it did not happen.

use std::time::{Duration, Instant};

use tallystick_event::{LogId, OrgId};

use crate::{
    Engine,
    error::OpenError,
    proof::{Guarded, RollbackKind, directory::DIRECTORY_LOG},
};

/// How long the rest of the tail may take to be sealed.
const SEAL_WAIT_MAX: Duration = Duration::from_mins(5);

/// A log that was closed.
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
    /// writes because of that; it has to be opened again afterwards. The caller then writes a leaf of kind 6 as the
    /// first of each new log.
    pub async fn renew_logs(&self) -> Result<Vec<RenewedLog>, OpenError> {
        let found = self.proofs().rolled_back();
        self.seal_everything().await?;
        let mut renewed = Vec::new();
        for rolled_back in found.iter() {
            let Some(org) = &rolled_back.org else { continue };
            let (closed, now) = self.catalog().replace_log(org).await?;
            renewed.push(RenewedLog {
                org: org.clone(),
                log: closed.log,
                successor: now.log_id,
                size: closed.size,
                signed: rolled_back.signed,
                kind: rolled_back.kind,
            });
        }
        let mut forgotten: Vec<LogId> = found.iter().map(|rolled_back| rolled_back.log).collect();
        if forgotten.contains(&self.proofs().directory.log()) {
            renewed.extend(self.renew_the_others(&forgotten).await?);
            forgotten.extend(renewed.iter().map(|renewed| renewed.log));
            self.catalog().renew_directory(DIRECTORY_LOG).await?;
        }
        self.proofs().guard.lock().forget(&forgotten)?;
        Ok(renewed)
    }

    /// A directory that is not what was signed may have known more of any log than is stored, and nobody here can tell
    /// of which: going on with one of them could fork it. So all that have events are closed.
    async fn renew_the_others(&self, done: &[LogId]) -> Result<Vec<RenewedLog>, OpenError> {
        let mut renewed = Vec::new();
        for org in self.orgs() {
            let Some(tree) = self.proofs().trees.of_org(&org) else { continue };
            if tree.size() == 0 || done.contains(&tree.log) {
                continue;
            }
            let signed = Guarded { size: tree.size(), root: tree.edge().root() };
            let (closed, now) = self.catalog().replace_log(&org).await?;
            renewed.push(RenewedLog {
                org,
                log: closed.log,
                successor: now.log_id,
                size: closed.size,
                signed,
                kind: RollbackKind::Unknown,
            });
        }
        Ok(renewed)
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
