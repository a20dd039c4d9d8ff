//! Whatever the other side answers, whenever everything ends and begins anew: nothing is silently missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parking_lot::Mutex;
use tallystick_destination::{Answer, Batch, Outcome, Rejection};
use tallystick_testkit::SeededRandom;

use super::rig::{Rig, answer, is_settled};

const EVENTS: u64 = 90;
const ROUNDS: u64 = 12;

/// What has truly arrived, whatever was said of it.
#[derive(Default)]
struct Other {
    /// Seqs in the order in which each was there first.
    order: Vec<u64>,
    there: BTreeSet<u64>,
    /// The bytes of each batch.
    batches: BTreeMap<String, Vec<u8>>,
}

impl Other {
    fn take(&mut self, seqs: impl Iterator<Item = u64>) {
        for seq in seqs {
            if self.there.insert(seq) {
                self.order.push(seq);
            }
        }
    }
}

fn say(random: &SeededRandom, other: &Mutex<Other>, batch: &Batch, has_parts: bool) -> Answer {
    let mut other = other.lock();
    let lines = batch.lines();
    let known = other.batches.entry(batch.id.to_string()).or_insert_with(|| lines.clone());
    assert_eq!(*known, lines, "the same id stands for the same bytes");
    let seqs: Vec<u64> = batch.records.iter().map(|record| record.seq).collect();
    assert!(seqs.is_sorted() && !seqs.is_empty());
    let is_poison = |seq: &u64| seq % 13 == 5;
    if seqs.iter().any(is_poison) && !random.chance(30) {
        return answer(Outcome::Refused);
    }
    match random.below(10) {
        0 => answer(Outcome::Retry { after: None }),
        1 => {
            // The answer is lost, or only a part was written.
            let most = random.below(seqs.len() as u64 + 1) as usize;
            other.take(seqs.into_iter().take(most));
            answer(Outcome::Retry { after: None })
        }
        2 if seqs.len() > 2 => answer(Outcome::Split),
        3 => answer(Outcome::Misconfigured),
        4 | 5 if has_parts => {
            let mut rejected = Vec::new();
            let mut again = Vec::new();
            let mut taken = Vec::new();
            for (index, seq) in seqs.iter().enumerate() {
                match random.below(5) {
                    0 if is_poison(seq) => rejected.push(Rejection { index, reason: "poison".into() }),
                    1 => again.push(index),
                    _ => taken.push(*seq),
                }
            }
            other.take(taken.into_iter());
            answer(Outcome::Partial { rejected, again })
        }
        _ => {
            other.take(seqs.into_iter());
            answer(Outcome::Delivered)
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_matching_event_arrives_or_is_a_dead_letter() {
    for round in 0..ROUNDS {
        let has_parts = round % 2 == 1;
        let random = Arc::new(SeededRandom::new(1_000 + round));
        let mut rig = Rig::new().await;
        let org = rig.org("acme").await;
        let query = if round % 3 == 0 { "action:user.created" } else { "" };
        let (stream, script) = rig.stream(Some(&org), |draft| draft.query = query.into()).await;
        let other = Arc::new(Mutex::new(Other::default()));
        let (dice, arrived) = (Arc::clone(&random), Arc::clone(&other));
        script.always(move |batch| say(&dice, &arrived, batch, has_parts));
        let mut number = 0;
        while number < EVENTS {
            rig.start();
            let more = (random.below(40) + 1).min(EVENTS - number);
            rig.append(&org, number as usize..(number + more) as usize).await;
            number += more;
            let sends = script.ids().len() + random.below(4) as usize;
            // No more may come where all that waited fitted into fewer.
            rig.until(&stream.id, |view| script.ids().len() >= sends || is_settled(view)).await;
            if random.chance(30) {
                rig.streams.pause(&stream.id).await.unwrap();
                rig.streams.resume(&stream.id).await.unwrap();
            }
            if random.chance(50) {
                rig.stop().await;
            } else {
                rig.kill().await;
            }
        }
        rig.start();
        rig.settled(&stream).await;
        rig.stop().await;
        let letters: BTreeSet<u64> =
            rig.letters(&stream).await.iter().map(|letter| letter.letter.seq).collect();
        let other = other.lock();
        for seq in (0..EVENTS).filter(|seq| query.is_empty() || seq % 3 == 0) {
            let is_there = other.there.contains(&seq) || letters.contains(&seq);
            assert!(is_there, "round {round}: {seq} is missing");
        }
        assert!(letters.iter().all(|seq| seq % 13 == 5), "round {round}: {letters:?}");
        if !query.is_empty() {
            assert!(other.there.iter().all(|seq| seq % 3 == 0));
        }
        if !has_parts {
            assert!(other.order.is_sorted(), "round {round}: {:?}", other.order);
        }
    }
}
