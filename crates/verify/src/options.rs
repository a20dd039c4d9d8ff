//! What is asked for beyond the policy.

use std::fmt::{self, Debug, Formatter};

use tallystick_merkle::Checkpoint;

use crate::VerifyError;
use crate::limits::CLOCK_SKEW_MS_MAX;
use crate::report::{LogStatus, RecordReport, Report};

/// Options of a verification. The default lists 20 records and asks for nothing more.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Records of which a report has the details; those that are not well come in addition.
    pub records_listed: usize,
    /// The present, Unix ms, and how old the newest proof of time may be, ms. That is a proof of the directory, if the
    /// log is witnessed through one: a log in which nothing happens has no younger entry there.
    pub age_max: Option<(i64, u64)>,
    /// Origin of the log that is meant, for a log or a range that somebody is asked for. Without it any log that the
    /// policy has a key for will do, and whoever answers chooses which.
    pub origin: Option<&'a str>,
    /// Whether a pack must have an anchor that names its checkpoint.
    pub needs_anchor: bool,
    /// Told the number of records checked, now and then.
    pub progress: Option<&'a dyn Fn(u64)>,
    /// Told every record as it is judged.
    pub on_record: Option<&'a dyn Fn(&RecordReport)>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            records_listed: 20,
            age_max: None,
            origin: None,
            needs_anchor: false,
            progress: None,
            on_record: None,
        }
    }
}

impl Options<'_> {
    /// Refuses a checkpoint, which was opened, of another log than the one that is meant.
    pub(crate) fn require_origin(&self, checkpoint: &Checkpoint) -> Result<(), VerifyError> {
        match self.origin {
            Some(meant) if meant != checkpoint.origin() => {
                Err(VerifyError::OtherLog { meant: meant.to_owned(), found: checkpoint.origin().to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Makes a log STALE whose newest proof of time, which is that of a quorum's cosignatures, is too old.
    pub(crate) fn check_age(&self, report: &mut Report) {
        let Some((now_ms, age_max)) = self.age_max else { return };
        let now_ms = u64::try_from(now_ms).unwrap_or(0);
        let seen = report.log.witnessed.as_ref().filter(|seen| seen.is_quorum);
        let fresh_ms = seen.and_then(|seen| seen.fresh).map(|time| time.saturating_mul(1_000));
        // A time that is yet to come proves nothing of the present, and would hide any age.
        let is_future = fresh_ms.is_some_and(|time| time > now_ms.saturating_add(CLOCK_SKEW_MS_MAX));
        if is_future {
            report
                .remarks
                .push("the witnesses' time is in the future, or the clock here is wrong".to_owned());
        }
        let age_ms = fresh_ms.filter(|_| !is_future).map(|time| now_ms.saturating_sub(time));
        if age_ms.is_none_or(|age| age > age_max) {
            report.log.worsen(LogStatus::Stale { age_ms });
            report.conclude();
        }
    }
}

impl Debug for Options<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("records_listed", &self.records_listed)
            .field("age_max", &self.age_max)
            .field("origin", &self.origin)
            .field("needs_anchor", &self.needs_anchor)
            .finish_non_exhaustive()
    }
}
