//! The self-audit: everything that is stored is read again, from the events' bytes up to the published root, at a rate
//! that nobody notices. It finds what has been changed behind the service's back, and names the place.

mod leaves;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tallystick_event::{LogId, OrgId};
use tallystick_merkle::Edge;

use crate::{
    error::{ReadError, Verdict},
    options::INSTANCE_ORG,
    proof::{Guarded, Proofs, Tree, rollback::Compared},
};

/// Events a second that the background audit reads at least, while it runs.
pub const AUDIT_RATE_MIN: u64 = 2_000;
/// Time in which the background audit reads everything once, at most.
pub const AUDIT_CYCLE_MAX: Duration = Duration::from_hours(7 * 24);
/// Time between the starts of two rounds of the background audit, at least.
const AUDIT_PAUSE: Duration = Duration::from_hours(24);
/// How long the first round waits after the start.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// What is said of hashes that were made again.
const HEALED: &str = "stored hashes above the leaves were wrong and have been made again";
/// Findings that a report keeps; more are counted.
const FINDINGS_KEPT: usize = 1_000;

/// What is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// The event is not what its leaf commits to.
    Tampered,
    /// The event, or the file that has it, cannot be read.
    Unreadable,
    /// A leaf is not there.
    Missing,
    /// The leaves do not have the hash that was recorded for them while they came in.
    Forked,
    /// A stored hash above the leaves was wrong. It follows from the leaves, so it was made again.
    Healed,
}

impl FindingKind {
    /// What a failed read says.
    fn of(error: &ReadError) -> Self {
        match error {
            ReadError::Broken { verdict: Verdict::Tampered, .. } => Self::Tampered,
            ReadError::Broken { verdict: Verdict::Missing, .. } => Self::Missing,
            _ => Self::Unreadable,
        }
    }

    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tampered => "TAMPERED",
            Self::Unreadable => "UNREADABLE",
            Self::Missing => "MISSING",
            Self::Forked => "FORKED",
            Self::Healed => "HEALED",
        }
    }
}

/// A place where something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// What.
    pub kind: FindingKind,
    /// Whose log.
    pub org: OrgId,
    /// The log.
    pub log: LogId,
    /// The event's seq, if it is one event.
    pub seq: Option<u64>,
    /// For people.
    pub what: String,
}

impl std::fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.org)?;
        if let Some(seq) = self.seq {
            write!(f, " seq {seq}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// What an audit found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// When it began, Unix ms.
    pub started_ms: i64,
    /// When it ended, Unix ms.
    pub ended_ms: i64,
    /// Logs that were read.
    pub logs: u64,
    /// Events that were read.
    pub events: u64,
    /// The first findings.
    pub findings: Vec<AuditFinding>,
    /// All findings.
    pub findings_total: u64,
    /// Those of them that were healed.
    pub healed: u64,
}

impl AuditReport {
    /// Whether everything is as it was taken in. Hashes that were made again do not count against it.
    pub fn is_good(&self) -> bool {
        self.not_healed() == 0
    }

    /// Findings other than hashes that were made again.
    pub fn not_healed(&self) -> u64 {
        self.findings_total - self.healed
    }

    fn add(&mut self, finding: AuditFinding) {
        self.findings_total += 1;
        self.healed += u64::from(finding.kind == FindingKind::Healed);
        if self.findings.len() < FINDINGS_KEPT {
            self.findings.push(finding);
        }
    }
}

/// Where the background audit is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditStatus {
    /// Rounds completed since start.
    pub rounds: u64,
    /// Events read in the round that runs; none: it pauses.
    pub running: Option<u64>,
    /// The last complete round.
    pub last: Option<AuditReport>,
}

#[derive(Debug, Default)]
pub(crate) struct AuditCell(Mutex<AuditStatus>);

impl Proofs {
    /// Where the background audit is, and what it found last.
    pub fn audit_status(&self) -> AuditStatus {
        self.audit.0.lock().clone()
    }

    /// Reads everything that is published, and calls `progress` with the number of events read; an audit ends early
    /// when that returns false. Blocks.
    pub fn audit(&self, progress: &mut dyn FnMut(u64) -> bool) -> AuditReport {
        let mut report = AuditReport { started_ms: self.clock.now_ms(), ..AuditReport::default() };
        let mut trees = self.trees.all();
        trees.sort_by(|a, b| (&a.org, a.base).cmp(&(&b.org, b.base)));
        for tree in trees {
            if !self.audit_log(&tree, &mut report, progress) {
                break;
            }
            report.logs += 1;
        }
        self.cache.clear();
        self.audit_directory(&mut report);
        report.ended_ms = self.clock.now_ms();
        report
    }

