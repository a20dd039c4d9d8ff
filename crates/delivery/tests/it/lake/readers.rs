//! The engines of others on a lake: what they count is what our own engine has.

use std::{collections::BTreeMap, process::Command};

use serde_json::{Value, json};
use tallystick_destination::{Batch, Outcome};

use super::{
    rig::{batches, deliver, filled, in_folder, org, stored},
    store::{Store, now_ms, python},
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

fn assert_read(harness: &Harness, arguments: &[&str], engines: &[&str]) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lake_readers.py");
    let output = Command::new(python()).arg(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let counts: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = expected(harness);
    assert_eq!(counts.as_object().unwrap().len(), engines.len());
    for engine in engines {
        let tables = counts[*engine].as_object().unwrap();
        assert!(tables.contains_key("rows") && tables.contains_key("actions"), "{engine}");
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

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_and_clickhouse_read_a_folder() {
    let harness = filled(1_500).await;
    let dir = tempfile::tempdir().unwrap();
    let lake = in_folder(dir.path());
    let batches = all_batches(&harness);
    for batch in &batches {
        deliver(&*lake, batch).await;
    }
    // What was cut short and what was tried is not in the way.
    let folder = dir.path().join("acme/audit");
    let hour =
        std::fs::read_dir(folder.join(format!("org={}", org(0)))).unwrap().next().unwrap().unwrap().path();
    let hour = std::fs::read_dir(hour).unwrap().next().unwrap().unwrap().path();
    std::fs::write(hour.join("_tmp-00000000000000000000-00000000000000000009-0123456789ab"), b"PAR1")
        .unwrap();
    let mut trial = batches[0].clone();
    trial.records.truncate(1);
    trial.records[0].leaf_hash = [0; 32];
    let answer = deliver(&*lake, &trial).await;
    assert!(answer.detail.starts_with("put _test/org="), "{}", answer.detail);
    assert_read(&harness, &["folder", folder.to_str().unwrap()], &["duckdb", "chdb"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn clickhouse_and_arrow_read_a_bucket() {
    let harness = filled(1_500).await;
    let store = Store::start().await;
    let lake = store.lake("audit/lake");
    let mut batches = all_batches(&harness);
    for batch in &mut batches {
        batch.now_ms = now_ms();
        deliver(&*lake, batch).await;
    }
    for batch in &batches {
        let answer = deliver(&*lake, batch).await;
        assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    }
    // Other events under the same name are not taken for ours.
    let mut other = batches[1].clone();
    other.records.truncate(1);
    let answer = lake.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    let arguments = store.arguments("audit/lake");
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_read(&harness, &arguments, &["chdb", "arrow"]);
}
