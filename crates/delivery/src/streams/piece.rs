//! A batch on its way, or a part of one: what is cut where, and what stays the same when it is.

use tallystick_catalog::{NewDeadLetter, TriedBatch};
use tallystick_destination::{Answer, Batch, Outcome, Rejection};

use super::{plan::Plan, reader::Scan};

/// Why an event is a dead letter that is too large alone.
const TOO_LARGE: &str = "too_large";
/// Why an event is a dead letter that the other side cannot read.
const REFUSED: &str = "refused";

/// A range of a log that is sent in one go, with what of it is still to be sent.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Its records may be fewer than those of the range: the rest has arrived, or was refused.
    pub(crate) batch: Batch,
    /// Events of the range that are dead letters so far and not noted.
    pub(crate) letters: Vec<NewDeadLetter>,
    /// How often in a row the other side took a part only.
    pub(crate) partial: u64,
}

impl Piece {
    pub(crate) fn of(scan: Scan, plan: &Plan, org: &str, log: String) -> Self {
        let (first_seq, last_seq) = (scan.first_seq, scan.last_seq());
        let batch = Batch {
            id: plan.batch_id(&log, first_seq, last_seq),
            stream: plan.stream.id.to_string(),
            org: org.to_owned(),
            log,
            first_seq,
            last_seq,
            media: plan.media(),
            records: scan.records,
            now_ms: 0,
        };
        Self { batch, letters: scan.letters, partial: 0 }
    }

    /// Cuts it in two between records. The same range is always cut in the same place.
    pub(crate) fn halves(self, plan: &Plan) -> (Self, Self) {
        let mut left = self.batch;
        assert!(left.records.len() > 1, "only what has two records has two halves");
        let records = left.records.split_off(left.records.len() / 2);
        let middle = left.records.last().expect("the first half is not empty").seq;
        let mut right = Batch { first_seq: middle + 1, records, ..left.clone_empty() };
        left.last_seq = middle;
        for half in [&mut left, &mut right] {
            half.id = plan.batch_id(&half.log, half.first_seq, half.last_seq);
        }
        let (now, later) = self.letters.into_iter().partition(|letter| letter.seq <= middle);
        (Self { batch: left, letters: now, partial: 0 }, Self { batch: right, letters: later, partial: 0 })
    }

    /// Leaves only what has to be sent again. Places that are not there are none of ours; what was refused for good is
    /// not sent again.
    pub(crate) fn keep(&mut self, plan: &Plan, rejected: &[Rejection], again: &[usize]) {
        let is_kept = |index: &usize| again.contains(index) && rejected.iter().all(|one| one.index != *index);
        let mut index = 0;
        self.batch.records.retain(|_| {
            index += 1;
            is_kept(&(index - 1))
        });
        self.batch.id = plan.part_id(&self.batch);
        self.partial += 1;
    }

    /// Dead letters that an answer makes of records.
    pub(crate) fn refused(&self, rejected: &[Rejection], status: Option<u16>) -> Vec<NewDeadLetter> {
        let mut indexes: Vec<&Rejection> = rejected.iter().collect();
        indexes.sort_by_key(|rejection| rejection.index);
        indexes.dedup_by_key(|rejection| rejection.index);
        let letter = |rejection: &Rejection| {
            let record = self.batch.records.get(rejection.index)?;
            Some(NewDeadLetter {
                seq: record.seq,
                event_id: record.event_id.clone(),
                reason: REFUSED.to_owned(),
                status,
                excerpt: rejection.reason.clone(),
            })
        };
        indexes.into_iter().filter_map(letter).collect()
    }

    /// The dead letter that the only record becomes.
    pub(crate) fn last_one_refused(&self, answer: &Answer) -> Vec<NewDeadLetter> {
        let reason = if answer.outcome == Outcome::Split { TOO_LARGE } else { REFUSED };
        let letter = |record: &tallystick_destination::Record| NewDeadLetter {
            seq: record.seq,
            event_id: record.event_id.clone(),
            reason: reason.to_owned(),
            status: answer.status,
            excerpt: answer.detail.clone(),
        };
        self.batch.records.iter().map(letter).collect()
    }

    /// Whether a dead letter is one that may be told of: events about streams give none about themselves.
    pub(crate) fn is_about_streams(&self, seq: u64, prefix: &str) -> bool {
        self.batch.records.iter().any(|record| record.seq == seq && record.action.starts_with(prefix))
    }

    /// What is noted of an attempt at it.
    pub(crate) fn tried(&self, answer: &Answer, started_ms: i64, took_ms: i64) -> TriedBatch {
        TriedBatch {
            batch_id: self.batch.id.to_string(),
            first_seq: self.batch.first_seq,
            last_seq: self.batch.last_seq,
            events: self.batch.records.len() as u64,
            bytes: answer.sent_bytes,
            started_ms,
            took_ms,
            status: answer.status,
            outcome: outcome_name(&answer.outcome).to_owned(),
            detail: answer.detail.clone(),
        }
    }
}

/// A batch without records: the rest of it.
trait CloneEmpty {
    fn clone_empty(&self) -> Batch;
}

impl CloneEmpty for Batch {
    fn clone_empty(&self) -> Batch {
        Batch {
            id: self.id,
            stream: self.stream.clone(),
            org: self.org.clone(),
            log: self.log.clone(),
            first_seq: self.first_seq,
            last_seq: self.last_seq,
            media: self.media,
            records: Vec::new(),
            now_ms: self.now_ms,
        }
    }
}

/// As it is stored and shown.
pub(crate) fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Partial { .. } => "partial",
        Outcome::Retry { .. } => "retry",
        Outcome::Split => "split",
        Outcome::Misconfigured => "misconfigured",
        Outcome::Refused => "refused",
        Outcome::Gone => "gone",
    }
}
