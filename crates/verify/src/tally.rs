//! Collects verdicts into a report, in constant memory: the first records, what is not well, and numbers.

use tallystick_event::{EventId, Leaf, LogId, format_ms};
use tallystick_merkle::Hash;

use crate::limits::FAULTS_LISTED_MAX;
use crate::record::{Erasures, Record, RecordChecker, Soundness, Tampering, sentence};
use crate::report::{LogStatus, RecordReport, Report, Verdict};
use crate::{Options, record::Slot};

/// How often progress is told, records.
const PROGRESS_EVERY: u64 = 8_192;

/// The judge of the records of one log, given in ascending order.
pub(crate) struct Tally<'o> {
    options: &'o Options<'o>,
    checker: RecordChecker,
    /// Leaves below this are witnessed.
    witnessed: u64,
    last: Option<(u64, i64)>,
    /// Whether a record is explained by an erasure that is not witnessed.
    relies_on_unwitnessed: bool,
    faults: usize,
    pub(crate) erasures: Erasures,
    pub(crate) report: Report,
}

/// A record whose erased units are not explained yet.
pub(crate) struct Pending {
    pub(crate) seq: u64,
    pub(crate) slots: Vec<Slot>,
    pub(crate) by: Vec<u64>,
    shown: RecordReport,
}

