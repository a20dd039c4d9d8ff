//! What each answer of the other side leads to.

use std::{sync::atomic::Ordering, time::Duration};

use tallystick_catalog::{Replay, StreamState};
use tallystick_delivery::streams::{Happening, StreamPatch};
use tallystick_destination::{Batch, Outcome, Rejection};

use super::rig::{Rig, answer, is_flat_order};

const RETRY: Outcome = Outcome::Retry { after: None };

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_with_growing_pauses() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..15).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    script.answer(std::iter::repeat_n(RETRY, 12));
    script.answer([Outcome::Retry { after: Some(Duration::from_secs(77)) }]);
    rig.start();
    let view = rig.settled(&stream).await;
    let (ids, seqs) = (script.ids(), script.seqs());
    assert!(ids[..14].iter().all(|id| *id == ids[0]), "the same batch: {ids:?}");
    is_flat_order(&seqs[13..], 0..15);
    let waits = rig.host.waits.lock().clone();
    assert_eq!(waits.len(), 13, "{waits:?}");
    for (failures, wait) in waits[..12].iter().enumerate() {
        assert!((100..=(1_000 << failures).min(300_000)).contains(wait), "{failures}: {wait}");
    }
    assert_eq!(waits[12], 77_000);
    let health = view.stream.health;
    assert_eq!((view.stream.state, health.failures, health.next_attempt_ms), (StreamState::Active, 0, None));
    assert_eq!(health.last_error.unwrap().status, Some(503));
    let told = rig.host.happened.lock().clone();
    let names: Vec<&str> = told.iter().map(Happening::action).collect();
    assert_eq!(names, ["audit_stream.degraded", "audit_stream.recovered"], "once each");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_outlasts_a_restart() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..5).await;
    rig.host.stands_still.store(true, Ordering::SeqCst);
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    script.answer([Outcome::Retry { after: Some(Duration::from_mins(10)) }]);
    rig.start();
    let view = rig.until(&stream.id, |view| view.stream.state == StreamState::Error).await;
    assert_eq!(view.stream.health.next_attempt_ms, Some(rig.clock_ms() + 600_000));
    assert_eq!(
        view.cursors[0].in_flight.as_ref().map(|range| (range.first_seq, range.last_seq)),
        Some((0, 4))
    );
    assert_eq!(view.cursors[0].in_flight.as_ref().unwrap().batch_id.to_string(), script.ids()[0]);
    rig.kill().await;
    rig.start();
    rig.clock.advance(599_999);
    rig.append(&org, 5..6).await;
    tokio::task::yield_now().await;
    assert_eq!(script.ids().len(), 1);
    rig.clock.advance(1);
    rig.settled(&stream).await;
    assert_eq!(script.seqs()[1], [0, 1, 2, 3, 4]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_much_is_halved_and_one_that_is_alone_becomes_a_dead_letter() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..23).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    let has = |batch: &Batch, seq: u64| batch.records.iter().any(|record| record.seq == seq);
    script.always(move |batch| match batch.records.len() {
        len if len > 4 || has(batch, 17) => answer(Outcome::Split),
        _ => answer(Outcome::Delivered),
    });
    rig.start();
    let view = rig.settled(&stream).await;
    let good: Vec<Vec<u64>> =
        script.seqs().into_iter().filter(|batch| batch.len() <= 4 && !batch.contains(&17)).collect();
    is_flat_order(&good, (0..23).filter(|seq| *seq != 17));
    let letters = rig.letters(&stream).await;
    assert_eq!(
        (letters.len(), letters[0].letter.seq, letters[0].letter.reason.as_str()),
        (1, 17, "too_large")
    );
    assert_eq!((view.stream.health.delivered, view.stream.health.dead_letters), (22, 1));

    // After a rewind the halves have the ids that they had.
    let before = script.ids();
    rig.streams.rewind(&stream.id, tallystick_delivery::streams::Start::Beginning, None).await.unwrap();
    rig.until(&stream.id, |view| view.stream.health.delivered == 44).await;
    let ids = script.ids();
    let again: Vec<&String> = ids[before.len()..].iter().filter(|id| !before.contains(id)).collect();
    assert!(again.len() < before.len(), "{again:?}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poisonous_event_is_found_and_sent_again_when_somebody_says_so() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..30).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    let is_poison = |batch: &Batch| batch.records.iter().any(|record| [4, 5, 28].contains(&record.seq));
    script.always(move |batch| answer(if is_poison(batch) { Outcome::Refused } else { Outcome::Delivered }));
    rig.start();
    let view = rig.settled(&stream).await;
    let letters = rig.letters(&stream).await;
    let seqs: Vec<u64> = letters.iter().map(|letter| letter.letter.seq).collect();
    assert_eq!((seqs, letters[0].letter.status), (vec![4, 5, 28], Some(400)));
    assert_eq!((view.stream.health.delivered, view.stream.health.rejected), (27, 3));
    let told = rig.host.happened.lock().clone();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|one| one.action() == "audit_stream.events_rejected"));

    script.always(move |batch| {
        let is_poison = batch.records.iter().any(|record| record.seq == 28);
        answer(if is_poison { Outcome::Refused } else { Outcome::Delivered })
    });
    script.answer([RETRY]);
    let sent = script.ids().len();
    assert_eq!(rig.streams.replay(&stream.id, Replay::All).await.unwrap(), 3);
    rig.until(&stream.id, |view| view.stream.health.dead_letters == 1 && view.stream.health.rejected == 4)
        .await;
    let letters = rig.letters(&stream).await;
    assert!(letters[0].replayed_ms.is_some() && letters[1].replayed_ms.is_some());
    assert!(letters[2].replayed_ms.is_none() && letters[2].replay_ms.is_none());
    assert_eq!(script.seqs()[sent..sent + 2], [[4, 5, 28], [4, 5, 28]], "with the same id");
    assert_eq!(script.ids()[sent], script.ids()[sent + 1]);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_part_only_the_rest_is_sent_again() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..20).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    let rejected = |index: usize| Rejection { index, reason: "no such field".into() };
    script.answer([
        Outcome::Partial { rejected: vec![rejected(3), rejected(99)], again: vec![3, 5, 7] },
        Outcome::Partial { rejected: Vec::new(), again: vec![0, 1] },
        Outcome::Partial { rejected: vec![rejected(1)], again: vec![0] },
        Outcome::Delivered,
        Outcome::Partial { rejected: vec![rejected(0)], again: Vec::new() },
    ]);
    rig.start();
    let view = rig.settled(&stream).await;
    let seqs = script.seqs();
    assert_eq!(seqs[1..4], [vec![5, 7], vec![5, 7], vec![5]]);
    assert_eq!(seqs[4], (10..20).collect::<Vec<u64>>());
    let ids = script.ids();
    assert!(ids[0] != ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    let letters = rig.letters(&stream).await;
    let found: Vec<(u64, &str)> =
        letters.iter().map(|letter| (letter.letter.seq, letter.letter.excerpt.as_str())).collect();
    assert_eq!(found, [(3, "no such field"), (7, "no such field"), (10, "no such field")]);
    assert_eq!(view.stream.health.delivered, 17);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_to_mend_is_held_until_they_do() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..12).await;
    rig.host.stands_still.store(true, Ordering::SeqCst);
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    script.answer([Outcome::Misconfigured]);
    rig.start();
    let view = rig.until(&stream.id, |view| view.stream.state == StreamState::Invalid).await;
    let wait = view.stream.health.next_attempt_ms.unwrap() - rig.clock_ms();
    assert!((60_000..=120_000).contains(&wait), "{wait}");
    rig.eventually("it is told", || rig.host.happened.lock().len() == 1).await;
    let mut settings = script_settings(&stream);
    settings.insert("token".into(), "another".into());
    let patch = StreamPatch { settings: Some(settings), ..StreamPatch::default() };
    rig.streams.update(&stream.id, patch).await.unwrap();
    let view = rig.settled(&stream).await;
    assert_eq!(view.stream.state, StreamState::Active, "it did not wait");
    is_flat_order(&script.seqs()[1..], 0..12);
    assert_eq!(script.ids()[0], script.ids()[1], "other credentials, the same batch");

    script.answer([Outcome::Gone]);
    rig.append(&org, 12..15).await;
    rig.until(&stream.id, |view| view.stream.state == StreamState::Inactive).await;
    rig.clock.advance(86_400_000);
    rig.append(&org, 15..17).await;
    rig.streams.resume(&stream.id).await.unwrap();
    rig.settled(&stream).await;
    let seqs = script.seqs();
    is_flat_order(&seqs[seqs.len() - 2..], 12..17);
    rig.stop().await;
}

fn script_settings(stream: &tallystick_catalog::Stream) -> serde_json::Map<String, serde_json::Value> {
    let mut shown: serde_json::Map<_, _> = serde_json::from_str(&stream.settings_shown).unwrap();
    assert_eq!(shown.remove("token"), Some(true.into()), "secrets are not shown");
    shown
}
