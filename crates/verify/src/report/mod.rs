//! What was found out: verdicts of records, the status of the log, and what to conclude. Serialises to the JSON that
//! the tools print with `--json`.

mod text;

use serde::{Serialize, Serializer};
use tallystick_merkle::Checkpoint;

use crate::limits::FAULTS_LISTED_MAX;
use crate::record::Tampering;

/// What is to be concluded from a report; the numbers are the exit status of the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Conclusion {
    /// Everything holds.
    Proven = 0,
    /// Nothing is wrong, but the policy asks for more than there is.
    Inconclusive = 3,
    /// Something was changed, removed or forged.
    Tampered = 2,
}

impl Conclusion {
    /// Exit status of the tools.
    pub fn exit_code(self) -> u8 {
        self as u8
    }

    fn rank(self) -> u8 {
        match self {
            Conclusion::Proven => 0,
            Conclusion::Inconclusive => 1,
            Conclusion::Tampered => 2,
        }
    }

    fn worse(self, other: Conclusion) -> Conclusion {
        if other.rank() > self.rank() { other } else { self }
    }
}

/// What a record turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Complete and as it was taken in.
    Ok,
    /// As it was taken in, some units left out of this copy.
    OkRedacted,
    /// Some units were erased, and these leaves say so.
    Erased {
        /// Seqs of the erasures.
        by: Vec<u64>,
    },
    /// Not what the log committed to.
    Tampered {
        /// The rule that does not hold.
        #[serde(serialize_with = "as_text")]
        why: Tampering,
    },
    /// A range that should hold it does not.
    Missing,
}

/// What the log turned out to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LogStatus {
    /// Signed, and as well witnessed as the policy demands.
    Consistent,
    /// Nothing is wrong, but from a size on the quorum of the policy has not seen it.
    Unwitnessed {
        /// That size: the seq of the first leaf that is not witnessed.
        since: u64,
    },
    /// Its newest proof of time is too old.
    Stale {
        /// How old it is, ms; none if there is no proof of time at all.
        age_ms: Option<u64>,
    },
    /// The policy has no key for it.
    Untrusted {
        /// What is missing.
        why: String,
    },
    /// It contradicts a checkpoint that was verified before.
    Forked {
        /// How.
        why: String,
    },
    /// It is smaller than it was when verified before.
    RolledBack {
        /// Size of the checkpoint verified before.
        was: u64,
        /// Its size now.
        is: u64,
    },
    /// A signature, a proof or the tree does not hold.
    Tampered {
        /// Which.
        why: String,
    },
    /// Something that it has committed to is not there, as its service says.
    Missing {
        /// What.
        why: String,
    },
}

/// A record in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordReport {
    /// Its index in the log.
    pub seq: u64,
    /// What it turned out to be.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Id of the event, if its leaf can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// When the service took it in, RFC 3339; the service's word, bounded by witnesses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// What it says, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
}

/// How many records there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All that are there.
    pub records: u64,
    /// OK.
    pub ok: u64,
    /// OK-REDACTED.
    pub redacted: u64,
    /// ERASED.
    pub erased: u64,
    /// TAMPERED.
    pub tampered: u64,
    /// MISSING; not among `records`.
    pub missing: u64,
    /// Of all, those that the policy's quorum has not seen.
    pub unwitnessed: u64,
}

/// A witness that has seen the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WitnessReport {
    /// Its name in the policy.
    pub name: String,
    /// When it cosigned, Unix seconds.
    pub time: u64,
}

