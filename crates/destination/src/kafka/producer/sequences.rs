//! Numbers of batches, by which a broker tells a repetition from something new. A batch of which it is not known
//! whether it was stored keeps its number until that is known. When another one takes its place, for example a half
//! of it, everything begins anew under another id: a number that means two things would lose events.

use std::collections::HashMap;

use crate::kafka::records::Sequence;
use crate::{Batch, BatchId};

/// A partition of a topic.
pub(super) type Place = (String, usize);

/// Most partitions whose numbers are remembered under one id.
const PLACES_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Sequences {
    producer: Option<(i64, i16)>,
    next: HashMap<Place, i32>,
    /// Batches of which it is not known whether they were stored.
    open: HashMap<Place, Sent>,
}

/// What tells a batch from another one.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    id: BatchId,
    seqs: Vec<u64>,
}

impl Sent {
    fn of(batch: &Batch) -> Self {
        Self { id: batch.id, seqs: batch.records.iter().map(|record| record.seq).collect() }
    }
}

impl Sequences {
    /// Whether an id is needed before a batch can have its number.
    pub(super) fn needs_producer(&self, place: &Place, batch: &Batch) -> bool {
        let is_other = self.open.get(place).is_some_and(|open| *open != Sent::of(batch));
        let next = self.next.get(place).copied().unwrap_or_default();
        let is_worn_out = next.checked_add(count(batch)).is_none();
        self.producer.is_none() || is_other || is_worn_out || self.next.len() >= PLACES_MAX
    }

    /// Begins anew under an id.
    pub(super) fn begin(&mut self, id: i64, epoch: i16) {
        *self = Self { producer: Some((id, epoch)), ..Self::default() };
    }

    /// The number under which a batch is sent.
    pub(super) fn next(&mut self, place: Place, batch: &Batch) -> Sequence {
        let Some((producer_id, epoch)) = self.producer else { return Sequence::NONE };
        let first = self.next.get(&place).copied().unwrap_or_default();
        self.open.insert(place, Sent::of(batch));
        Sequence { producer_id, epoch, first }
    }

    /// It is stored.
    pub(super) fn stored(&mut self, place: &Place, batch: &Batch) {
        if self.open.remove(place).is_some() {
            *self.next.entry(place.clone()).or_default() += count(batch);
        }
    }

    /// It is not stored, for sure.
    pub(super) fn refused(&mut self, place: &Place) {
        self.open.remove(place);
    }

    /// The broker knows nothing of us any more.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

fn count(batch: &Batch) -> i32 {
    i32::try_from(batch.records.len()).expect("a batch is small")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::records::tests::batch;

    #[test]
    fn a_number_means_one_batch_for_ever() {
        let place = || ("audit".to_owned(), 0);
        let (whole, half) = (batch(4), batch(2));
        let mut sequences = Sequences::default();
        assert!(sequences.needs_producer(&place(), &whole));
        sequences.begin(7, 0);
        assert_eq!(sequences.next(place(), &whole).first, 0);
        sequences.stored(&place(), &whole);
        assert_eq!(sequences.next(place(), &whole), Sequence { producer_id: 7, epoch: 0, first: 4 });
        // Its acknowledgement is lost: the same batch has the same number, another one needs another id.
        assert!(!sequences.needs_producer(&place(), &whole));
        assert_eq!(sequences.next(place(), &whole).first, 4);
        assert!(sequences.needs_producer(&place(), &half));
        assert!(!sequences.needs_producer(&("audit".to_owned(), 1), &half));
        // What was refused has used up no number.
        sequences.refused(&place());
        assert!(!sequences.needs_producer(&place(), &half));
        assert_eq!(sequences.next(place(), &half).first, 4);
        sequences.forget();
        assert!(sequences.needs_producer(&place(), &half));
    }

    #[test]
    fn numbers_do_not_overflow() {
        let place = ("audit".to_owned(), 0);
        let mut sequences = Sequences::default();
        sequences.begin(7, 0);
        sequences.next.insert(place.clone(), i32::MAX - 3);
        assert!(sequences.needs_producer(&place, &batch(4)));
        assert!(!sequences.needs_producer(&place, &batch(3)));
    }
}