    /// The directory's entries have the root that was signed, and say of each log what is true.
    fn audit_directory(&self, report: &mut AuditReport) {
        let Some(newest) = self.directory_newest() else { return };
        let signed = Guarded { size: newest.edge.size(), root: newest.edge.root() };
        let org: OrgId = INSTANCE_ORG.parse().expect("a valid organization id");
        let log = self.directory.log();
        let mut add = |kind, what: String| {
            report.add(AuditFinding { kind, org: org.clone(), log, seq: None, what });
        };
        match self.check_directory_against(signed) {
            Ok((None, healed)) => match self.audit_directory_hashes(&newest.edge, healed) {
                Ok(true) => add(FindingKind::Healed, format!("the directory: {HEALED}")),
                Ok(false) => {}
                Err(error) => add(FindingKind::of(&error), format!("the directory: {}", what_of(error))),
            },
            Ok((Some(_), _)) => {
                add(FindingKind::Forked, "the directory's entries do not have the root signed".to_owned());
            }
            Err(error) => add(FindingKind::Unreadable, format!("the directory: {error}")),
        }
        let entries = match self.runtime.block_on(self.catalog.newest_directory_entries()) {
            Ok(entries) => entries,
            Err(error) => return add(FindingKind::Unreadable, format!("the directory: {error}")),
        };
        for entry in entries {
            match self.check_against(entry.log, Guarded { size: entry.size, root: entry.root }) {
                Ok(Compared { differs: None, healed: false }) => {}
                Ok(Compared { differs: None, healed: true }) => {
                    add(FindingKind::Healed, format!("log {}: {HEALED}", entry.log));
                }
                Ok(Compared { differs: Some(found), .. }) => {
                    add(FindingKind::Forked, format!("against the directory: {found}"));
                }
                Err(error) => {
                    add(FindingKind::Unreadable, format!("entry {} of the directory: {error}", entry.index));
                }
            }
        }
    }

    /// Whether stored hashes above the entries of the directory were made again: its root alone does not show all of
    /// those that are wrong.
    fn audit_directory_hashes(&self, signed: &Edge, healed: bool) -> Result<bool, ReadError> {
        Ok(healed || !self.are_stored(&self.hashes_of_entries(signed)?)? && self.heal_directory()?)
    }

    /// The background audit, until the engine stops.
    pub(crate) fn run_audits(self: Arc<Self>) {
        let mut next = Instant::now() + FIRST_PAUSE;
        while self.trees.sleep_until(next) {
            next = Instant::now() + AUDIT_PAUSE;
            let total: u64 = self.trees.all().iter().map(|tree| tree.size()).sum();
            let rate = AUDIT_RATE_MIN.max(total / AUDIT_CYCLE_MAX.as_secs());
            let started = Instant::now();
            let report = self.audit(&mut |events| {
                self.audit.0.lock().running = Some(events);
                self.trees.sleep_until(started + Duration::from_millis(events * 1_000 / rate))
            });
            if self.trees.is_stopping() {
                return;
            }
            for finding in &report.findings {
                tracing::error!(%finding, "the self-audit found something");
            }
            tracing::info!(events = report.events, findings = report.findings_total, "self-audit done");
            let mut status = self.audit.0.lock();
            *status = AuditStatus { rounds: status.rounds + 1, running: None, last: Some(report) };
        }
    }
}

/// The sentence of a failed read, whose verdict is the finding's kind.
fn what_of(error: ReadError) -> String {
    match error {
        ReadError::Broken { what, .. } => what,
        error => error.to_string(),
    }
}

fn finding(kind: FindingKind, tree: &Tree, seq: Option<u64>, what: String) -> AuditFinding {
    AuditFinding { kind, org: tree.org.clone(), log: tree.log, seq, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn healed_hashes_are_no_damage_however_many_there_are() {
        let mut report = AuditReport::default();
        let finding = |kind| AuditFinding {
            kind,
            org: "acme".parse().unwrap(),
            log: LogId([7; 16]),
            seq: None,
            what: String::new(),
        };
        (0..=FINDINGS_KEPT * 2).for_each(|_| report.add(finding(FindingKind::Healed)));
        assert!(report.is_good(), "{} of {}", report.not_healed(), report.findings_total);
        report.add(finding(FindingKind::Missing));
        assert_eq!(report.not_healed(), 1);
    }
}
