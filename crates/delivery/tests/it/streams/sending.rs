//! What arrives, in which order and under which identity, and what does after a crash.

use std::sync::atomic::Ordering;

use serde_json::Value;
use tallystick_catalog::{Stepped, StreamStep};
use tallystick_delivery::streams::{Happening, Mask, MaskMethod, Start};
use tallystick_destination::Outcome;

use super::rig::{BATCH, Rig, answer, is_flat_order};

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_in_order_and_new_events_follow() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..725).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    rig.start();
    let view = rig.settled(&stream).await;
    is_flat_order(&script.seqs(), 0..725);
    assert!(script.seqs().iter().all(|batch| batch.len() <= BATCH));
    assert_eq!((view.stream.health.delivered, view.lag_events, view.lag_seconds), (725, 0, 0));
    rig.append(&org, 725..750).await;
    rig.until(&stream.id, |view| view.stream.health.delivered == 750).await;
    is_flat_order(&script.seqs(), 0..750);
    let ids: std::collections::HashSet<String> = script.ids().into_iter().collect();
    assert_eq!(ids.len(), script.ids().len(), "each batch has an id of its own");
    let first = script.seen.lock()[0].clone();
    let record: Value = serde_json::from_slice(&first.records[3].bytes).unwrap();
    assert_eq!((&record["seq"], &record["metadata"]["number"]), (&3.into(), &3.into()));
    let leaf = rig.engine.read_log(&org, 3, 1).unwrap().remove(0);
    assert_eq!(first.records[3].leaf_hash, rig.engine.leaf_of(&leaf).unwrap().1);
    assert_eq!(rig.engine.log_sizes()[&org], 750);
    let attempts = rig.engine.catalog().stream_attempts(&stream.id, None, 1_000).await.unwrap();
    assert_eq!(attempts.len(), script.ids().len());
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_goes_out_again_as_it_was() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..25).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    script.gate.forget_permits(1);
    for round in 1..=3 {
        rig.start();
        rig.eventually("a batch is on its way", || script.ids().len() == round).await;
        rig.kill().await;
        // More has come meanwhile, and would fit into the batch.
        rig.append(&org, 100 * round..100 * round + 7).await;
    }
    script.gate.add_permits(1);
    rig.start();
    rig.settled(&stream).await;
    let (ids, seqs) = (script.ids(), script.seqs());
    assert!(ids[..4].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(seqs[..4].iter().all(|batch| *batch == seqs[0]));
    let bytes = |index: usize| script.seen.lock()[index].lines();
    assert_eq!(bytes(0), bytes(3));
    is_flat_order(&seqs[3..], 0..46);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_waits_for_company_as_long_as_its_kind_says() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.host.stands_still.store(true, Ordering::SeqCst);
    let (stream, script) = rig.stream(Some(&org), |draft| draft.kind = "patient".into()).await;
    rig.start();
    rig.append(&org, 0..4).await;
    // Nothing says from outside that it has looked. If it had sent them, it would have by then.
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let view = rig.until(&stream.id, |view| view.lag_events == 4).await;
    assert_eq!((script.ids().len(), view.cursors[0].next_seq), (0, 0), "it waits");
    rig.append(&org, 4..13).await;
    rig.clock.advance(1_000);
    rig.eventually("it is full", || script.ids().len() == 1).await;
    assert_eq!(script.seqs()[0].len(), BATCH);
    rig.until(&stream.id, |view| view.stream.health.delivered == 10).await;
    rig.clock.advance(30_000);
    rig.eventually("it has waited long enough", || script.ids().len() == 2).await;
    is_flat_order(&script.seqs(), 0..13);

    // No object goes past an hour.
    let (hourly, script) = rig.stream(Some(&org), |draft| draft.kind = "hourly".into()).await;
    rig.eventually("the first is full", || script.ids().len() == 1).await;
    rig.clock.advance(3_600_000);
    rig.append(&org, 13..15).await;
    rig.eventually("the hour is over", || script.ids().len() == 2).await;
    assert_eq!(script.seqs()[1], [10, 11, 12]);
    rig.until(&hourly.id, |view| view.cursors[0].next_seq == 13).await;

    let (narrow, script) = rig.stream(Some(&org), |draft| draft.kind = "narrow".into()).await;
    rig.settled(&narrow).await;
    assert!(script.seen.lock().iter().all(|batch| batch.byte_count() <= 2_000 && batch.records.len() > 1));
    is_flat_order(&script.seqs(), 0..15);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_matches_arrives_and_hidden_parts_do_not() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..700).await;
    let hashed = |draft: &mut tallystick_delivery::streams::StreamDraft| {
        draft.query = "action:user.created".into();
        draft.mask = Mask { fields: vec!["actor.email".into()], method: MaskMethod::Hash };
    };
    let (stream, script) = rig.stream(Some(&org), hashed).await;
    let (other, other_script) = rig
        .stream(None, |draft| {
            hashed(draft);
            draft.format = Some("cloudevents".into());
        })
        .await;
    rig.start();
    let view = rig.settled(&stream).await;
    rig.settled(&other).await;
    is_flat_order(&script.seqs(), (0..700).filter(|seq| seq % 3 == 0));
    is_flat_order(&other_script.seqs(), (0..700).filter(|seq| seq % 3 == 0));
    assert_eq!(view.stream.health.delivered, 234);
    let email = |batch: &tallystick_destination::Batch| {
        let event: Value = serde_json::from_slice(&batch.records[0].native).unwrap();
        assert_eq!(event["integrity"]["log"], Value::from(batch.log.clone()), "{event}");
        event["actor"]["email"].as_str().unwrap().to_owned()
    };
    let first = script.seen.lock()[0].clone();
    assert!(email(&first).starts_with("hmac-sha256:"), "{}", email(&first));
    assert_eq!(email(&first), email(&other_script.seen.lock()[0]), "the key is the organization's");
    let record = other_script.seen.lock()[0].records[0].clone();
    assert_ne!(record.bytes, record.native);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_begins_where_it_is_told_to() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..20).await;
    rig.clock.advance(60_000);
    let later = rig.clock_ms();
    rig.append(&org, 20..30).await;
    let mut scripts = Vec::new();
    for (start, first) in [
        (Start::Beginning, 0),
        (Start::Now, 30),
        (Start::Seq(7), 7),
        (Start::Time(later), 20),
        (Start::Time(later - 1), 20),
        (Start::Time(later + 1), 30),
        (Start::Time(0), 0),
    ] {
        let (stream, script) = rig.stream(Some(&org), |draft| draft.start = start).await;
        scripts.push((stream, script, first));
    }
    let (beyond, _) = super::rig::draft(Some(&org), |draft| draft.start = Start::Seq(31));
    assert!(rig.streams.create(beyond).await.is_err());
    let (vague, _) = super::rig::draft(None, |draft| draft.start = Start::Seq(1));
    assert!(rig.streams.create(vague).await.is_err());
    rig.start();
    rig.append(&org, 30..33).await;
    for (stream, script, first) in scripts {
        rig.settled(&stream).await;
        is_flat_order(&script.seqs(), first..33);
    }
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_organization_has_its_turn_and_a_broken_log_holds_itself_only() {
    let mut rig = Rig::new().await;
    let mut orgs = Vec::new();
    for number in 0..12 {
        orgs.push(rig.org(&format!("org{number}")).await);
    }
    let broken = rig.org("broken").await;
    rig.append(&broken, 0..50).await;
    rig.seal().await;
    rig.damage_segments();
    for org in &orgs {
        rig.append(org, 0..45).await;
    }
    let (stream, script) = rig.stream(None, |_| {}).await;
    script.always(|_| answer(Outcome::Delivered));
    rig.host.stands_still.store(true, Ordering::SeqCst);
    rig.start();
    rig.append(&orgs[0], 45..60).await;
    let late = rig.org("late").await;
    rig.append(&late, 0..5).await;
    rig.until(&stream.id, |view| {
        let waits = view.cursors.iter().filter(|one| one.next_seq < one.log_size);
        waits.map(|one| one.org.as_str()).eq(["broken"])
    })
    .await;
    for org in orgs.iter().chain([&late]) {
        let seen = script.seen.lock();
        let seqs = seen.iter().filter(|batch| batch.org == org.as_str());
        let seqs: Vec<u64> = seqs.flat_map(|batch| batch.records.iter().map(|record| record.seq)).collect();
        let size = rig.engine.log_size(org).unwrap();
        assert_eq!(seqs, (0..size).collect::<Vec<u64>>(), "{org}");
    }
    let told = rig.host.happened.lock().clone();
    assert!(matches!(&told[..], [Happening::LogUnreadable { org, .. }] if *org == broken), "{told:?}");
    let health = rig.streams.get(&stream.id).await.unwrap().stream.health;
    assert!(health.last_error.is_some_and(|fault| fault.code == "log_unreadable"));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_shorter_than_what_was_sent_of_it_is_not_gone_on_with() {
    let mut rig = Rig::new().await;
    let org = rig.org("acme").await;
    rig.append(&org, 0..20).await;
    let (stream, script) = rig.stream(Some(&org), |_| {}).await;
    let step = StreamStep {
        stream: &stream.id,
        generation: stream.generation,
        org: &org,
        from_seq: 0,
        next_seq: 5,
        in_flight_last: Some(29),
        attempt: None,
        delivered: 0,
        dead_letters: Vec::new(),
        gaps: Vec::new(),
        health: None,
    };
    assert_eq!(rig.engine.catalog().advance_stream(&step).await.unwrap(), Stepped::Done);
    rig.start();
    let view = rig.until(&stream.id, |view| view.stream.health.last_error.is_some()).await;
    let fault = view.stream.health.last_error.unwrap();
    assert_eq!(fault.code, "log_unreadable");
    assert!(fault.detail.contains("ends at 20"), "{}", fault.detail);
    assert!(script.ids().is_empty());
    rig.stop().await;
}
