//! Whom the policy believes, for which of the two logs.
//!
//! A policy names keys of logs and witnesses, and a quorum. The organization's log is signed by its own key alone, so
//! its checkpoints are opened with the policy's keys of that origin and no quorum is asked for. The quorum is asked
//! of the directory's checkpoint, which [`Policy::open`] judges, and reaches the organization's log through the
//! directory's entry ([`DirectoryProof`]). A quorum that cosigned the organization's own checkpoint does as well.

mod directory;

use tallystick_event::LogId;
use tallystick_merkle::{
    Checkpoint, CheckpointError, Note, Policy, PolicyRefusal, SignatureError, TrustedCheckpoint, VerifierKey,
};

pub use directory::{DirectoryFault, DirectoryProof};

use crate::report::{LogReport, LogStatus, WitnessReport, Witnessed};

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The policy has no key of that log.
    #[error("the policy has no key for the log {origin}")]
    UnknownLog {
        /// Its origin.
        origin: String,
    },
    /// It is a checkpoint of another log than the one it should be of.
    #[error("a checkpoint of {found} where one of {expected} belongs")]
    Origin {
        /// The log it should be of.
        expected: String,
        /// The log it is of.
        found: String,
    },
    /// The text is no checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// No key of the log has signed it, or a signature is bad.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The origin does not end with the id of a log.
    #[error("the origin {origin} does not end with the id of a log")]
    Id {
        /// The origin.
        origin: String,
    },
}

impl TrustError {
    /// What it says about the log: a key that is not known is no sign of tampering.
    pub(crate) fn status(&self) -> LogStatus {
        let why = self.to_string();
        if matches!(self, TrustError::UnknownLog { .. }) {
            LogStatus::Untrusted { why }
        } else {
            LogStatus::Tampered { why }
        }
    }
}

/// Whether the policy asks for witnesses at all.
pub fn demands_witnesses(policy: &Policy) -> bool {
    !policy.is_quorum(&[])
}

/// Reads a checkpoint that must be signed by a key that the policy has for its origin. No witness is asked for.
///
/// # Errors
/// If it is no checkpoint, the policy has no such key, none of them signed, or a signature of one is bad.
pub fn open_log(note: &Note, policy: &Policy) -> Result<Checkpoint, TrustError> {
    let checkpoint: Checkpoint = note.unverified_text().parse()?;
    let origin = checkpoint.origin();
    let keys: Vec<VerifierKey> =
        policy.logs().iter().map(|log| &log.key).filter(|key| key.name() == origin).cloned().collect();
    if keys.is_empty() {
        return Err(TrustError::UnknownLog { origin: origin.to_owned() });
    }
    note.verify(&keys)?;
    Ok(checkpoint)
}

/// As [`open_log`], of the log with this origin.
///
/// # Errors
/// As [`open_log`], or if it is of another log.
pub fn open_log_of(note: &Note, policy: &Policy, origin: &str) -> Result<Checkpoint, TrustError> {
    let checkpoint = open_log(note, policy)?;
    if checkpoint.origin() == origin {
        return Ok(checkpoint);
    }
    Err(TrustError::Origin { expected: origin.to_owned(), found: checkpoint.origin().to_owned() })
}

/// The id at the end of an organization's log's origin.
///
/// # Errors
/// If there is none in its only spelling.
pub fn log_id(origin: &str) -> Result<LogId, TrustError> {
    let id = origin.rsplit_once('/').map(|(_, id)| id);
    let parsed = id.and_then(|id| id.parse::<LogId>().ok().filter(|parsed| parsed.to_string() == id));
    parsed.ok_or_else(|| TrustError::Id { origin: origin.to_owned() })
}

/// How well a checkpoint that was opened already is witnessed: through the directory, or by itself. Sets the log's
/// status if it is not, or if what should show it is forged. Says whether the directory is shown to hold the log, with
/// or without a quorum.
pub(crate) fn witness(
    report: &mut LogReport,
    note: &Note,
    checkpoint: &Checkpoint,
    directory: Option<&DirectoryProof>,
    policy: &Policy,
) -> bool {
    let direct = match policy.open(note) {
        Ok(trusted) => Some(witnessed(&trusted, policy, None)),
        Err(PolicyRefusal::NoQuorum { .. }) => None,
        Err(refusal) => {
            report.worsen(LogStatus::Tampered { why: refusal.to_string() });
            None
        }
    };
    let through = directory.and_then(|directory| match directory.check(checkpoint, policy) {
        Ok(found) => Some(found),
        // A directory that the policy does not know proves nothing, neither way.
        Err(DirectoryFault::Trust(error @ TrustError::UnknownLog { .. })) => {
            report.directory_unused = Some(error.to_string());
            None
        }
        Err(fault) => {
            report.worsen(fault.status());
            None
        }
    });
    let is_listed = through.is_some();
    report.witnessed = match (direct, through) {
        (Some(direct), Some(through)) if through.is_quorum && direct.witnesses.is_empty() => Some(through),
        (Some(direct), through) if !direct.witnesses.is_empty() || through.is_none() => {
            Some(direct).filter(|direct| !direct.witnesses.is_empty())
        }
        (_, through) => through,
    };
    if demands_witnesses(policy) {
        let seen = report.witnessed.as_ref().filter(|seen| seen.is_quorum).map_or(0, |seen| seen.size);
        if seen < checkpoint.size() {
            report.worsen(LogStatus::Unwitnessed { since: seen });
        }
    }
    is_listed
}

/// What a checkpoint that the policy accepts says of witnesses.
fn witnessed(trusted: &TrustedCheckpoint, policy: &Policy, directory: Option<&Checkpoint>) -> Witnessed {
    let name = |place: usize| String::from_utf8_lossy(&policy.witnesses()[place].name).into_owned();
    let mut cosigned = trusted.cosignatures.clone();
    cosigned.sort_by_key(|(_, time)| *time);
    let since = quorum_time(policy, cosigned.iter());
    let fresh = quorum_time(policy, cosigned.iter().rev());
    Witnessed {
        size: trusted.checkpoint.size(),
        directory: directory.map(|directory| directory.origin().to_owned()),
        directory_size: directory.map(Checkpoint::size),
        witnesses: cosigned
            .iter()
            .map(|(place, time)| WitnessReport { name: name(*place), time: *time })
            .collect(),
        is_quorum: true,
        since,
        fresh,
        listed_ms: None,
    }
}

/// The time of the cosignature that completes a quorum, of witnesses and times in some order.
fn quorum_time<'a>(policy: &Policy, cosigned: impl Iterator<Item = &'a (usize, u64)>) -> Option<u64> {
    let mut keys = Vec::new();
    for (place, time) in cosigned {
        keys.push(policy.witnesses()[*place].key.clone());
        if policy.is_quorum(&keys) {
            return Some(*time);
        }
    }
    None
}
