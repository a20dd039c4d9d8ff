//! What was found of one log. Counts are exact; of each kind of finding the first ones are kept.

use serde::Serialize;

use super::{
    compare::{Check, Verdict},
    copied::{At, Copied},
    seen::Seen,
};

/// Findings of one kind that are kept, and ranges of missing events.
pub(crate) const KEPT_MAX: usize = 10_000;

/// Findings of one kind.
#[derive(Debug, Serialize)]
pub(crate) struct Findings<T> {
    pub(crate) count: u64,
    /// The first of them, in the order of the copy.
    pub(crate) list: Vec<T>,
}

impl<T> Default for Findings<T> {
    fn default() -> Self {
        Self { count: 0, list: Vec::new() }
    }
}

impl<T> Findings<T> {
    pub(crate) fn add(&mut self, one: T) {
        self.count += 1;
        if self.list.len() < KEPT_MAX {
            self.list.push(one);
        }
    }
}

/// A record that is not what the log has.
#[derive(Debug, Serialize)]
pub(crate) struct Changed {
    pub(crate) at: String,
    pub(crate) seq: u64,
    pub(crate) event_id: String,
    /// The members that differ.
    pub(crate) members: Vec<String>,
}

/// A record that stands behind a later one.
#[derive(Debug, Serialize)]
pub(crate) struct OutOfOrder {
    pub(crate) at: String,
    pub(crate) seq: u64,
    pub(crate) event_id: String,
    /// The one that it stands behind.
    pub(crate) behind_seq: u64,
}

/// A record that the log does not have.
#[derive(Debug, Serialize)]
pub(crate) struct Unknown {
    pub(crate) at: String,
    pub(crate) seq: u64,
    pub(crate) event_id: String,
    pub(crate) why: String,
}

/// Why events are not in the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Absence {
    /// They should be.
    Missing,
    /// The destination has refused them; they wait as dead letters of the stream.
    DeadLetter,
    /// The stream has left them out, which is recorded.
    Gap,
}

/// Events, one behind the other, that are not in the copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
    pub(crate) reason: Absence,
}

/// Events that are not in the copy.
#[derive(Debug, Default)]
pub(crate) struct Absent {
    pub(crate) missing: u64,
    pub(crate) dead_letters: u64,
    pub(crate) gaps: u64,
    pub(crate) runs: Vec<Run>,
}

impl Absent {
    /// Adds an event; ascending.
    pub(crate) fn add(&mut self, seq: u64, reason: Absence) {
        match reason {
            Absence::Missing => self.missing += 1,
            Absence::DeadLetter => self.dead_letters += 1,
            Absence::Gap => self.gaps += 1,
        }
        if let Some(run) = self.runs.last_mut()
            && run.reason == reason
            && run.last_seq + 1 == seq
        {
            run.last_seq = seq;
        } else if self.runs.len() < KEPT_MAX {
            self.runs.push(Run { first_seq: seq, last_seq: seq, reason });
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.missing + self.dead_letters + self.gaps
    }
}

/// What was found of one log.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Events that are in the copy, changed or not.
    pub(crate) seen: Seen,
    pub(crate) records: u64,
    /// Records that are as the log has them, by how far they were compared.
    pub(crate) whole: u64,
    pub(crate) in_part: u64,
    pub(crate) by_leaf_hash: u64,
    pub(crate) duplicates: u64,
    pub(crate) changed: Findings<Changed>,
    pub(crate) out_of_order: Findings<OutOfOrder>,
    pub(crate) unknown: Findings<Unknown>,
    pub(crate) absent: Absent,
    last: Option<u64>,
}

impl Tally {
    /// Notes a record; in the order of the copy. `late` are events of which it is known that they come late.
    pub(crate) fn note(&mut self, record: &Copied, verdict: Verdict, has_order: bool, late: Option<&Seen>) {
        self.records += 1;
        let at = || record.at.to_string();
        let (seq, event_id) = (record.seq, || record.id.clone());
        match verdict {
            Verdict::Unknown(why) => return self.add_unknown(&record.at, seq, event_id(), why),
            Verdict::Changed(members) => {
                self.changed.add(Changed { at: at(), seq, event_id: event_id(), members });
            }
            Verdict::Same(Check::Whole) => self.whole += 1,
            Verdict::Same(Check::Part) => self.in_part += 1,
            Verdict::Same(Check::LeafHash) => self.by_leaf_hash += 1,
        }
        if !self.seen.insert(seq) {
            self.duplicates += 1;
            return;
        }
        match self.last {
            Some(last) if seq < last => {
                if has_order && !late.is_some_and(|late| late.contains(seq)) {
                    let behind_seq = last;
                    self.out_of_order.add(OutOfOrder { at: at(), seq, event_id: event_id(), behind_seq });
                }
            }
            _ => self.last = Some(seq),
        }
    }

    fn add_unknown(&mut self, at: &At, seq: u64, event_id: String, why: String) {
        self.unknown.add(Unknown { at: at.to_string(), seq, event_id, why });
    }

    /// Whether the copy has what the log has, and nothing else.
    pub(crate) fn is_equal(&self) -> bool {
        self.changed.count + self.out_of_order.count + self.unknown.count + self.absent.count() == 0
    }
}
