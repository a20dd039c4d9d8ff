//! Lakes of the real service, in a folder and in a bucket: the engines of others count and group the same events as the
//! API, before and after the service was killed in the middle of a file of each.

mod knife;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tallystick::seeded::Rng;
use tallystick_receivers::{LakeReaders, Receiver as _, Seaweed};

pub(crate) use self::knife::unfinished;
use self::knife::{Between, kill_in_folder};
use crate::server::{Api, Server};

/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(3);
const BATCH: usize = 1_000;
/// Events of a file that is large enough to be met in the middle.
const LARGE: usize = 20_000;
/// How often the service is killed until it was in the middle of a file.
const KILLS_MAX: usize = 10;

/// The service with its lakes, which outlive it.
struct Scene {
    data: PathBuf,
    folder: PathBuf,
    server: Option<Server>,
    written: usize,
}

impl Scene {
    fn new(root: &Path) -> Self {
        let (data, folder) = (root.join("data"), root.join("lakes"));
        std::fs::create_dir_all(&folder).unwrap();
        let mut scene = Self { data, folder, server: None, written: 0 };
        scene.start();
        scene.api().make_org("acme");
        scene
    }

    fn start(&mut self) {
        // One that was killed is waited for, and is gone then.
        self.server = None;
        let settings = [
            ("TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS", "true"),
            ("TALLYSTICK_STREAMS__LAKE_FOLDER", self.folder.to_str().unwrap()),
        ];
        self.server = Some(Server::try_start(&self.data, &settings).unwrap());
    }

    fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }

    fn api(&self) -> &Api {
        &self.server().api
    }

    /// Where the lake in the folder is.
    fn lake(&self) -> PathBuf {
        self.folder.join("org-acme/audit")
    }

    /// Writes events, or as many as it can before the service is killed: what counts is what the API has of them.
    fn write(&mut self, events: usize) {
        for first in (self.written..self.written + events).step_by(BATCH) {
            let batch: Vec<Value> = (first..first + BATCH).map(event).collect();
            match self.api().try_call("POST", "/v1/events", Some(json!(batch).to_string())) {
                Ok(answer) => assert_eq!(answer.status, 201, "{answer:?}"),
                Err(_) => break,
            }
        }
        self.written += events;
    }

    fn stream(&self, settings: &Value) -> String {
        let stream = json!({ "organization_id": "acme", "name": "Lake", "kind": "lake", "start_from": "beginning",
            "settings": settings });
        let made = self.api().post("/v1/streams", &stream);
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// Waits until streams have nothing more to send.
    fn drained(&self, streams: &[&str]) {
        let started = Instant::now();
        for id in streams {
            loop {
                let now = self.api().get(&format!("/v1/streams/{id}")).body;
                if now["health"]["lag_events"] == 0 {
                    break;
                }
                assert!(started.elapsed() < PATIENCE, "it does not get there: {now}");
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// What the API counts and groups, by the names of the engines' questions.
    fn counted(&self) -> BTreeMap<&'static str, Vec<String>> {
        let count = self.api().get("/v1/count?org=acme").body;
        assert_eq!(count["exact"], true, "{count}");
        let count = &count["count"];
        let mut counted = BTreeMap::from([("rows", vec![json!([count, count]).to_string()])]);
        for (question, field) in [
            ("actions", "action"),
            ("outcomes", "outcome"),
            ("actor_ids", "actor.id"),
            ("targets", "target.type"),
        ] {
            let facets = self.api().get(&format!("/v1/facets?org=acme&field={field}&limit=100")).body;
            assert_eq!(facets["exact"], true, "{facets}");
            let groups = facets["values"].as_array().unwrap();
            assert!(groups.len() > 1 && groups.len() < 100, "{facets}");
            let rows = groups.iter().map(|one| json!([one["value"], one["count"]]).to_string());
            counted.insert(question, sorted(rows));
        }
        counted
    }
}

fn event(number: usize) -> Value {
    // Not to be compressed to nothing: a file should take its time.
    let note = Rng::new(number as u64).hex(160);
    json!({
        "org": "acme",
        "action": (["invoice.created", "invoice.updated", "user.invited"][number % 3]),
        "outcome": (["success", "failure", "denied", "success"][number % 4]),
        "occurred_at": format!("2026-11-{:02}T08:{:02}:00.000Z", 1 + number % 20, number % 60),
        "actor": { "type": "user", "id": format!("u_{}", number % 9), "name": format!("Person {}", number % 9) },
        "targets": [{ "type": (["invoice", "user"][number % 2]), "id": format!("t_{number}") }],
        "metadata": { "number": number, "note": note },
    })
}

fn sorted(rows: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

/// Every engine says of a lake what the API says of the log.
fn compare(
    counted: &BTreeMap<&str, Vec<String>>,
    readers: &mut LakeReaders,
    engines: &[&str],
    place: &Value,
) {
    let answers = readers.ask(engines, place);
    for engine in engines {
        for (question, rows) in counted {
            let Some(found) = answers[*engine][*question].as_array() else {
                assert!(*engine == "arrow", "{engine} does not say {question}");
                continue;
            };
            let found = sorted(found.iter().map(Value::to_string));
            assert_eq!(&found, rows, "{engine} on {place}: {question}");
        }
    }
}

#[test]
fn the_engines_of_others_count_what_the_api_counts_also_after_a_kill_in_the_middle_of_a_file() {
    let root = tempfile::tempdir().unwrap();
    let store = Seaweed::start();
    let between = Between::start(store.port());
    let mut scene = Scene::new(root.path());
    scene.write(3_000);
    let in_folder = scene.stream(&json!({ "place": "folder", "path": "audit", "linger_s": 1 }));
    let mut settings = store.settings_by(between.port());
    for (name, value) in [("place", json!("s3")), ("prefix", json!("audit")), ("linger_s", json!(1))] {
        settings[name] = value;
    }
    let in_bucket = scene.stream(&settings);
    let streams = [in_folder.as_str(), in_bucket.as_str()];
    let (folder, bucket) = (json!({ "folder": scene.lake() }), store.lake("audit"));
    let mut readers = LakeReaders::start();
    let mut compare_all = |scene: &Scene| {
        scene.drained(&streams);
        let counted = scene.counted();
        compare(&counted, &mut readers, &["duckdb", "chdb", "spark"], &folder);
        compare(&counted, &mut readers, &["duckdb", "chdb", "spark", "arrow"], &bucket);
    };
    compare_all(&scene);

    let mut kills = 0;
    loop {
        kills += 1;
        assert!(kills <= KILLS_MAX, "no kill was in the middle of a file");
        let (pid, lake) = (scene.server().pid(), scene.lake());
        let knife = std::thread::spawn(move || kill_in_folder(pid, &lake));
        scene.write(LARGE);
        let is_in_the_middle = knife.join().unwrap();
        scene.start();
        if is_in_the_middle {
            break;
        }
    }
    println!("killed {kills} times in the folder");
    compare_all(&scene);
    assert!(unfinished(&scene.lake()).is_empty(), "the next attempt has made the file whole");

    between.kill_in_next_file(scene.server().pid());
    scene.write(2_000);
    between.until_killed();
    scene.start();
    compare_all(&scene);
}
