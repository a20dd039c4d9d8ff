//! A service that has run for a while: its data as it was yesterday and as it is now, and what somebody outside knows
//! of it.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::Case;
use crate::{
    journal::{Sent, Writer},
    server::{Server, run, text},
};

/// Events of the log now; a hundred less yesterday.
pub(super) const EVENTS: u64 = 2_100;
/// Small segments, a directory that follows soon, and no compaction of what the attacks look for.
const VARIABLES: [(&str, &str); 2] =
    [("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "600"), ("TALLYSTICK_INTEGRITY__DIRECTORY_INTERVAL_S", "5")];
/// Events whose proofs are asked for, in all segments.
pub(super) const ASKED: [usize; 11] = [0, 1, 5, 299, 300, 301, 700, 1_300, 1_799, 1_950, 2_099];
/// What takes longer does not happen.
const TIME_MAX: Duration = Duration::from_mins(1);

/// How a start goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    /// Not at all, with these words.
    Refused(&'static [&'static str]),
    /// Nothing is written and nothing is signed; these words say why.
    ReadOnly(&'static [&'static str]),
    /// It runs, and proves nothing that is wrong: all of the events that are asked for, but not these.
    Runs(&'static [usize]),
    /// It runs on a forgery that is complete in itself.
    Deceived,
}

/// The data, and what is known of it outside.
pub(super) struct Base {
    /// As it is now.
    pub(super) dir: tempfile::TempDir,
    /// As it was before.
    pub(super) older: tempfile::TempDir,
    /// Pins of `tallystick verify log --state`.
    pins: tempfile::TempDir,
    /// Keys of the log and of the directory.
    keys: [String; 2],
    /// All events as they were answered, by seq.
    events: Vec<Value>,
    /// Proofs that were asked for, with their paths.
    published: Vec<(String, Vec<u8>)>,
}

impl Base {
    pub(super) fn new() -> Self {
        let [dir, older, pins] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let mut writer = Writer::new("acme", "w");
        let server = start(dir.path()).unwrap();
        server.api.make_org("acme");
        fill(&server, dir.path(), &mut writer, EVENTS - 100);
        server.stop();
        copy_folder(dir.path(), older.path());
        let server = start(dir.path()).unwrap();
        fill(&server, dir.path(), &mut writer, 100);
        let keys = ["acme", ""].map(|org| key_of(&server, org));
        let events = server.api.all_events("acme");
        let paths = [(1, 2_000), (1_024, 1_500), (2_000, 2_100)];
        let paths = paths.map(|(from, to)| format!("/v1/logs/acme/consistency?from={from}&to={to}"));
        let published =
            paths.into_iter().map(|path| (path.clone(), server.api.bytes(&path, "*/*").1)).collect();
        let base = Self { dir, older, pins, keys, events, published };
        let (status, told) = base.verify(&server, base.pins.path());
        assert_eq!(status, 0, "{told}");
        // What nobody has changed is proven, so that what is not later was changed.
        assert_eq!(base.proves_nothing_wrong("nothing", &server), ASKED, "not everything is proven");
        server.stop();
        base
    }

    /// A copy of the data to be changed.
    pub(super) fn copy(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(self.dir.path(), copy.path());
        copy
    }

    /// `tallystick verify log`, by somebody who remembers.
    fn verify(&self, server: &Server, pins: &Path) -> (i32, String) {
        let log = format!("{}/v1/logs/acme", server.api.base);
        let [log_key, directory_key] = &self.keys;
        let words =
            ["verify", "log", &log, "--key", log_key, "--key", directory_key, "--bearer", server.api.key()];
        let output = run(&[&words[..], &["--state", pins.to_str().unwrap()]].concat());
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    }

    /// Does it, and looks at what comes of it.
    pub(super) fn judge(&self, case: &Case) {
        let name = case.name;
        let copy = self.copy();
        (case.attack)(self, copy.path());
        let for_doctor = tempfile::tempdir().unwrap();
        copy_folder(copy.path(), for_doctor.path());
        match (start(copy.path()), case.start) {
            (Err(told), Start::Refused(words)) => has_words(name, &told, words),
            (Err(told), expected) => panic!("{name}: {expected:?}, but it does not start: {told}"),
            (Ok(_), Start::Refused(_)) => panic!("{name}: it starts"),
            (Ok(server), Start::ReadOnly(words)) => {
                is_read_only(name, &server, words);
                server.stop();
            }
            (Ok(server), expected @ (Start::Runs(_) | Start::Deceived)) => {
                let rolled_back = server.api.get("/v1/logs/acme/integrity").body["rolled_back"].clone();
                assert_eq!(rolled_back, Value::Array(Vec::new()), "{name}");
                if let Start::Runs(affected) = expected {
                    let proven = self.proves_nothing_wrong(name, &server);
                    let wanted: Vec<usize> =
                        ASKED.into_iter().filter(|seq| !affected.contains(seq)).collect();
                    assert_eq!(proven, wanted, "{name}");
                }
                let pins = tempfile::tempdir().unwrap();
                copy_folder(self.pins.path(), pins.path());
                let (status, told) = self.verify(&server, pins.path());
                assert_eq!(status, case.verify.0, "{name}: {told}");
                has_words(name, &told, case.verify.1);
                server.stop();
            }
        }
        let output = run(&["doctor", "--deep", "--data-dir", for_doctor.path().to_str().unwrap()]);
        let told = text(&output.stdout) + &text(&output.stderr);
        assert_eq!(output.status.code(), Some(case.deep.0), "{name}: {told}");
        has_words(name, &told, case.deep.1);
    }

