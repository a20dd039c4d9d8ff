//! Objects in a real store, SeaweedFS, which checks signatures, conditions and locks.

use rusty_s3::Method;
use serde_json::{Value, json};
use tallystick_destination::{Batch, Outcome};
use tallystick_receivers::{Receiver as _, S3_WRITER as WRITER, S3_WRITER_SECRET as WRITER_SECRET, Seaweed};

use crate::batches::{batch, batch_from};
use crate::components::{open, try_open};
use crate::objects::{assert_holds, assert_manifest, manifest_key};

struct Store(Seaweed);

impl Store {
    fn start() -> Store {
        Store(Seaweed::start())
    }

    fn settings(&self, more: Value) -> Value {
        let mut settings = self.0.settings();
        let Value::Object(more) = more else { panic!("settings are an object") };
        settings.as_object_mut().unwrap().extend(more);
        settings
    }

    fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        self.0.keys(bucket, prefix)
    }

    /// The one object of a batch and its manifest, after they were looked at.
    fn assert_put(&self, batch: &Batch, suffix: &str) -> (String, String) {
        let keys = self.keys("audit", "t/e/v1/");
        let place =
            format!("/{:020}-{:020}-{}", batch.first_seq, batch.last_seq, &batch.id.to_string()[..12]);
        let mine: Vec<&String> = keys.iter().filter(|key| key.contains(&place)).collect();
        assert_eq!(mine.len(), 1, "{keys:?}");
        let key = mine[0].clone();
        assert!(key.starts_with("t/e/v1/org=acme/dt=") && key.ends_with(suffix), "{key}");
        let object = self.0.get(&key);
        assert_holds(&key, &object, batch);
        let manifest = manifest_key(&key);
        assert_manifest(&self.0.get(&manifest), &key, &object, batch);
        (key, manifest)
    }
}

#[tokio::test]
async fn batches_lie_in_order_once_however_often_they_are_sent() {
    let mut store = Store::start();
    let destination = open("s3", store.settings(json!({})));
    let checked = destination.check().await.unwrap();
    assert_eq!(checked.outcome, Outcome::Delivered, "{}", checked.detail);
    let batches = [batch(300), batch_from(300, 50), batch_from(350, 1)];
    for batch in &batches {
        let answer = destination.send(batch).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
        assert!(
            answer.detail.starts_with("put t/e/v1/org=acme/") && answer.sent_bytes > 0,
            "{}",
            answer.detail
        );
        store.assert_put(batch, ".jsonl.gz");
    }
    assert_eq!(store.keys("audit", "t/e/v1/").len(), 3);
    for batch in &batches {
        let mut later = batch.clone();
        later.now_ms += 60_000;
        let answer = destination.send(&later).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
        assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    }
    assert_eq!(store.keys("audit", "t/").len(), 6, "an object and a manifest each");
    // A crash between the object and its manifest.
    let (_, manifest) = store.assert_put(&batches[0], ".jsonl.gz");
    assert_eq!(store.0.ask(Method::Delete, "audit", Some(&manifest), &[]).0, 204);
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Delivered);
    store.assert_put(&batches[0], ".jsonl.gz");
    // Somebody else's object in the place of ours is not written over.
    let mut other = batches[0].clone();
    other.records.truncate(10);
    let answer = destination.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    store.assert_put(&batches[0], ".jsonl.gz");
    store.0.stop();
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn objects_are_as_the_settings_say() {
    let store = Store::start();
    let (first, second) = (batch(40), batch_from(40, 40));
    let zstd = open("s3", store.settings(json!({ "compression": "zstd" })));
    assert_eq!(zstd.send(&first).await.outcome, Outcome::Delivered);
    store.assert_put(&first, ".jsonl.zst");
    // Written over by the same bytes, where a store knows no conditions.
    let settings = json!({ "compression": "none", "conditional_put": "off", "storage_class": "STANDARD" });
    let plain = open("s3", store.settings(settings));
    for _ in 0..2 {
        let answer = plain.send(&second).await;
        assert_eq!(answer.outcome, Outcome::Delivered);
        assert!(answer.detail.starts_with("put "), "{}", answer.detail);
    }
    store.assert_put(&second, ".jsonl");
    let bare = open("s3", store.settings(json!({ "manifest": false, "prefix": "bare" })));
    assert_eq!(bare.send(&first).await.outcome, Outcome::Delivered);
    let keys = store.keys("audit", "bare");
    assert!(keys.len() == 1 && keys[0].starts_with("bare/v1/org=acme/"), "{keys:?}");
}

