//! Objects in a real store, SeaweedFS, which checks signatures, conditions and locks.

use std::fs;
use std::process::Command;

use jiff::Timestamp;
use rusty_s3::signing::sign;
use rusty_s3::{Bucket, Method, UrlStyle};
use serde_json::{Value, json};
use tallystick_destination::{Batch, Outcome};

use crate::batches::{batch, batch_from};
use crate::components::{Process, free_port, installed, now_ms, open, try_open};
use crate::objects::{assert_holds, assert_manifest, fetch, manifest_key};

const KEY: &str = "AKIATESTADMIN";
const SECRET: &str = "a-secret-of-an-admin/+";
/// May put objects, and nothing else.
const WRITER: &str = "AKIATESTWRITER";
const WRITER_SECRET: &str = "a-secret-of-a-writer";

struct Store {
    process: Process,
    _dir: tempfile::TempDir,
    endpoint: String,
}

impl Store {
    async fn start() -> Store {
        let dir = tempfile::tempdir().unwrap();
        let identity = |name: &str, key: &str, secret: &str, actions: &[&str]| {
            json!({ "name": name, "credentials":
            [{ "accessKey": key, "secretKey": secret }], "actions": actions })
        };
        let identities = json!({ "identities": [
            identity("admin", KEY, SECRET, &["Admin", "Read", "Write", "List", "Tagging"]),
            identity("writer", WRITER, WRITER_SECRET, &["Write:audit"]),
        ]});
        fs::write(dir.path().join("s3.json"), identities.to_string()).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let mut command = Command::new(installed("bin/weed"));
        command.current_dir(dir.path()).args([
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-dir=data",
            "-s3",
        ]);
        command.args(["-volume.max=20", "-master.volumeSizeLimitMB=100", "-s3.config=s3.json"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        let s3 = free_port();
        for (name, port) in
            [("s3", s3), ("master", free_port()), ("volume", free_port()), ("filer", free_port())]
        {
            command.arg(format!("-{name}.port={port}"));
        }
        let mut process = Process::start(&mut command);
        process.until_listening(s3).await;
        let endpoint = format!("http://127.0.0.1:{s3}");
        process.until(async || make_bucket(&endpoint, "audit", false).await).await;
        Store { process, _dir: dir, endpoint }
    }

    fn settings(&self, more: Value) -> Value {
        let mut settings = json!({ "bucket": "audit", "endpoint": self.endpoint, "access_key_id": KEY,
            "secret_access_key": SECRET, "prefix": "t/e" });
        let Value::Object(more) = more else { panic!("settings are an object") };
        settings.as_object_mut().unwrap().extend(more);
        settings
    }

    async fn call(
        &self,
        method: Method,
        bucket: &str,
        key: Option<&str>,
        query: &[(&str, &str)],
    ) -> (u16, Vec<u8>) {
        let url = signed(&self.endpoint, method, bucket, key, query, &[]);
        fetch(method.to_str(), &url, &[]).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let query = [("list-type", "2"), ("prefix", prefix)];
        let (status, body) = self.call(Method::Get, bucket, None, &query).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status, 200, "{text}");
        let keys = text.split("<Key>").skip(1).map(|rest| rest.split_once("</Key>").unwrap().0);
        keys.map(str::to_owned).collect()
    }

    async fn get(&self, key: &str) -> Vec<u8> {
        let (status, body) = self.call(Method::Get, "audit", Some(key), &[]).await;
        assert_eq!(status, 200, "{key}");
        body
    }

    /// The one object of a batch and its manifest, after they were looked at.
    async fn assert_put(&self, batch: &Batch, suffix: &str) -> (String, String) {
        let keys = self.keys("audit", "t/e/v1/").await;
        let place =
            format!("/{:020}-{:020}-{}", batch.first_seq, batch.last_seq, &batch.id.to_string()[..12]);
        let mine: Vec<&String> = keys.iter().filter(|key| key.contains(&place)).collect();
        assert_eq!(mine.len(), 1, "{keys:?}");
        let key = mine[0].clone();
        assert!(key.starts_with("t/e/v1/org=acme/dt=") && key.ends_with(suffix), "{key}");
        let object = self.get(&key).await;
        assert_holds(&key, &object, batch);
        let manifest = manifest_key(&key);
        assert_manifest(&self.get(&manifest).await, &key, &object, batch);
        (key, manifest)
    }
}

fn signed(
    endpoint: &str,
    method: Method,
    bucket: &str,
    key: Option<&str>,
    query: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> String {
    let bucket =
        Bucket::new(endpoint.parse().unwrap(), UrlStyle::Path, bucket.to_owned(), "us-east-1").unwrap();
    let url = key.map_or_else(
        || bucket.base_url().as_str().trim_end_matches('/').parse().unwrap(),
        |key| bucket.object_url(key),
    );
    let now = Timestamp::from_millisecond(now_ms()).unwrap();
    let (query, headers) = (query.iter().copied(), headers.iter().copied());
    sign(&now, method, url, KEY, SECRET, None, "us-east-1", 60, query, headers).to_string()
}

async fn make_bucket(endpoint: &str, bucket: &str, has_lock: bool) -> bool {
    let lock: &[(&str, &str)] = if has_lock { &[("x-amz-bucket-object-lock-enabled", "true")] } else { &[] };
    let url = signed(endpoint, Method::Put, bucket, None, &[], lock);
    fetch("PUT", &url, lock).await.0 == 200
}

#[tokio::test]
async fn batches_lie_in_order_once_however_often_they_are_sent() {
    let store = Store::start().await;
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
        store.assert_put(batch, ".jsonl.gz").await;
    }
    assert_eq!(store.keys("audit", "t/e/v1/").await.len(), 3);
    for batch in &batches {
        let mut later = batch.clone();
        later.now_ms += 60_000;
        let answer = destination.send(&later).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
        assert!(answer.detail.ends_with("was there already"), "{}", answer.detail);
    }
    assert_eq!(store.keys("audit", "t/").await.len(), 6, "an object and a manifest each");
    // A crash between the object and its manifest.
    let (_, manifest) = store.assert_put(&batches[0], ".jsonl.gz").await;
    let url = signed(&store.endpoint, Method::Delete, "audit", Some(&manifest), &[], &[]);
    assert_eq!(fetch("DELETE", &url, &[]).await.0, 204);
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Delivered);
    store.assert_put(&batches[0], ".jsonl.gz").await;
    // Somebody else's object in the place of ours is not written over.
    let mut other = batches[0].clone();
    other.records.truncate(10);
    let answer = destination.send(&other).await;
    assert_eq!(answer.outcome, Outcome::Misconfigured);
    assert!(answer.detail.contains("is there with other content"), "{}", answer.detail);
    store.assert_put(&batches[0], ".jsonl.gz").await;
    drop(store.process);
    assert_eq!(destination.send(&batches[0]).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn objects_are_as_the_settings_say() {
    let store = Store::start().await;
    let (first, second) = (batch(40), batch_from(40, 40));
    let zstd = open("s3", store.settings(json!({ "compression": "zstd" })));
    assert_eq!(zstd.send(&first).await.outcome, Outcome::Delivered);
    store.assert_put(&first, ".jsonl.zst").await;
    // Written over by the same bytes, where a store knows no conditions.
    let settings = json!({ "compression": "none", "conditional_put": "off", "storage_class": "STANDARD" });
    let plain = open("s3", store.settings(settings));
    for _ in 0..2 {
        let answer = plain.send(&second).await;
        assert_eq!(answer.outcome, Outcome::Delivered);
        assert!(answer.detail.starts_with("put "), "{}", answer.detail);
    }
    store.assert_put(&second, ".jsonl").await;
    let bare = open("s3", store.settings(json!({ "manifest": false, "prefix": "bare" })));
    assert_eq!(bare.send(&first).await.outcome, Outcome::Delivered);
    let keys = store.keys("audit", "bare").await;
    assert!(keys.len() == 1 && keys[0].starts_with("bare/v1/org=acme/"), "{keys:?}");
}

#[tokio::test]
async fn who_may_only_write_can_deliver() {
    let store = Store::start().await;
    let settings = store.settings(json!({ "access_key_id": WRITER, "secret_access_key": WRITER_SECRET }));
    let writer = open("s3", settings);
    assert_eq!(writer.check().await, None, "whether it may write is not known");
    let batch = batch(5);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    let answer = writer.send(&batch).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    assert!(answer.detail.contains("was not compared"), "{}", answer.detail);
    store.assert_put(&batch, ".jsonl.gz").await;
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_said() {
    let store = Store::start().await;
    for (more, code) in [
        (json!({ "secret_access_key": "another-secret" }), "SignatureDoesNotMatch"),
        (json!({ "access_key_id": "AKIANOBODY" }), "InvalidAccessKeyId"),
    ] {
        let destination = open("s3", store.settings(more));
        for answer in [destination.send(&batch(1)).await, destination.check().await.unwrap()] {
            assert_eq!(answer.outcome, Outcome::Misconfigured, "{}", answer.detail);
            assert!(answer.detail.starts_with(code), "{code}: {}", answer.detail);
            assert!(!answer.detail.contains("another-secret") && !answer.detail.contains(SECRET));
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
    let store = Store::start().await;
    assert!(make_bucket(&store.endpoint, "locked", true).await);
    let more = json!({ "bucket": "locked", "object_lock": "COMPLIANCE", "retain_days": 1 });
    let destination = open("s3", store.settings(more.clone()));
    for _ in 0..2 {
        let answer = destination.send(&batch(3)).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    }
    let keys = store.keys("locked", "t/").await;
    assert_eq!(keys.len(), 2, "{keys:?}");
    let (status, body) = store.call(Method::Get, "locked", None, &[("versions", "")]).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 200, "{text}");
    for key in keys {
        let after = text.split_once(&format!("<Key>{key}</Key>")).unwrap().1;
        let version = after.split_once("<VersionId>").unwrap().1.split_once("</VersionId>").unwrap().0;
        let query = [("versionId", version)];
        assert_eq!(store.call(Method::Delete, "locked", Some(&key), &query).await.0, 403, "{key}");
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
