//! One log and what a copy has of it. Records wait in a window, so that the log is read in its order however the
//! records lie in the copy; they are noted in the order of the copy.

use std::{ops::Range, sync::Arc};

use tallystick_query::{EventFacts, Lowered, matches};

use super::{
    compare::{Rules, Verdict},
    copied::Copied,
    expected::Expected,
    log::Log,
    seen::Seen,
    tally::{Absence, Tally},
};

/// What is known of a stream in one log.
#[derive(Debug, Default)]
pub(crate) struct Place {
    /// Everything before has arrived, is a dead letter, does not match, or lies in a gap.
    pub(crate) next_seq: Option<u64>,
    /// Dead letters that have not arrived.
    pub(crate) letters: Seen,
    /// Dead letters that have arrived later than their neighbours.
    pub(crate) late: Seen,
    /// First and last of what was left out.
    pub(crate) gaps: Vec<(u64, u64)>,
}

/// One log and what a copy has of it.
pub(crate) struct Side<L> {
    pub(crate) log: L,
    pub(crate) origin: String,
    pub(crate) org: String,
    pub(crate) tally: Tally,
    pub(crate) place: Place,
    window: Vec<Copied>,
}

impl<L: Log> Side<L> {
    pub(crate) fn new(log: L, origin: String, org: String, place: Place) -> Self {
        Self { log, origin, org, tally: Tally::default(), place, window: Vec::new() }
    }

    /// Takes a record, to be compared with others.
    pub(crate) fn take(&mut self, record: Copied) {
        self.window.push(record);
    }

    /// Compares the records that wait.
    pub(crate) async fn compare(&mut self, rules: &Rules, has_order: bool) -> anyhow::Result<()> {
        let window = std::mem::take(&mut self.window);
        let mut order: Vec<usize> = (0..window.len()).collect();
        order.sort_by_key(|at| window[*at].seq);
        // The log may have grown since: what is in the window was in the log before it was in the copy.
        if let Some(last) = order.last() {
            self.log.reach(window[*last].seq).await?;
        }
        let mut verdicts: Vec<Option<Verdict>> = vec![None; window.len()];
        let mut found: Option<(u64, Option<Arc<Expected>>)> = None;
        for at in order {
            let record = &window[at];
            // The same event twice, one behind the other, is looked up once.
            let expected = match found.take() {
                Some((seq, expected)) if seq == record.seq => expected,
                _ => self.log.get(record.seq).await?,
            };
            verdicts[at] = Some(match &expected {
                None => Verdict::Unknown(format!("the log has no seq {}", record.seq)),
                Some(expected) => rules.verdict(record, expected, &self.origin, &self.org),
            });
            found = Some((record.seq, expected));
        }
        for (record, verdict) in window.iter().zip(verdicts) {
            let verdict = verdict.expect("each record has a place in the order");
            self.tally.note(record, verdict, has_order, Some(&self.place.late));
        }
        Ok(())
    }

    /// Finds what of a range is not in the copy. With a query, what does not match need not be there.
    pub(crate) async fn find_absent(
        &mut self,
        range: Range<u64>,
        query: Option<&Lowered>,
    ) -> anyhow::Result<()> {
        let mut from = range.start;
        while let Some(gap) = self.tally.seen.first_gap(from, range.end) {
            from = self.tally.seen.gap_end(gap, range.end);
            for seq in gap..from {
                if let Some(query) = query
                    && !self.is_wanted(seq, query).await?
                {
                    continue;
                }
                let is_gap = || self.place.gaps.iter().any(|(first, last)| (*first..=*last).contains(&seq));
                let reason = if self.place.letters.contains(seq) {
                    Absence::DeadLetter
                } else if is_gap() {
                    Absence::Gap
                } else {
                    Absence::Missing
                };
                self.tally.absent.add(seq, reason);
            }
        }
        Ok(())
    }

    async fn is_wanted(&mut self, seq: u64, query: &Lowered) -> anyhow::Result<bool> {
        let Some(expected) = self.log.get(seq).await? else { return Ok(true) };
        Ok(matches(query, &EventFacts::from_json(&serde_json::from_slice(&expected.event)?)))
    }
}

#[cfg(test)]
mod tests;
