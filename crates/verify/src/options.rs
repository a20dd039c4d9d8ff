//! What is asked for beyond the policy.

use std::fmt::{self, Debug, Formatter};

use crate::report::{LogStatus, RecordReport, Report};

/// Options of a verification. The default lists 20 records and asks for nothing more.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Records of which a report has the details; those that are not well come in addition.
    pub records_listed: usize,
    /// The present, Unix ms, and how old the newest proof of time may be, ms.
    pub age_max: Option<(i64, u64)>,
    /// Whether a pack must have an anchor that names its checkpoint.
    pub needs_anchor: bool,
    /// Told the number of records checked, now and then.
    pub progress: Option<&'a dyn Fn(u64)>,
    /// Told every record as it is judged.
    pub on_record: Option<&'a dyn Fn(&RecordReport)>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options { records_listed: 20, age_max: None, needs_anchor: false, progress: None, on_record: None }
    }
}

impl Options<'_> {
    /// Makes a log STALE whose newest proof of time, which is a cosignature of a quorum, is too old.
    pub(crate) fn check_age(&self, report: &mut Report) {
        let Some((now_ms, age_max)) = self.age_max else { return };
        let seen = report.log.witnessed.as_ref().filter(|seen| seen.is_quorum);
        let newest = seen.and_then(|seen| seen.witnesses.iter().map(|witness| witness.time).max());
        let age_ms =
            newest.map(|time| u64::try_from(now_ms).unwrap_or(0).saturating_sub(time.saturating_mul(1_000)));
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
            .field("needs_anchor", &self.needs_anchor)
            .finish_non_exhaustive()
    }
}