impl<'o> Tally<'o> {
    /// Begins with what is known of the log and its witnesses. `all_witnessed` if the policy demands no witnesses.
    pub(crate) fn new(
        options: &'o Options<'o>,
        log: LogId,
        report: Report,
        all_witnessed: bool,
    ) -> Tally<'o> {
        let seen = report.log.witnessed.as_ref().filter(|seen| seen.is_quorum).map_or(0, |seen| seen.size);
        Tally {
            options,
            checker: RecordChecker::new(log),
            witnessed: if all_witnessed { u64::MAX } else { seen },
            last: None,
            relies_on_unwitnessed: false,
            faults: 0,
            erasures: Erasures::default(),
            report,
        }
    }

    pub(crate) fn checker(&mut self) -> &mut RecordChecker {
        &mut self.checker
    }

    /// Leaves below this are as well witnessed as the policy demands.
    pub(crate) fn witnessed(&self) -> u64 {
        self.witnessed
    }

    /// Notes that records are explained by an erasure, in a log of which the leaves below `witnessed` are. One that no
    /// quorum has seen may have been made for this auditor alone.
    pub(crate) fn rely_on(&mut self, erasure: u64, witnessed: u64) {
        if erasure >= witnessed {
            self.relies_on_unwitnessed = true;
            self.report.log.worsen(LogStatus::Unwitnessed { since: witnessed });
        }
    }

    /// Checks a record by itself and against the one before it. Also says the hash of its leaf, not proven yet.
    pub(crate) fn check(&mut self, record: &Record<'_>) -> (Hash, Result<Soundness, Tampering>) {
        let (hash, found) = self.checker.check_and_hash(record);
        let follows = match &found {
            Ok(sound) => self.follow(record.seq, Some(sound.leaf.received_ms)),
            Err(_) => self.follow(record.seq, None),
        };
        (hash, follows.and(found))
    }

    fn follow(&mut self, seq: u64, received_ms: Option<i64>) -> Result<(), Tampering> {
        let (before, time) = self.last.unwrap_or((0, i64::MIN));
        let ascends = self.last.is_none() || seq > before;
        let received_ms = received_ms.unwrap_or(time);
        self.last = Some((seq.max(before), received_ms.max(time)));
        match (ascends, received_ms >= time) {
            (false, _) => Err(Tampering::Ascent),
            (true, false) => Err(Tampering::Time),
            (true, true) => Ok(()),
        }
    }

    /// Checks a record, its erasures among those that are known, and counts it. Says the
    /// hash of its leaf.
    pub(crate) fn judge(&mut self, record: &Record<'_>) -> Hash {
        let (hash, checked) = self.check(record);
        let checked = checked.and_then(|sound| {
            if let Some(slots) = &sound.erased {
                self.erasures.explain(record.seq, slots)?;
            }
            Ok(sound)
        });
        let verdict = match &checked {
            Ok(sound) => verdict_of(sound),
            Err(why) => Verdict::Tampered { why: why.clone() },
        };
        self.count(record, checked.ok().as_ref().map(|sound| &sound.leaf), verdict);
        hash
    }

    /// As [`Tally::judge`], but a record whose erasures are not known yet is given back, to be settled later.
    pub(crate) fn judge_or_wait(&mut self, record: &Record<'_>, sound: &Soundness) -> Option<Pending> {
        let slots = sound.erased.clone().unwrap_or_default();
        if self.erasures.first_unknown(&slots).is_none() {
            let verdict = match self.erasures.explain(record.seq, &slots) {
                Ok(()) => verdict_of(sound),
                Err(why) => Verdict::Tampered { why },
            };
            self.count(record, Some(&sound.leaf), verdict);
            return None;
        }
        let by = sound.erased_by();
        let shown = describe(record, Some(&sound.leaf), Verdict::Erased { by: by.clone() }, true);
        Some(Pending { seq: record.seq, slots, by, shown })
    }

    /// Settles a record that waited for its erasures, all of which are known if they exist.
    pub(crate) fn settle(&mut self, pending: Pending) {
        let verdict = match self.erasures.explain(pending.seq, &pending.slots) {
            Ok(()) => Verdict::Erased { by: pending.by },
            Err(why) => Verdict::Tampered { why },
        };
        let is_listed = self.add(pending.seq, &verdict);
        if is_listed {
            let records = &mut self.report.records;
            let at = records.partition_point(|record| record.seq < pending.seq);
            records.insert(at, RecordReport { verdict, ..pending.shown });
        }
    }

    /// Ends: an unwitnessed end of the log is nothing to records that all stand before it, and so do the erasures that
    /// explain them.
    pub(crate) fn finish(self) -> Report {
        let Tally { options, last, relies_on_unwitnessed, mut report, .. } = self;
        if let (LogStatus::Unwitnessed { since }, Some((last, _))) = (&report.log.status, last)
            && last < *since
            && !relies_on_unwitnessed
        {
            report.log.status = LogStatus::Consistent;
        }
        report.conclude();
        options.check_age(&mut report);
        report
    }

    /// Counts a record that failed before it could be judged.
    pub(crate) fn fail(&mut self, record: &Record<'_>, why: Tampering) {
        self.count(record, None, Verdict::Tampered { why });
    }

    fn count(&mut self, record: &Record<'_>, leaf: Option<&Leaf>, verdict: Verdict) {
        let is_listed = self.add(record.seq, &verdict);
        if !is_listed && self.options.on_record.is_none() {
            return;
        }
        let shown = describe(record, leaf, verdict, is_listed);
        if let Some(tell) = self.options.on_record {
            tell(&shown);
        }
        if is_listed {
            self.report.records.push(shown);
        }
    }

    /// Counts a verdict and says whether it is to be listed.
    fn add(&mut self, seq: u64, verdict: &Verdict) -> bool {
        let counts = &mut self.report.counts;
        counts.records += 1;
        if counts.records.is_multiple_of(PROGRESS_EVERY)
            && let Some(tell) = self.options.progress
        {
            tell(counts.records);
        }
        let kind = match verdict {
            Verdict::Ok => &mut counts.ok,
            Verdict::OkRedacted => &mut counts.redacted,
            Verdict::Erased { .. } => &mut counts.erased,
            Verdict::Tampered { .. } => &mut counts.tampered,
            Verdict::Missing => &mut counts.missing,
        };
        *kind += 1;
        if seq >= self.witnessed {
            counts.unwitnessed += 1;
        }
        if matches!(verdict, Verdict::Tampered { .. }) {
            self.faults += 1;
            return self.faults <= FAULTS_LISTED_MAX;
        }
        counts.records <= self.options.records_listed as u64
    }

    /// Counts leaves that a range should hold.
    pub(crate) fn missing(&mut self, from: u64, to: u64) {
        let missing = &mut self.report.counts.missing;
        *missing = missing.saturating_add(to - from);
        for seq in from..to.min(from.saturating_add(FAULTS_LISTED_MAX as u64)) {
            if self.faults >= FAULTS_LISTED_MAX {
                break;
            }
            self.faults += 1;
            self.report.records.push(RecordReport {
                seq,
                verdict: Verdict::Missing,
                event: None,
                received_at: None,
                says: None,
            });
        }
    }
}

/// The latest time that is shown as a date, Unix ms: the end of the year 9999.
const SHOWN_MS_MAX: i64 = 253_402_300_799_999;

fn shown_time(ms: i64) -> String {
    if (0..=SHOWN_MS_MAX).contains(&ms) { format_ms(ms) } else { format!("{ms} ms") }
}

fn verdict_of(sound: &Soundness) -> Verdict {
    match (&sound.erased, sound.is_redacted) {
        (Some(_), _) => Verdict::Erased { by: sound.erased_by() },
        (None, true) => Verdict::OkRedacted,
        (None, false) => Verdict::Ok,
    }
}

fn describe(record: &Record<'_>, leaf: Option<&Leaf>, verdict: Verdict, says: bool) -> RecordReport {
    let readable = leaf.cloned().or_else(|| Leaf::decode(&record.leaf).ok());
    RecordReport {
        seq: record.seq,
        verdict,
        event: readable.as_ref().map(|leaf| EventId(leaf.id.0).to_string()),
        received_at: readable.as_ref().map(|leaf| shown_time(leaf.received_ms)),
        says: if says { sentence(record) } else { None },
    }
}
