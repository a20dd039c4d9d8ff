//! What was acknowledged is there after every kind of restart; damage is named, never served.

use std::{fs, path::PathBuf, sync::Arc};

use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_engine::{Engine, OpenError, Options, search::Scope};
use tallystick_event::{Clock, Random};
use tallystick_testkit::{EventBuilder, Profile, org_id};

use crate::harness::Harness;

async fn with_events(tail_events_max: u32, count: usize) -> (Harness, Vec<tallystick_engine::Appended>) {
    let harness = Harness::new(tail_events_max).await;
    for org in 0..3 {
        harness.create_org(&org_id(org)).await;
    }
    let builder = EventBuilder::new(5, Profile { orgs: 3, ..Profile::default() });
    let mut appended = Vec::new();
    for _ in 0..count / 50 {
        let events: Vec<String> = (0..50).map(|_| builder.event().to_string()).collect();
        appended.extend(harness.append(&events).await);
    }
    (harness, appended)
}

fn all_there(harness: &Harness, appended: &[tallystick_engine::Appended]) {
    for event in appended {
        let stored =
            harness.engine.get(&event.id, &Scope::All).unwrap().expect("an acknowledged event is there");
        assert_eq!((stored.meta.seq, stored.meta.received_ms), (event.seq, event.received_ms));
    }
    let total: u64 = harness.engine.orgs().iter().map(|org| harness.engine.log_size(org).unwrap()).sum();
    let distinct = appended.iter().filter(|event| !event.duplicate).count() as u64;
    assert_eq!(total, distinct, "nothing is doubled");
    for org in harness.engine.orgs() {
        let log = harness.engine.read_log(&org, 0, usize::MAX).unwrap();
        assert!(log.iter().enumerate().all(|(seq, event)| event.meta.seq == seq as u64));
    }
}

fn segment_files(harness: &Harness) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(harness.dir.path().join("segments"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

async fn reopen(harness: &Harness) -> Result<Arc<Engine>, OpenError> {
    let clock: Arc<dyn Clock> = harness.clock.clone();
    let random: Arc<dyn Random> = harness.random.clone();
    let url = CatalogUrl::Sqlite(harness.dir.path().join("catalog.db"));
    let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random)).await.unwrap();
    Engine::open(Options::new(harness.dir.path()), catalog, clock, random).await.map(|(engine, _)| engine)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tail_is_rebuilt_from_the_commit_log() {
    let (mut harness, mut appended) = with_events(10_000, 500).await;
    harness.restart().await;
    assert_eq!(harness.recovered.replayed_events, 500);
    all_there(&harness, &appended);
    let builder = EventBuilder::new(6, Profile { orgs: 3, ..Profile::default() });
    appended.extend(harness.append(&[builder.event().to_string()]).await);
    harness.restart().await;
    all_there(&harness, &appended);
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_compaction_and_tail_together_are_the_log() {
    let (mut harness, appended) = with_events(100, 2_500).await;
    harness.seal().await;
    harness.wait("a compaction", |engine| engine.status().compactions > 0).await;
    all_there(&harness, &appended);
    harness.restart().await;
    assert_eq!(harness.recovered.replayed_events, 0);
    assert!(harness.recovered.segments < 25, "segments were compacted");
    all_there(&harness, &appended);
}

#[tokio::test(flavor = "multi_thread")]
async fn left_overs_of_a_seal_that_was_cut_short_are_deleted() {
    let (mut harness, appended) = with_events(200, 500).await;
    harness.seal().await;
    let orphan = harness.dir.path().join("segments/0192d3f07c1a7000800000000000dead.seg");
    let partial = harness.dir.path().join("segments/0192d3f07c1a7000800000000000beef.partial");
    fs::write(&orphan, b"half a segment").unwrap();
    fs::write(&partial, b"less").unwrap();
    harness.restart().await;
    assert_eq!(harness.recovered.orphans.len(), 2);
    assert!(!orphan.exists() && !partial.exists());
    all_there(&harness, &appended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_on_the_directory_is_refused_by_name() {
    let (harness, _) = with_events(100, 50).await;
    let error = reopen(&harness).await.map(|_| ()).expect_err("the directory is taken");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_segment_or_commit_log_is_an_error_with_a_name() {
    let (mut harness, _) = with_events(10_000, 100).await;
    harness.seal().await;
    harness.stop().await;
    let dir = harness.dir.path().to_owned();
    let victim = segment_files(&harness).remove(0);
    let kept = fs::read(&victim).unwrap();
    let (clock, random) = (harness.clock.clone(), harness.random.clone());
    let keep_dir = std::mem::replace(&mut harness.dir, tempfile::tempdir().unwrap());
    drop(harness);
    let open = || async {
        let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (clock.clone(), random.clone());
        let url = CatalogUrl::Sqlite(dir.join("catalog.db"));
        let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random)).await.unwrap();
        Engine::open(Options::new(&dir), catalog, clock, random).await
    };
    fs::remove_file(&victim).unwrap();
    let error = open().await.map(|_| ()).expect_err("a segment is missing");
    assert!(error.to_string().contains(victim.file_name().unwrap().to_str().unwrap()), "{error}");
    fs::write(&victim, &kept).unwrap();
    let log = dir.join("log");
    tallystick_wal::durable::rename(&log, &dir.join("elsewhere")).unwrap();
    let error = open().await.map(|_| ()).expect_err("the commit log is missing");
    assert!(matches!(error, OpenError::Log(_)), "{error}");
    drop(keep_dir);
}