/// How far a log has been seen by witnesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witnessed {
    /// Leaves of the log that are covered.
    pub size: u64,
    /// Origin of the directory through which they are; none if the log itself was cosigned.
    pub directory: Option<String>,
    /// Size of the directory.
    pub directory_size: Option<u64>,
    /// The witnesses of the policy that cosigned.
    pub witnesses: Vec<WitnessReport>,
    /// Whether they are the quorum.
    pub is_quorum: bool,
    /// When the quorum was met, Unix seconds: all leaves covered are at least that old.
    pub since: Option<u64>,
    /// How fresh it is shown to be, Unix seconds: the cosignatures that are not older still make a quorum. A single
    /// witness, whose clock may be wrong, makes nothing fresh that a quorum does not.
    pub fresh: Option<u64>,
    /// When the directory took in the checkpoint of the log that covers these leaves, Unix ms; the directory's word.
    pub listed_ms: Option<i64>,
}

/// A log in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Its origin.
    pub origin: String,
    /// Its size at the checkpoint.
    pub size: u64,
    /// Root of its tree, hexadecimal.
    pub root: String,
    /// What it turned out to be.
    #[serde(flatten)]
    pub status: LogStatus,
    /// How far witnesses have seen it.
    pub witnessed: Option<Witnessed>,
    /// Why the directory's proof was not used, if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory_unused: Option<String>,
}

/// An anchor of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnchorReport {
    /// Its name.
    pub name: String,
    /// Whether the hash of the checkpoint that it should be about occurs in it. Its own signature is not checked here.
    pub names_checkpoint: bool,
}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// One event.
    Event,
    /// All events of a range.
    Range,
    /// An evidence pack with all events of a range.
    PackOfRange,
    /// An evidence pack with some events.
    PackOfSelection,
    /// A whole log.
    Log,
    /// What a log has become since a checkpoint.
    Growth,
}

/// The outcome of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was verified.
    pub subject: Subject,
    /// What to conclude; `exit_code` has it as a number.
    pub conclusion: Conclusion,
    /// Exit status of the tools.
    pub exit_code: u8,
    /// The log.
    pub log: LogReport,
    /// The records.
    pub counts: Counts,
    /// The range that is proven complete, if one is.
    pub range: Option<(u64, u64)>,
    /// The first records, and all that are not well (up to a limit).
    pub records: Vec<RecordReport>,
    /// The anchors of a pack.
    pub anchors: Vec<AnchorReport>,
    /// What else is to be known, one sentence each.
    pub remarks: Vec<String>,
}

impl Counts {
    /// The numbers of a file may be any: sums end at the largest number there is.
    fn add(&mut self, other: &Counts) {
        let Counts { records, ok, redacted, erased, tampered, missing, unwitnessed } = self;
        for (sum, more) in [
            (records, other.records),
            (ok, other.ok),
            (redacted, other.redacted),
            (erased, other.erased),
            (tampered, other.tampered),
            (missing, other.missing),
            (unwitnessed, other.unwitnessed),
        ] {
            *sum = sum.saturating_add(more);
        }
    }

    /// Records and those that are missing.
    fn expected(&self) -> u64 {
        self.records.saturating_add(self.missing)
    }
}

impl LogReport {
    pub(crate) fn of(checkpoint: &Checkpoint) -> LogReport {
        LogReport {
            origin: checkpoint.origin().to_owned(),
            size: checkpoint.size(),
            root: hex::encode(checkpoint.root()),
            status: LogStatus::Consistent,
            witnessed: None,
            directory_unused: None,
        }
    }

    /// Of a log whose checkpoint could not be believed.
    pub(crate) fn unopened(origin: &str, status: LogStatus) -> LogReport {
        LogReport {
            origin: origin.to_owned(),
            size: 0,
            root: String::new(),
            status,
            witnessed: None,
            directory_unused: None,
        }
    }

    /// Sets the status unless a worse one is known.
    pub(crate) fn worsen(&mut self, status: LogStatus) {
        if status.conclusion().rank() > self.status.conclusion().rank() {
            self.status = status;
        }
    }
}

