//! The engines of others on a lake: what they count is what our own engine has.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value, json};
use tallystick_destination::{Batch, Destination, Outcome};
use tallystick_receivers::{LakeReaders, Seaweed, now_ms};

use super::{
    rig::{batches, deliver, filled, in_folder, org, stored},
    store::in_bucket,
};
use crate::harness::Harness;

/// What the engines should say, by the names of their questions: rows in the order of their JSON.
fn expected(harness: &Harness) -> BTreeMap<&'static str, Value> {
    let mut tables: BTreeMap<&str, BTreeMap<String, (Vec<Value>, u64)>> = BTreeMap::new();
    let mut count = |table: &'static str, key: Vec<Value>| {
        let rows = tables.entry(table).or_default();
        rows.entry(json!(key).to_string()).or_insert((key, 0)).1 += 1;
    };
    let (mut occurred, mut rows, mut orgs) = (Vec::new(), 0_u64, Vec::new());
    let mut leaves = Vec::new();
    for org in [org(0), org(1)] {
        let events = stored(harness, &org);
        orgs.push(json!([org.as_str(), events.len(), 0, events.len() - 1]));
        let log = harness.engine.proofs().origin(harness.engine.leaf_of(&events[0]).unwrap().0);
        leaves.push(json!([log, events.len(), 64]));
        rows += events.len() as u64;
        for event in &events {
            let mut json = Vec::new();
            event.render(&mut json).unwrap();
            let whole: Value = serde_json::from_slice(&json).unwrap();
            count("actions", vec![whole["action"].clone()]);
            count("outcomes", vec![whole["outcome"].clone()]);
            count("actors", vec![whole["actor"]["name"].clone()]);
            count("actor_ids", vec![whole["actor"]["id"].clone()]);
            let received = jiff::Timestamp::from_millisecond(event.meta.received_ms).unwrap().to_string();
            count("days", vec![received[..10].into(), received[11..13].parse::<u64>().unwrap().into()]);
            for target in whole["targets"].as_array().into_iter().flatten() {
                count("targets", vec![target["type"].clone()]);
            }
            occurred.push(event.meta.occurred_us);
        }
    }
    let mut expected: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, table) in tables {
        let rows = table.into_values().map(|(mut row, count)| {
            row.push(count.into());
            Value::from(row)
        });
        expected.insert(name, rows.collect());
    }
    expected.insert("rows", json!([[rows, rows]]));
    expected.insert("orgs", orgs.into());
    expected.insert("leaves", leaves.into());
    expected.insert("ids", json!([[rows]]));
    expected.insert("occurred", json!([[occurred.iter().min(), occurred.iter().max()]]));
    expected
}

/// Rows in an order of their own, so that those of one engine can be compared with those of another.
fn sorted(table: &Value) -> Vec<String> {
    let mut rows: Vec<String> = table.as_array().unwrap().iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

fn assert_read(counts: &Value, expected: &BTreeMap<&str, Value>, engines: &[&str]) {
    assert_eq!(counts.as_object().unwrap().len(), engines.len());
    for engine in engines {
        let tables = counts[*engine].as_object().unwrap();
        let is_whole = *engine == "arrow" || tables.len() == expected.len();
        assert!(is_whole && tables.contains_key("rows") && tables.contains_key("actions"), "{engine}");
        for (name, table) in tables {
            assert_eq!(sorted(table), sorted(&expected[name.as_str()]), "{engine}: {name}");
        }
    }
}

fn all_batches(harness: &Harness) -> Vec<Batch> {
    let mut all = batches(harness, &stored(harness, &org(0)));
    all.extend(batches(harness, &stored(harness, &org(1))));
    all
}

/// What was cut short in a folder.
fn cut_short(folder: &Path) {
    let only = |folder: &Path| fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let hour = only(&only(&folder.join(format!("org={}", org(0)))));
    fs::write(hour.join("_tmp-00000000000000000000-00000000000000000009-0123456789ab"), b"PAR1").unwrap();
}

/// What is sent by somebody who tries it.
async fn try_out(lake: &dyn Destination, batch: &Batch) {
    let mut trial = batch.clone();
    trial.records.truncate(1);
    trial.records[0].leaf_hash = [0; 32];
    let answer = deliver(lake, &trial).await;
    assert!(answer.detail.starts_with("put _test/org="), "{}", answer.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engines_of_others_read_a_folder_and_a_bucket() {
    let harness = filled(1_500).await;
    let store = Seaweed::start();
    let dir = tempfile::tempdir().unwrap();
    let (folder_lake, bucket_lake) = (in_folder(dir.path()), in_bucket(&store, "audit/lake"));
    let mut batches = all_batches(&harness);
    for batch in &mut batches {
        batch.now_ms = now_ms();
        deliver(&*folder_lake, batch).await;
        deliver(&*bucket_lake, batch).await;
    }
    for batch in &batches {
        let answer = deliver(&*bucket_lake, batch).await;
        assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    }
    // Other events under the same name are not taken for ours.
    let mut other = batches[1].clone();
    other.records.truncate(1);
    let answer = bucket_lake.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    let folder = dir.path().join("acme/audit");
    // Neither of these is in the way.
    cut_short(&folder);
    try_out(&*folder_lake, &batches[0]).await;
    try_out(&*bucket_lake, &batches[0]).await;
    let (expected, mut readers) = (expected(&harness), LakeReaders::start());
    for (place, engines) in [
        (json!({ "folder": folder }), &["duckdb", "chdb", "spark"][..]),
        (store.lake("audit/lake"), &["duckdb", "chdb", "spark", "arrow"]),
    ] {
        assert_read(&readers.ask(engines, &place), &expected, engines);
    }
}
