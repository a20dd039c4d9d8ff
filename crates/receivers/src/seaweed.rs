//! SeaweedFS: a store that speaks S3 and checks signatures, conditions and locks.

use std::{fs, process::Command};

use jiff::Timestamp;
use rusty_s3::{Bucket, Method, UrlStyle, signing::sign};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Event, Process, Receiver, call, free_port, installed, now_ms,
    objects::{between, events_of},
    try_call,
};

/// Of an administrator.
pub const KEY: &str = "AKIATESTADMIN";
/// May put objects into the bucket `audit`, and nothing else.
pub const WRITER: &str = "AKIATESTWRITER";
/// The secret of [`WRITER`].
pub const WRITER_SECRET: &str = "a-secret-of-a-writer";
/// The bucket that is there.
const BUCKET: &str = "audit";
const REGION: &str = "us-east-1";
/// How long a signature is good, seconds.
const SIGNED_S: u64 = 60;

/// A store.
pub struct Seaweed {
    process: Option<Process>,
    dir: TempDir,
    /// S3, master, volume, filer.
    ports: [u16; 4],
    secret: String,
}

impl Seaweed {
    /// With an empty bucket `audit`.
    pub fn start() -> Seaweed {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let ports = [(); 4].map(|()| free_port());
        let secret = "a-secret-of-an-admin/+".to_owned();
        let mut store = Seaweed { process: None, dir, ports, secret };
        Receiver::start(&mut store);
        store
    }

    /// Where it is.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// The secret of [`KEY`].
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// For [`crate::LakeReaders::ask`]: what lies in the bucket below a prefix.
    pub fn lake(&self, prefix: &str) -> Value {
        json!({ "s3": { "endpoint": self.endpoint(), "path": format!("{BUCKET}/{prefix}"), "key": KEY,
            "secret": self.secret } })
    }

    /// Whether it takes objects, which is later than that it takes connections, and than that it makes buckets.
    fn is_ready(&self) -> bool {
        let ask = |method| self.ask(method, BUCKET, Some("is-ready"), &[]).0;
        self.make_bucket(BUCKET, false) && ask(Method::Put) == 200 && ask(Method::Delete) == 204
    }

    fn begin(&mut self) {
        let identity = |name: &str, key: &str, secret: &str, actions: &[&str]| {
            json!({ "name": name, "credentials":
            [{ "accessKey": key, "secretKey": secret }], "actions": actions })
        };
        let identities = json!({ "identities": [
            identity("admin", KEY, &self.secret, &["Admin", "Read", "Write", "List", "Tagging"]),
            identity("writer", WRITER, WRITER_SECRET, &["Write:audit"]),
        ]});
        fs::write(self.dir.path().join("s3.json"), identities.to_string()).unwrap();
        let mut command = Command::new(installed("bin/weed"));
        let arguments = ["server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=data", "-s3"];
        command.current_dir(self.dir.path()).args(arguments);
        command.args(["-volume.max=20", "-master.volumeSizeLimitMB=100", "-s3.config=s3.json"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
        for (name, port) in ["s3", "master", "volume", "filer"].iter().zip(self.ports) {
            command.arg(format!("-{name}.port={port}"));
        }
        let mut process = Process::start(&mut command);
        process.until_listening(self.ports[0]);
        self.process = Some(process);
    }

    /// An address that is signed, to be asked within a minute.
    pub fn signed(
        &self,
        method: Method,
        bucket: &str,
        key: Option<&str>,
        query: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> String {
        let endpoint = self.endpoint().parse().unwrap();
        let bucket = Bucket::new(endpoint, UrlStyle::Path, bucket.to_owned(), REGION).unwrap();
        let url = key.map_or_else(
            || bucket.base_url().as_str().trim_end_matches('/').parse().unwrap(),
            |key| bucket.object_url(key),
        );
        let now = Timestamp::from_millisecond(now_ms()).unwrap();
        let (query, headers) = (query.iter().copied(), headers.iter().copied());
        sign(&now, method, url, KEY, &self.secret, None, REGION, SIGNED_S, query, headers).to_string()
    }

    /// Asks it as the administrator. Gives the status and the body.
    pub fn ask(
        &self,
        method: Method,
        bucket: &str,
        key: Option<&str>,
        query: &[(&str, &str)],
    ) -> (u16, Vec<u8>) {
        let url = self.signed(method, bucket, key, query, &[]);
        try_call(method.to_str(), &url, &[], b"").unwrap_or_default()
    }

    /// Makes a bucket; whether it is there now.
    pub fn make_bucket(&self, bucket: &str, has_lock: bool) -> bool {
        let lock: &[(&str, &str)] =
            if has_lock { &[("x-amz-bucket-object-lock-enabled", "true")] } else { &[] };
        let url = self.signed(Method::Put, bucket, None, &[], lock);
        let (status, body) = try_call("PUT", &url, lock, b"").unwrap_or_default();
        status == 200 || String::from_utf8_lossy(&body).contains("BucketAlready")
    }

    /// The keys in a bucket, page by page.
    pub fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let mut keys = Vec::new();
        let mut from = String::new();
        loop {
            let mut query = vec![("list-type", "2"), ("prefix", prefix)];
            if !from.is_empty() {
                query.push(("continuation-token", &from));
            }
            let (status, body) = self.ask(Method::Get, bucket, None, &query);
            let text = String::from_utf8(body).unwrap();
            assert_eq!(status, 200, "{text}");
            keys.extend(between(&text, "<Key>", "</Key>"));
            match between(&text, "<NextContinuationToken>", "<").pop() {
                Some(next) => from = next,
                None => return keys,
            }
        }
    }

    /// Puts an object into the bucket `audit`, whatever is in its place.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        let url = self.signed(Method::Put, BUCKET, Some(key), &[], &[]);
        let (status, body) = call("PUT", &url, &[], bytes);
        assert_eq!(status, 200, "{key}: {}", String::from_utf8_lossy(&body));
    }

    /// Takes an object out of the bucket `audit`.
    pub fn remove(&self, key: &str) {
        assert_eq!(self.ask(Method::Delete, BUCKET, Some(key), &[]).0, 204, "{key}");
    }

    /// An object of the bucket `audit`.
    pub fn get(&self, key: &str) -> Vec<u8> {
        let (status, body) = self.ask(Method::Get, BUCKET, Some(key), &[]);
        assert_eq!(status, 200, "{key}");
        body
    }
}

impl Receiver for Seaweed {
    fn kind(&self) -> &'static str {
        "s3"
    }

    fn settings(&self) -> Value {
        json!({ "bucket": BUCKET, "endpoint": self.endpoint(), "access_key_id": KEY,
            "secret_access_key": self.secret, "prefix": "t/e" })
    }

    fn port(&self) -> u16 {
        self.ports[0]
    }

    fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    fn start(&mut self) {
        self.begin();
        let mut process = self.process.take().unwrap();
        process.until(|| self.is_ready());
        self.process = Some(process);
    }

    fn change_secret(&mut self, secret: &str) {
        self.stop();
        secret.clone_into(&mut self.secret);
        self.start();
    }

    fn events(&self) -> Vec<Event> {
        events_of(self.keys(BUCKET, "t/e"), |key| self.get(key))
    }
}
