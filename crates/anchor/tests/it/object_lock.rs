//! Locked objects in a real store, SeaweedFS: what is locked cannot be deleted, and what is not is noticed.

use std::fs;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use tallystick_anchor::{
    LockMode, LockedObject, ObjectLock, ObjectLockError, ObjectLockOptions, S3Credentials,
};
use tallystick_outbound::Url;
use zeroize::Zeroizing;

use crate::components::{Process, free_ports, installed, now, to_loopback};

const KEY: &str = "AKIATEST";
const SECRET: &str = "a-secret-of-a-test";

/// The store, and a client that may do everything there.
struct Store {
    _process: Process,
    _dir: tempfile::TempDir,
    endpoint: Url,
    http: reqwest::Client,
}

impl Store {
    async fn start() -> Option<Store> {
        let program = installed("weed")?;
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("s3.json");
        let identities = format!(
            "{{\"identities\":[{{\"name\":\"t\",\"credentials\":[{{\"accessKey\":\"{KEY}\",\"secretKey\":\
             \"{SECRET}\"}}],\"actions\":[\"Admin\",\"Read\",\"Write\",\"List\",\"Tagging\"]}}]}}"
        );
        fs::write(&config, identities).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let [s3, master, volume, filer] = free_ports();
        let mut command = Command::new(program);
        command.current_dir(dir.path()).args([
            "server",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-dir=data",
            "-s3",
        ]);
        command.args(["-volume.max=20", "-master.volumeSizeLimitMB=100", "-s3.config=s3.json"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        for (name, port) in [("s3", s3), ("master", master), ("volume", volume), ("filer", filer)] {
            command.arg(format!("-{name}.port={port}"));
        }
        let mut process = Process::start(&mut command);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let endpoint: Url = format!("http://127.0.0.1:{s3}").parse().unwrap();
        let store = Store { endpoint, http, _dir: dir, _process: Process::start(&mut Command::new("true")) };
        // Ready when it has made a bucket.
        process.until(async || store.make_bucket("ready", false).await).await;
        Some(Store { _process: process, ..store })
    }

    fn bucket(&self, name: &str) -> Bucket {
        Bucket::new(self.endpoint.clone(), UrlStyle::Path, name.to_owned(), "us-east-1").unwrap()
    }

    async fn make_bucket(&self, name: &str, has_lock: bool) -> bool {
        let (bucket, credentials) = (self.bucket(name), Credentials::new(KEY, SECRET));
        let mut action = bucket.create_bucket(&credentials);
        let mut call_head = reqwest::header::HeaderMap::new();
        if has_lock {
            action.headers_mut().insert("x-amz-bucket-object-lock-enabled", "true");
            call_head.insert("x-amz-bucket-object-lock-enabled", "true".parse().unwrap());
        }
        let url = signed(&action);
        self.http.put(url).headers(call_head).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    fn client(&self, bucket: &str, secret: &str, mode: LockMode) -> ObjectLock {
        let options = ObjectLockOptions {
            endpoint: self.endpoint.clone(),
            region: "us-east-1".to_owned(),
            bucket: bucket.to_owned(),
            prefix: "tallystick/".to_owned(),
            mode,
            retain_days: 1,
            credentials: S3Credentials {
                access_key_id: KEY.to_owned(),
                secret_access_key: Zeroizing::new(secret.to_owned()),
            },
        };
        ObjectLock::new(to_loopback(), options).unwrap()
    }

    /// Status of an attempt to delete this version.
    async fn delete(&self, bucket: &str, object: &LockedObject) -> u16 {
        let (bucket, credentials) = (self.bucket(bucket), Credentials::new(KEY, SECRET));
        let mut action = bucket.delete_object(Some(&credentials), &object.key);
        action.query_mut().insert("versionId", object.version.clone().unwrap());
        self.http.delete(signed(&action)).send().await.unwrap().status().as_u16()
    }

    async fn get(&self, bucket: &str, object: &LockedObject) -> Vec<u8> {
        let (bucket, credentials) = (self.bucket(bucket), Credentials::new(KEY, SECRET));
        let mut action = bucket.get_object(Some(&credentials), &object.key);
        if let Some(version) = &object.version {
            action.query_mut().insert("versionId", version.clone());
        }
        self.http.get(signed(&action)).send().await.unwrap().bytes().await.unwrap().to_vec()
    }
}

fn signed<'a>(action: &impl S3Action<'a>) -> Url {
    action.sign_with_time(Duration::from_mins(1), &Timestamp::from_second(now() as i64).unwrap())
}

#[tokio::test]
async fn what_is_locked_stays_and_what_is_not_is_noticed() {
    let Some(store) = Store::start().await else { return };
    assert!(store.make_bucket("locked", true).await && store.make_bucket("open", false).await);
    for (mode, name) in
        [(LockMode::Compliance, "checkpoint-600"), (LockMode::Governance, "checkpoint 601ü+&")]
    {
        let client = store.client("locked", SECRET, mode);
        let object =
            client.put(name, "text/plain; charset=utf-8", b"first".to_vec(), now() as i64).await.unwrap();
        assert_eq!(object.key, format!("tallystick/{name}"));
        assert!(client.is_locked(&object, now() as i64).await.unwrap(), "{object:?}");
        let longer = LockedObject { retain_until: object.retain_until + 10, ..object.clone() };
        assert!(!client.is_locked(&longer, now() as i64).await.unwrap());
        // Putting it again hides nothing and replaces nothing.
        let second = client.put(name, "text/plain", b"second".to_vec(), now() as i64).await.unwrap();
        assert_ne!(second.version, object.version);
        assert_eq!(store.delete("locked", &object).await, 403, "{mode:?}");
        assert_eq!(store.get("locked", &object).await, b"first");
    }
    // A bucket without locks refuses, or takes the object and is found out.
    let client = store.client("open", SECRET, LockMode::Compliance);
    match client.put("checkpoint", "text/plain", b"x".to_vec(), now() as i64).await {
        Err(ObjectLockError::Refused { status: 400, code }) => assert_eq!(code, "InvalidRequest"),
        Err(other) => panic!("{other}"),
        Ok(object) => assert!(!client.is_locked(&object, now() as i64).await.unwrap()),
    }
    let stranger = store.client("locked", "another-secret", LockMode::Compliance);
    let refused = stranger.put("checkpoint", "text/plain", b"x".to_vec(), now() as i64).await;
    assert!(
        matches!(&refused, Err(ObjectLockError::Refused { status: 403, code }) if code == "SignatureDoesNotMatch"),
        "{refused:?}"
    );
    let missing = store.client("missing", SECRET, LockMode::Compliance);
    let refused = missing.put("checkpoint", "text/plain", b"x".to_vec(), now() as i64).await;
    assert!(matches!(&refused, Err(ObjectLockError::Refused { .. })), "{refused:?}");
}
