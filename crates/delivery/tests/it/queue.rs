//! The queue: turns, stops, restarts, expiry, full disks.

use std::io::Write as _;

use tallystick_catalog::ExportState;
use tallystick_delivery::{Compression, Format, Spec, limits::PAGE_EVENTS};
use tallystick_event::OrgId;

use crate::harness::{Harness, spec};

/// So many that there are several pages, which is where a stop is noticed.
const EVENTS: usize = 2 * PAGE_EVENTS + 500;

async fn fill(harness: &Harness, org: &OrgId, events: usize) {
    let one = |number: usize| {
        let at = format!("2026-11-20T08:{:02}:{:02}.000Z", number / 60 % 60, number % 60);
        serde_json::json!({ "org": org.as_str(), "action": "a.b", "occurred_at": at,
            "actor": { "type": "user", "id": "u_1" }, "metadata": { "number": number } })
        .to_string()
    };
    let events: Vec<String> = (0..events).map(one).collect();
    harness.append(&events).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_short_export_goes_on_and_its_file_is_what_it_would_have_been() {
    let mut harness = Harness::new(|options| options.checkpoint_bytes = 1).await;
    let org = harness.org("acme").await;
    fill(&harness, &org, EVENTS).await;
    for (format, compression) in [
        (Format::Csv, Compression::None),
        (Format::Ndjson, Compression::Gzip),
        (Format::Json, Compression::Zstd),
        (Format::Parquet, Compression::None),
        (Format::Evidence, Compression::None),
    ] {
        let spec = Spec { compression, ..spec(format) };
        harness.start();
        let asked = harness.ask(&org, "whole", "", &spec).await;
        let whole = harness.ended(&asked).await;
        assert_eq!((whole.state, whole.rows), (ExportState::Completed, EVENTS as u64), "{:?}", whole.error);
        harness.stop().await;

        // As kill -9 leaves it: the catalog knows of a checkpoint, and there is more in the part than it knows of.
        let cut = harness.ask(&org, "cut", "", &spec).await;
        harness.start();
        let catalog = harness.engine.catalog().clone();
        let has_checkpoint =
            |now: &tallystick_catalog::Export| now.resume_at.is_some() || !now.state.is_active();
        let seen = harness.until(&cut, has_checkpoint).await;
        harness.stop().await;
        let left = catalog.export(&cut.id).await.unwrap();
        if left.state.is_active() {
            let part = harness.dir.path().join("exports").join(format!("{}.1.part", cut.id));
            let mut file = std::fs::OpenOptions::new().append(true).open(part).unwrap();
            file.write_all(b"torn").unwrap();
        }
        println!("{format}: cut after {} rows, {:?}", seen.rows, left.state);
        harness.start();
        let done = harness.ended(&cut).await;
        assert_eq!(
            (done.state, done.rows),
            (ExportState::Completed, EVENTS as u64),
            "{format} {:?}",
            done.error
        );
        match (format, compression) {
            // Members of a compressed file end where it was cut; a JSON has its own id in it.
            (Format::Csv, Compression::None) => assert_eq!(done.sha256, whole.sha256),
            _ => assert!(done.bytes > 0),
        }
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_organizations_are_served_at_once_and_each_in_its_order() {
    let mut harness = Harness::new(|_| {}).await;
    let (acme, other) = (harness.org("acme").await, harness.org("other").await);
    fill(&harness, &acme, 600).await;
    fill(&harness, &other, 600).await;
    let mut asked = Vec::new();
    for name in ["a1", "a2", "a3"] {
        harness.clock.advance(1);
        asked.push(harness.ask(&acme, name, "", &spec(Format::Csv)).await);
    }
    harness.clock.advance(1);
    asked.push(harness.ask(&other, "o1", "", &spec(Format::Csv)).await);
    harness.start();
    for export in &asked {
        assert_eq!(harness.ended(export).await.state, ExportState::Completed);
    }
    harness.stop().await;
    let names: Vec<String> = harness.host.ended.lock().iter().map(|(name, _)| name.clone()).collect();
    let of = |first: char| names.iter().filter(|name| name.starts_with(first)).cloned().collect::<Vec<_>>();
    assert_eq!(of('a'), ["a1", "a2", "a3"]);
    assert_ne!(
        names.last().map(String::as_str),
        Some("o1"),
        "it did not wait for all of the others: {names:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cancelled_deleted_or_not_allowed_leaves_no_file() {
    let mut harness = Harness::new(|options| options.checkpoint_bytes = 1).await;
    let org = harness.org("acme").await;
    fill(&harness, &org, EVENTS).await;
    let waits = harness.ask(&org, "waits", "", &spec(Format::Csv)).await;
    assert_eq!(harness.exports.cancel(&waits.id).await.unwrap().after.state, ExportState::Cancelled);
    harness.start();
    for name in ["cancelled", "deleted"] {
        let asked = harness.ask(&org, name, "", &spec(Format::Ndjson)).await;
        harness.until(&asked, |now| now.state != ExportState::Queued).await;
        let stopped = match name {
            "deleted" => harness.exports.delete(&asked.id).await.map(drop),
            _ => harness.exports.cancel(&asked.id).await.map(drop),
        };
        // It may have ended a moment before; then there is nothing to cancel.
        if stopped.is_err() {
            harness.exports.delete(&asked.id).await.unwrap();
        }
    }
    harness.host.refused.lock().insert("usr_ana".into());
    let refused = harness.ask(&org, "refused", "", &spec(Format::Csv)).await;
    let refused = harness.ended(&refused).await;
    assert_eq!(refused.error.unwrap().0, "not_allowed");
    harness.stop().await;
    assert_eq!(harness.file_names(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_room_of_the_log_is_left() {
    let mut harness = Harness::new(|options| options.reserve_bytes = u64::MAX).await;
    let org = harness.org("acme").await;
    fill(&harness, &org, 10).await;
    assert!(harness.exports.require_room().is_err());
    harness.start();
    let asked = harness.ask(&org, "x", "", &spec(Format::Csv)).await;
    let failed = harness.ended(&asked).await;
    let (code, message) = failed.error.unwrap();
    assert_eq!((failed.state, code.as_str()), (ExportState::Failed, "disk_full"));
    assert!(message.contains("make room"), "{message}");
    harness.stop().await;
    assert!(harness.file_names().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_kept_for_as_long_as_they_should_be_and_strays_go() {
    let mut harness = Harness::new(|_| {}).await;
    let org = harness.org("acme").await;
    fill(&harness, &org, 10).await;
    harness.start();
    let asked = harness.ask(&org, "x", "", &spec(Format::Csv)).await;
    harness.ended(&asked).await;
    harness.stop().await;
    let folder = harness.dir.path().join("exports");
    std::fs::write(folder.join("exp_00000000000000000000.1.part"), "stray").unwrap();
    std::fs::write(folder.join("notes.txt"), "of somebody else").unwrap();
    harness.start();
    let one = harness.ask(&org, "y", "", &spec(Format::Csv)).await;
    harness.ended(&one).await;
    harness.stop().await;
    let mut names = harness.file_names();
    let mut expected = [format!("{}.1", asked.id), format!("{}.1", one.id), "notes.txt".to_owned()];
    names.sort();
    expected.sort();
    assert_eq!(names, expected);
    harness.clock.advance(1_000);
    harness.start();
    let gone = |now: &tallystick_catalog::Export| now.state == ExportState::Expired;
    harness.until(&asked, gone).await;
    harness.until(&one, gone).await;
    harness.stop().await;
    assert_eq!(harness.file_names(), ["notes.txt"]);
    assert_eq!(harness.host.expired.lock().len(), 2);
}
