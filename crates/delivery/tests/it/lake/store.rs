//! A store that speaks S3, with lakes in it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tallystick_destination::{Batch, BatchId, Destination, Media, Outcome, Record};
use tallystick_testkit::S3Store;

use super::rig::{STREAM, try_open};

const BUCKET: &str = "lakes";
/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);

pub(crate) struct Store {
    store: S3Store,
    _dir: tempfile::TempDir,
}

impl Store {
    pub(crate) async fn start() -> Store {
        let dir = tempfile::tempdir().unwrap();
        let store = Store { store: S3Store::start(dir.path()), _dir: dir };
        store.until_ready().await
    }

    /// Waits until the bucket is there; the store makes it for an administrator who puts something into it.
    async fn until_ready(mut self) -> Store {
        let started = Instant::now();
        let lake = self.lake("ready");
        let mut sent = made_up();
        loop {
            assert!(self.store.is_running(), "it ended by itself");
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
        let mut settings = self.settings(prefix);
        settings["place"] = json!("s3");
        try_open(settings, None).unwrap()
    }

    /// What a store has to be told to put things into its bucket.
    pub(crate) fn settings(&self, prefix: &str) -> Value {
        json!({ "bucket": BUCKET, "endpoint": self.store.endpoint(), "prefix": prefix,
            "access_key_id": S3Store::KEY, "secret_access_key": S3Store::SECRET })
    }

    /// For those who read it.
    pub(crate) fn place(&self, prefix: &str) -> Value {
        self.store.lake(BUCKET, prefix)
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
