//! A service with a log that is large enough to have three levels of tiles, and what it publishes of it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tallystick_merkle::{SigningKey, VerifierKey, bundles_between, tiles_between};

use crate::server::Server;

/// Sizes at which a checkpoint is kept: around the borders of tiles of each level.
pub(super) const SIZES: [u64; 8] = [1, 255, 256, 257, 4_096, 65_535, 65_536, 70_001];
/// Leaves that are proven.
pub(super) const INDEXES: [u64; 11] = [0, 1, 254, 255, 256, 4_095, 4_096, 65_534, 65_535, 65_536, 70_000];
/// Events after which a segment is sealed.
const TAIL_EVENTS: &str = "9000";
/// Events in one call.
const BATCH: u64 = 5_000;
const ORG: &str = "acme";
/// A checkpoint that takes longer does not come.
const CHECKPOINT_TIME_MAX: Duration = Duration::from_mins(1);

/// The service and what is known of its log.
pub(super) struct Log {
    pub(super) server: Server,
    dir: tempfile::TempDir,
    pub(super) key: VerifierKey,
    /// Notes, by [`SIZES`].
    pub(super) notes: Vec<String>,
    /// Id of the event of each leaf.
    ids: Vec<String>,
}

/// An event's proof as it is handed out.
pub(super) struct Proof {
    pub(super) index: u64,
    pub(super) note: String,
    pub(super) hashes: Vec<String>,
    pub(super) leaf: Vec<u8>,
    pub(super) record: Value,
}

impl Log {
    /// Starts a service and fills a log step by step.
    pub(super) fn fill() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // Public, as some programs cannot send a key.
        let variables =
            [("TALLYSTICK_LOG__TAIL_EVENTS_MAX", TAIL_EVENTS), ("TALLYSTICK_INTEGRITY__PUBLIC", "true")];
        let server = Server::try_start(dir.path(), &variables).unwrap();
        server.api.make_org(ORG);
        let key = server.api.log_key(ORG).parse().unwrap();
        let mut filled = Self { server, dir, key, notes: Vec::new(), ids: Vec::new() };
        for size in SIZES {
            filled.grow(size);
            let note = filled.checkpoint(size);
            filled.notes.push(note);
        }
        filled
    }

    fn grow(&mut self, size: u64) {
        while (self.ids.len() as u64) < size {
            let from = self.ids.len() as u64;
            let batch: Value = (from..size.min(from + BATCH)).map(event).collect();
            let answer = self.server.api.post("/v1/events", &batch);
            assert_eq!(answer.status, 201, "{answer:?}");
            let stored = answer.body["events"].as_array().unwrap();
            self.ids.extend(stored.iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        }
    }

    /// Waits for the checkpoint of a size.
    fn checkpoint(&self, size: u64) -> String {
        let deadline = Instant::now() + CHECKPOINT_TIME_MAX;
        loop {
            if let (200, note) = self.server.api.bytes(&format!("/v1/logs/{ORG}/checkpoint"), "*/*") {
                let note = String::from_utf8(note).unwrap();
                if super::cases::size_of(&note) == size {
                    return note;
                }
            }
            assert!(Instant::now() < deadline, "no checkpoint of {size}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The newest note.
    pub(super) fn note(&self) -> &str {
        self.notes.last().unwrap()
    }

    /// Its size.
    pub(super) fn size() -> u64 {
        *SIZES.last().unwrap()
    }

    /// Where it is published.
    pub(super) fn url(&self) -> String {
        format!("{}/v1/logs/{ORG}", self.server.api.base)
    }

    /// The key that the service signs with, as its thief has it.
    pub(super) fn stolen_key(&self) -> SigningKey {
        let text = std::fs::read_to_string(self.dir.path().join("keys/log.keys")).unwrap();
        let secret = STANDARD.decode(text.lines().nth(1).unwrap().rsplit(' ').next().unwrap()).unwrap();
        let seed = Sha256::new().chain_update("alog/log-key/v1\n").chain_update(secret);
        let seed: [u8; 32] = seed.chain_update(self.key.name()).finalize().into();
        let key = SigningKey::new(self.key.name(), &seed).unwrap();
        assert_eq!(*key.verifier_key(), self.key);
        key
    }

    fn get(&self, path: &str, accept: &str) -> Vec<u8> {
        let (status, bytes) = self.server.api.bytes(path, accept);
        assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&bytes));
        bytes
    }

    /// The proof of a leaf in the tree of a size.
    pub(super) fn proof(&self, index: u64, size: u64) -> Proof {
        let path = format!("/v1/events/{}/proof?size={size}", self.ids[index as usize]);
        let text = String::from_utf8(self.get(&path, "text/plain")).unwrap();
        let (head, note) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
        assert_eq!(lines.next(), Some(format!("index {index}").as_str()));
        let json: Value = serde_json::from_slice(&self.get(&path, "application/json")).unwrap();
        let leaf = STANDARD.decode(json["record"]["leaf"].as_str().unwrap()).unwrap();
        let hashes = lines.map(str::to_owned).collect();
        Proof { index, note: note.to_owned(), hashes, leaf, record: json["record"].clone() }
    }

    /// The proof that the tree of one size continues that of another.
    pub(super) fn consistency(&self, from: u64, to: u64) -> Vec<String> {
        let path = format!("/v1/logs/{ORG}/consistency?from={from}&to={to}");
        String::from_utf8(self.get(&path, "*/*")).unwrap().lines().map(str::to_owned).collect()
    }

    /// Writes the newest checkpoint, all its tiles and all its bundles into a folder.
    pub(super) fn mirror(&self, folder: &Path) {
        let tiles = tiles_between(0, Self::size()).map(|tile| tile.to_string());
        let bundles = bundles_between(0, Self::size()).map(|bundle| bundle.to_string());
        for path in tiles.chain(bundles) {
            let bytes = self.get(&format!("/v1/logs/{ORG}/{path}"), "*/*");
            let file = folder.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, bytes).unwrap();
        }
        std::fs::write(folder.join("checkpoint"), self.note()).unwrap();
    }
}

/// Events with what canonical JSON has rules for: escapes, other scripts, numbers, nesting, order of names.
fn event(number: u64) -> Value {
    let text = ["plain", "\u{7}\u{8}\"\\/\n", "Zoë \u{1f510} 東京", "\u{2028}\u{e000}\u{10000}"];
    json!({
        "org": ORG, "action": "document.shared",
        "actor": {"type": "user", "id": format!("u_{}", number % 97), "name": text[number as usize % 4]},
        "metadata": {
            "n": number, "fraction": number as f64 / 8.0, "negative": -(number as i64), "tiny": 1e-7, "none": null,
            "\u{20ac}": "\r", "\u{1f600}": [], "nested": [{"b": true, "a": {}}], "text": text[number as usize / 4 % 4],
        },
    })
}
