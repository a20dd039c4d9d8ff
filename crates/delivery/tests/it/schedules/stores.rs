//! Files in a real store, SeaweedFS, which checks signatures and conditions.

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use tallystick_catalog::RunState;
use tallystick_delivery::schedules::{DeliveryState, ScheduleEdit, StoreDraft, StoreEdit, Targets};
use tallystick_destination::{
    Settings, Surroundings,
    object::{CheckedStore, NewObject, store_kind},
};
use tallystick_outbound::{OutboundOptions, Plain};
use tallystick_receivers::{Receiver as _, Seaweed, now_ms};

use super::rig::{DAY_MS, Rig, deliveries};

fn settings(store: &Seaweed, prefix: &str) -> Map<String, Value> {
    let mut settings = store.settings().as_object().unwrap().clone();
    settings.insert("prefix".to_owned(), json!(prefix));
    settings
}

fn draft(settings: Map<String, Value>, key: Option<&str>) -> StoreEdit {
    StoreEdit::Set(StoreDraft { kind: "s3".to_owned(), key: key.map(str::to_owned), settings })
}

/// Somebody who looks into the bucket.
fn reader(store: &Seaweed) -> Box<dyn CheckedStore> {
    let kind = store_kind("s3").unwrap();
    let outbound =
        OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() };
    let surroundings =
        Surroundings { outbound, agent: "test".to_owned(), stream: "test".to_owned(), folder: None };
    let settings = Settings::new(&kind.fields, settings(store, "")).unwrap();
    (kind.open)(&settings, &surroundings).unwrap()
}

async fn keys(reader: &dyn CheckedStore, prefix: &str) -> Vec<String> {
    reader.list(prefix, None, now_ms()).await.unwrap().keys
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_its_manifest_are_put_once_under_a_key_with_the_date() {
    let store = Seaweed::start();
    let mut rig = Rig::new(None).await;
    // The store looks at when a request was signed.
    rig.harness.clock.set(now_ms() - DAY_MS);
    let edit = ScheduleEdit { store: draft(settings(&store, "daily"), None), ..Rig::edit() };
    let schedule = rig.make(edit).await;
    rig.event(7, 0).await;
    rig.start();
    rig.harness.clock.set(now_ms());
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    rig.until_happened("delivered 1 store").await;
    let reader = reader(&store);
    let found = keys(&*reader, "daily/").await;
    let key = deliveries(&run).store.unwrap().detail;
    let month = &tallystick_event::format_ms(run.due_ms)[..10];
    let expected = format!("daily/Daily/{}/{}/Daily-{month}-1.ndjson", &month[..4], &month[5..7]);
    assert_eq!(key, expected);
    assert_eq!(found, [key.clone(), format!("{key}.export.json")]);
    let file = reader.get(&key, 1 << 20, now_ms()).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&file).contains("\"number\":7"));
    let manifest = reader.get(&found[1], 1 << 20, now_ms()).await.unwrap().unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["sha256"], hex::encode(Sha256::digest(&file)));
    assert_eq!((&manifest["schedule"]["run"], &manifest["rows"]), (&json!(1), &json!(1)));

    // What has arrived is not sent again.
    rig.schedules.deliver_again(&schedule, 1).await.unwrap();
    assert_eq!(rig.over(&schedule, 1).await.state, RunState::Done);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_place_of_a_file_is_left_alone() {
    let store = Seaweed::start();
    let mut rig = Rig::new(None).await;
    rig.harness.clock.set(now_ms() - DAY_MS);
    let edit =
        ScheduleEdit { store: draft(settings(&store, "taken"), Some("all-{run}.{ext}")), ..Rig::edit() };
    let schedule = rig.make(edit).await;
    let reader = reader(&store);
    let other = NewObject {
        key: "taken/all-1.ndjson".to_owned(),
        bytes: "somebody's".into(),
        content_type: "text/plain",
        meta: std::collections::BTreeMap::new(),
    };
    reader.put(&other, now_ms()).await.unwrap();
    rig.start();
    rig.harness.clock.set(now_ms());
    let tried =
        |run: &tallystick_catalog::ScheduleRun| deliveries(run).store.is_some_and(|store| store.attempts > 0);
    let run = rig.until(&schedule, 1, tried).await;
    let delivery = deliveries(&run).store.unwrap();
    assert!(delivery.detail.contains("other content"), "{delivery:?}");
    assert_eq!(delivery.state, DeliveryState::Waiting, "somebody may move it away");
    assert_eq!(&reader.get(&other.key, 100, now_ms()).await.unwrap().unwrap()[..], b"somebody's");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_sealed_kept_and_not_sent_elsewhere() {
    let rig = Rig::new(None).await;
    let given = json!({ "bucket": "audit", "endpoint": "http://127.0.0.1:1", "access_key_id": "AKIA",
        "secret_access_key": "s3cr3t" });
    let given = given.as_object().unwrap().clone();
    let edit = ScheduleEdit { store: draft(given.clone(), None), ..Rig::edit() };
    let schedule = rig.make(edit).await;
    let stored = format!("{schedule:?}");
    assert!(
        !stored.contains("s3cr3t")
            && !String::from_utf8_lossy(&schedule.parts.store_sealed).contains("s3cr3t")
    );
    let shown = Targets::from_text(&schedule.parts.targets).unwrap().store.unwrap();
    assert_eq!(shown.settings["secret_access_key"], true);
    // As it is shown, it stays; with another address it has to be given again.
    let mut again = shown.settings.clone();
    again.insert("bucket".to_owned(), json!("other"));
    let edit = ScheduleEdit { store: draft(again.clone(), None), ..Rig::edit() };
    let changed = rig.schedules.update(&schedule, edit).await.unwrap().after;
    again.insert("endpoint".to_owned(), json!("http://127.0.0.1:2"));
    let edit = ScheduleEdit { store: draft(again, None), ..Rig::edit() };
    let moved = rig.schedules.update(&changed, edit).await.unwrap_err().to_string();
    assert!(moved.contains("secret_access_key") && moved.contains("entered again"), "{moved}");
    for (key, value, part) in [
        ("bucket", json!(null), "bucket"),
        ("prefix", json!("../x"), "prefix"),
        ("compression", json!("gzip"), "compression"),
        ("endpoint", json!("http://169.254.169.254/"), "endpoint"),
    ] {
        let mut bad = given.clone();
        bad.insert(key.to_owned(), value);
        let edit = ScheduleEdit { store: draft(bad, None), ..Rig::edit() };
        let error = rig.schedules.update(&changed, edit).await.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let edit = ScheduleEdit { store: draft(given, Some("{name}.csv")), ..Rig::edit() };
    assert!(rig.schedules.update(&changed, edit).await.unwrap_err().to_string().contains("{run}"));
}