    /// Whatever is proven of an event is what it said before, and so is what is shown of it, or it has no proof. The
    /// seqs of those that have one.
    pub(super) fn proves_nothing_wrong(&self, name: &str, server: &Server) -> Vec<usize> {
        let api = &server.api;
        let mut proven = Vec::new();
        for asked in ASKED {
            let right = &self.events[asked];
            let (id, seq) = (right["id"].as_str().unwrap(), &right["seq"]);
            let mut shown = api.get(&format!("/v1/events/{id}"));
            // One event comes with its sentence, which is not stored.
            let _ = shown.body.as_object_mut().and_then(|event| event.remove("sentence"));
            let (status, bytes) = api.bytes(&format!("/v1/events/{id}/proof"), "application/json");
            let is_proven = status == 200 && {
                let proof = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(proof.path(), &bytes).unwrap();
                let [log_key, directory_key] = &self.keys;
                let words = ["verify", "event", proof.path().to_str().unwrap(), "--key", log_key];
                run(&[&words[..], &["--key", directory_key]].concat()).status.code() == Some(0)
            };
            assert!(!is_proven || shown.body == *right, "{name}: seq {seq} is shown as {}", shown.body);
            proven.extend(is_proven.then_some(asked));
        }
        for (path, right) in &self.published {
            let (status, bytes) = api.bytes(path, "*/*");
            assert!(status != 200 || bytes == *right, "{name}: {path}");
        }
        proven
    }
}

fn has_words(name: &str, told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "{name}: {word:?} is not in {told}");
    }
}

fn is_read_only(name: &str, server: &Server, words: &[&str]) {
    let integrity = server.api.get("/v1/logs/acme/integrity");
    assert_eq!(integrity.status, 200, "{name}: {integrity:?}");
    has_words(name, &integrity.body["rolled_back"].to_string(), words);
    let event = serde_json::json!({"org": "acme", "action": "a.b", "actor": {"type": "t", "id": "1"}});
    let refused = server.api.post("/v1/events", &event);
    assert!(refused.status >= 500, "{name}: it takes events: {refused:?}");
    for path in ["checkpoint", "tile/0/000", "tile/entries/000", "consistency?from=1", "range?from=0&to=1"] {
        let (status, _) = server.api.bytes(&format!("/v1/logs/acme/{path}"), "*/*");
        assert_ne!(status, 200, "{name}: {path}");
    }
}

/// Starts a service on a directory; the error is what it said.
pub(super) fn start(dir: &Path) -> Result<Server, String> {
    Server::try_start(dir, &VARIABLES)
}

/// Sends events, and waits until they are sealed and the directory has a checkpoint over all of them.
fn fill(server: &Server, dir: &Path, writer: &mut Writer, events: u64) {
    for _ in 0..events / 100 {
        assert_eq!(writer.send(&server.api, 100, "zig zag"), Sent::Acknowledged);
    }
    let deadline = Instant::now() + TIME_MAX;
    let size = server.api.get("/v1/logs/acme/integrity").body["size"].clone();
    loop {
        let proof = server.api.get("/v1/logs/acme/directory").body;
        let covered = proof["checkpoint"].as_str().and_then(|note| note.lines().nth(1).map(str::to_owned));
        if covered == Some(size.to_string()) && segments(dir).len() == 3 {
            return;
        }
        assert!(Instant::now() < deadline, "the directory does not follow: {proof}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The key of an organization's log, or of the directory.
fn key_of(server: &Server, org: &str) -> String {
    let path = "/.well-known/tallystick-keys.json";
    let path = if org.is_empty() {
        path.to_owned()
    } else {
        let log = server.api.get(&format!("/v1/logs/{org}/integrity")).body["log"].clone();
        format!("{path}?log={}", log.as_str().unwrap())
    };
    server.api.get(&path).body["keys"][0]["vkey"].as_str().unwrap().to_owned()
}

/// The segment files, the oldest first.
pub(super) fn segments(dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir.join("segments")).unwrap().flatten().map(|entry| entry.path());
    let mut found: Vec<_> =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).collect();
    found.sort();
    found
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Changes one byte of a file.
pub(super) fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}
