//! Streams to a lake from end to end: a real log, the service killed again and again, each event once in the files.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::RowAccessor as _,
};
use serde_json::json;
use tallystick_delivery::streams::{Seals, Start, StreamDraft, Streams, StreamsOptions, kinds};
use tallystick_testkit::SeededRandom;

use super::rig::tree;
use crate::streams::rig::{Rig, draft};

struct Plain;

impl Seals for Plain {
    fn seal(&self, _: &str, secret: &[u8]) -> Vec<u8> {
        secret.to_vec()
    }

    fn open(&self, _: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        Some(sealed.to_vec())
    }
}

/// Streams with a folder for lakes.
fn with_lakes(rig: &Rig) -> Arc<Streams> {
    let folder = rig.dir.path().join("lakes");
    fs::create_dir_all(&folder).unwrap();
    let options = StreamsOptions { lake_folder: Some(folder), ..StreamsOptions::new("Tallystick", "0.1.0") };
    Streams::open(Arc::clone(&rig.engine), options, kinds(), Arc::new(Plain), Arc::new(SeededRandom::new(3)))
}

fn to_lake(draft: &mut StreamDraft) {
    "lake".clone_into(&mut draft.kind);
    draft.settings.clone_from(json!({ "place": "folder", "path": "audit" }).as_object().unwrap());
}

/// How often each event of each organization is in the files of a lake.
fn rows(lake: &Path) -> BTreeMap<(String, i64), usize> {
    let mut rows = BTreeMap::new();
    for path in tree(lake).iter().filter(|path| path.ends_with(".parquet")) {
        let reader = SerializedFileReader::new(fs::File::open(lake.join(path)).unwrap()).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            *rows.entry((row.get_string(2).unwrap().clone(), row.get_long(0).unwrap())).or_default() += 1;
        }
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_there_once_however_often_the_service_is_killed() {
    let mut rig = Rig::new().await;
    rig.streams = with_lakes(&rig);
    let org = rig.org("acme").await;
    let (draft, _) = draft(Some(&org), to_lake);
    let stream = rig.streams.create(draft).await.unwrap();
    let lake = rig.dir.path().join("lakes/org-acme/audit");
    for round in 0..8_usize {
        rig.append(&org, round * 100..(round + 1) * 100).await;
        rig.start();
        // Somewhere on the way, another place every time.
        tokio::time::sleep(std::time::Duration::from_millis(round as u64 * 4)).await;
        rig.kill().await;
        rig.streams = with_lakes(&rig);
    }
    rig.start();
    rig.settled(&stream).await;
    let all =
        |times: usize| (0..800).map(|seq| (("acme".to_owned(), seq), times)).collect::<BTreeMap<_, _>>();
    assert_eq!(rows(&lake), all(1));
    let files = tree(&lake);
    let manifests = files.iter().filter(|path| path.starts_with("_manifest/")).count();
    assert_eq!(files.len(), 2 * manifests, "{files:?}");
    // Whoever rewinds has them sent again, in other ranges perhaps: then they are there more than once.
    rig.streams.rewind(&stream.id, Start::Seq(400), None).await.unwrap();
    rig.settled(&stream).await;
    let again = rows(&lake);
    assert_eq!(again.keys().collect::<Vec<_>>(), all(1).keys().collect::<Vec<_>>());
    assert!(again.values().all(|times| (1..=2).contains(times)));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_everybody_has_a_folder_of_its_own() {
    let mut rig = Rig::new().await;
    rig.streams = with_lakes(&rig);
    // The instance has a log of its own, which is there from the beginning.
    for org in ["all", "acme", "all-acme"] {
        let org = rig.org(org).await;
        rig.append(&org, 0..30).await;
    }
    let (everybody, _) = draft(None, to_lake);
    let everybody = rig.streams.create(everybody).await.unwrap();
    let (own, _) = draft(Some(&"all".parse().unwrap()), to_lake);
    let own = rig.streams.create(own).await.unwrap();
    let tested = rig.streams.test(&own.id).await.unwrap();
    assert!(tested.ok, "{}", tested.response);
    rig.start();
    for stream in [&everybody, &own] {
        rig.settled(stream).await;
    }
    let lakes = rig.dir.path().join("lakes");
    let orgs: Vec<_> = rows(&lakes.join("all/audit")).into_keys().map(|(org, _)| org).collect();
    assert_eq!(orgs.len(), 90);
    let (rows, files) = (rows(&lakes.join("org-all/audit")), tree(&lakes.join("org-all/audit")));
    assert!(rows.len() == 30 && rows.keys().all(|(org, _)| org == "all"));
    assert_eq!(files.iter().filter(|path| path.starts_with("_test/")).count(), 1, "{files:?}");
    rig.stop().await;
}
