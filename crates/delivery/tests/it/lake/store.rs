//! A store that speaks S3, SeaweedFS, and the Python with the engines that read from it.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use serde_json::json;
use tallystick_destination::{Batch, BatchId, Destination, Media, Outcome, Record};

use super::rig::{STREAM, try_open};

const KEY: &str = "AKIATESTADMIN";
const SECRET: &str = "a-secret-of-an-admin";
const BUCKET: &str = "lakes";
/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);

/// A program of the environment that `cargo xtask streams-setup` makes.
fn installed(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = std::env::var_os("TALLYSTICK_STREAMS_VENV")
        .map_or_else(|| root.join("target/streams-venv"), PathBuf::from);
    let path = venv.join("bin").join(name);
    assert!(path.exists(), "{} is not there: run `cargo xtask streams-setup`", path.display());
    path
}

pub(crate) fn python() -> PathBuf {
    installed("python")
}

pub(crate) struct Store {
    process: Child,
    _dir: tempfile::TempDir,
    endpoint: String,
}

impl Store {
    pub(crate) async fn start() -> Store {
        let dir = tempfile::tempdir().unwrap();
        let admin = json!({ "name": "admin", "credentials": [{ "accessKey": KEY, "secretKey": SECRET }],
            "actions": ["Admin", "Read", "Write", "List"] });
        fs::write(dir.path().join("s3.json"), json!({ "identities": [admin] }).to_string()).unwrap();
        fs::create_dir(dir.path().join("data")).unwrap();
        let mut command = Command::new(installed("weed"));
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
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let store = Store { process, _dir: dir, endpoint: format!("http://127.0.0.1:{s3}") };
        store.until_ready().await
    }

    /// Waits until the bucket is there; the store makes it for an administrator who puts something into it.
    async fn until_ready(mut self) -> Store {
        let started = Instant::now();
        let lake = self.lake("ready");
        let mut sent = made_up();
        loop {
            assert!(self.process.try_wait().unwrap().is_none(), "it ended by itself");
            let answer = lake.send(&sent).await;
            if answer.outcome == Outcome::Delivered {
                return self;
            }
            assert!(started.elapsed() < START_TIME_MAX, "not ready: {}", answer.detail);
            tokio::time::sleep(Duration::from_millis(100)).await;
            sent.now_ms = now_ms();
        }
    }

    /// A lake in a bucket of it.
    pub(crate) fn lake(&self, prefix: &str) -> Box<dyn Destination> {
        let settings = json!({ "place": "s3", "bucket": BUCKET, "endpoint": self.endpoint, "prefix": prefix,
            "access_key_id": KEY, "secret_access_key": SECRET });
        try_open(settings, None).unwrap()
    }

    /// For `lake_readers.py`.
    pub(crate) fn arguments(&self, prefix: &str) -> [String; 6] {
        ["s3", &self.endpoint, BUCKET, prefix, KEY, SECRET].map(str::to_owned)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A batch of an event that is in no log, as a trial sends it.
fn made_up() -> Batch {
    let event = bytes::Bytes::from_static(br#"{"id":"evt_test","seq":0,"action":"audit.stream.test"}"#);
    let now_ms = now_ms();
    let record = Record {
        seq: 0,
        event_id: "evt_test".to_owned(),
        leaf_hash: [0; 32],
        occurred_ms: now_ms,
        received_ms: now_ms,
        action: "audit.stream.test".to_owned(),
        is_failure: false,
        bytes: event.clone(),
        native: event,
    };
    Batch {
        id: BatchId::of(STREAM, "test", 0, 0, ""),
        stream: STREAM.to_owned(),
        org: "test".to_owned(),
        log: "test".to_owned(),
        first_seq: 0,
        last_seq: 0,
        media: Media::Json,
        records: vec![record],
        now_ms,
    }
}

/// Unix ms now: the store has the real clock, and looks at when a request was signed.
#[expect(clippy::disallowed_methods, reason = "the other side has no clock to be set")]
pub(crate) fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

/// A port of loopback that nothing listens on now, from a range in which 10,000 more is a port too.
fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    let begin = 20_000 + (std::process::id() % 2_500) as u16 * 10;
    loop {
        let port = begin + TAKEN.fetch_add(1, Ordering::SeqCst);
        let both = (TcpListener::bind(("127.0.0.1", port)), TcpListener::bind(("127.0.0.1", port + 10_000)));
        if both.0.is_ok() && both.1.is_ok() {
            return port;
        }
    }
}