#[tokio::test]
async fn who_may_only_write_can_deliver() {
    let store = Store::start();
    let settings = store.settings(json!({ "access_key_id": WRITER, "secret_access_key": WRITER_SECRET }));
    let writer = open("s3", settings);
    assert_eq!(writer.check().await, None, "whether it may write is not known");
    let batch = batch(5);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    assert!(answer.detail.contains("was not compared"), "{}", answer.detail);
    store.assert_put(&batch, ".jsonl.gz");
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_said() {
    let store = Store::start();
    for (more, code) in [
        (json!({ "secret_access_key": "another-secret" }), "SignatureDoesNotMatch"),
        (json!({ "access_key_id": "AKIANOBODY" }), "InvalidAccessKeyId"),
    ] {
        let destination = open("s3", store.settings(more));
        for answer in [destination.send(&batch(1)).await, destination.check().await.unwrap()] {
            assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
            assert!(answer.detail.starts_with(code), "{code}: {}", answer.detail);
            assert!(!answer.detail.contains("another-secret") && !answer.detail.contains(store.0.secret()));
        }
    } // Elsewhere than it may. SeaweedFS makes buckets for administrators, so that it is not asked as one.
    let writer = json!({ "access_key_id": WRITER, "secret_access_key": WRITER_SECRET, "bucket": "missing" });
    let answer = open("s3", store.settings(writer)).send(&batch(1)).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
    let is_told = ["AccessDenied", "NoSuchBucket"].iter().any(|code| answer.detail.starts_with(code));
    assert!(is_told, "{}", answer.detail);
}

#[tokio::test]
async fn what_is_locked_stays() {
    let store = Store::start();
    assert!(store.0.make_bucket("locked", true));
    let more = json!({ "bucket": "locked", "object_lock": "COMPLIANCE", "retain_days": 1 });
    let destination = open("s3", store.settings(more.clone()));
    for _ in 0..2 {
        let answer = destination.send(&batch(3)).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    }
    let keys = store.keys("locked", "t/");
    assert_eq!(keys.len(), 2, "{keys:?}");
    let (status, body) = store.0.ask(Method::Get, "locked", None, &[("versions", "")]);
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{text}");
    for key in keys {
        let after = text.split_once(&format!("<Key>{key}</Key>")).unwrap().1;
        let version = after.split_once("<VersionId>").unwrap().1.split_once("</VersionId>").unwrap().0;
        let query = [("versionId", version)];
        assert_eq!(store.0.ask(Method::Delete, "locked", Some(&key), &query).0, 403, "{key}");
    }
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    let good = json!({ "bucket": "audit", "access_key_id": "AKIA", "secret_access_key": "secret" });
    assert!(try_open("s3", good.clone()).is_ok());
    for (field, value) in [
        ("bucket", json!("../x")),
        ("region", json!("eu central/1")),
        ("endpoint", json!("http://1.1.1.1")),
        ("prefix", json!("a/../b")),
        ("kms_key_id", json!("key")),
        ("retain_days", json!(0)),
        ("object_lock", json!("FOREVER")),
        ("storage_class", json!("GLACIER\u{e9}")),
        ("compression", json!("brotli")),
    ] {
        let mut settings = good.clone();
        settings[field] = value;
        assert_eq!(try_open("s3", settings).err().unwrap().field, field);
    }
    let mut locked = good;
    locked["object_lock"] = json!("GOVERNANCE");
    assert_eq!(try_open("s3", locked).err().unwrap().field, "retain_days");
}