impl LogStatus {
    /// What a service says of its own log: the word of a verdict, and a sentence that may begin with it. None if that
    /// is no such verdict.
    pub fn admitted(verdict: &str, detail: &str) -> Option<LogStatus> {
        let why = detail.strip_prefix(verdict).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(detail);
        let why = why.to_owned();
        match verdict {
            "TAMPERED" => Some(LogStatus::Tampered { why }),
            "MISSING" => Some(LogStatus::Missing { why }),
            "FORKED" => Some(LogStatus::Forked { why }),
            _ => None,
        }
    }

    /// What is to be concluded from it.
    pub fn conclusion(&self) -> Conclusion {
        match self {
            LogStatus::Consistent => Conclusion::Proven,
            LogStatus::Unwitnessed { .. } | LogStatus::Stale { .. } | LogStatus::Untrusted { .. } => {
                Conclusion::Inconclusive
            }
            LogStatus::Forked { .. }
            | LogStatus::RolledBack { .. }
            | LogStatus::Tampered { .. }
            | LogStatus::Missing { .. } => Conclusion::Tampered,
        }
    }
}

impl Report {
    pub(crate) fn new(subject: Subject, log: LogReport) -> Report {
        let mut report = Report {
            subject,
            conclusion: Conclusion::Proven,
            exit_code: 0,
            log,
            counts: Counts::default(),
            range: None,
            records: Vec::new(),
            anchors: Vec::new(),
            remarks: Vec::new(),
        };
        report.conclude();
        report
    }

    /// Of a log whose service says itself that it is not what was signed.
    pub fn admitted(subject: Subject, log: &str, path: &str, status: LogStatus) -> Report {
        let mut report = Report::new(subject, LogReport::unopened(log, status));
        report.remarks.push(format!("the service says so itself, asked for {path}"));
        report
    }

    /// Makes the conclusion that of everything that was found.
    pub(crate) fn conclude(&mut self) {
        let counts = &self.counts;
        let records =
            if counts.tampered > 0 || counts.missing > 0 { Conclusion::Tampered } else { Conclusion::Proven };
        let is_of_range = matches!(self.subject, Subject::Range | Subject::PackOfRange);
        // Whatever the counts say: what claims to be all of a range is believed only if that was shown.
        let completeness =
            if is_of_range && self.range.is_none() { Conclusion::Inconclusive } else { Conclusion::Proven };
        self.conclusion = self.log.status.conclusion().worse(records).worse(completeness);
        self.exit_code = self.conclusion.exit_code();
    }

    /// Takes in the report of the next part of a range of the same log. What is whole stays so only if the parts
    /// adjoin.
    pub fn join(&mut self, next: Report, records_listed: usize) {
        let Report { log, counts, range, records, remarks, .. } = next;
        self.range = self.range.zip(range).filter(|(a, b)| a.1 == b.0).map(|(a, b)| (a.0, b.1));
        self.counts.add(&counts);
        for record in records {
            let is_well =
                matches!(record.verdict, Verdict::Ok | Verdict::OkRedacted | Verdict::Erased { .. });
            let most = if is_well { records_listed } else { records_listed + FAULTS_LISTED_MAX };
            if self.records.len() < most {
                self.records.push(record);
            }
        }
        self.remarks.extend(remarks);
        let before = std::mem::replace(&mut self.log, log);
        if before.status.conclusion().rank() >= self.log.status.conclusion().rank() {
            self.log.status = before.status;
        }
        self.conclude();
    }

    /// Makes it known that the log of this report is not well, besides what was found.
    pub fn accuse(&mut self, status: LogStatus) {
        self.log.worsen(status);
        self.conclude();
    }

    /// Nothing is wrong, but this is missing. To be called when all else is concluded.
    pub(crate) fn inconclusive(&mut self, remark: String) {
        self.remarks.push(remark);
        self.conclusion = self.conclusion.worse(Conclusion::Inconclusive);
        self.exit_code = self.conclusion.exit_code();
    }
}

fn as_text<S: Serializer>(why: &Tampering, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(why)
}
