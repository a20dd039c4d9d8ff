//! A witness over HTTP: each status of C2SP tlog-witness, and what monitors read.

use std::sync::Arc;

use reqwest::{Client, Response};
use tallystick_event::Clock;
use tallystick_merkle::{
    AddCheckpoint, Checkpoint, CosigningKey, LeafHashes, Note, NoteSignature, SigningKey, consistency_proof,
    leaf_hash, root_of,
};
use tallystick_server::witness::serve;
use tallystick_testkit::FixedClock;
use tallystick_witness::{Holder, Witness, add_log, create, origin_hash};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::harness::install_tls;

const ORIGIN: &str = "log.example/one";

struct Running {
    base: String,
    http: Client,
    clock: Arc<FixedClock>,
    _dir: TempDir,
}

fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, &[1; 32]).unwrap()
}

fn witness_key() -> CosigningKey {
    CosigningKey::new("witness.example/w", &[2; 32]).unwrap()
}

async fn start() -> Running {
    install_tls();
    let dir = TempDir::new().unwrap();
    create(dir.path(), &witness_key()).unwrap();
    add_log(dir.path(), log_key().verifier_key()).unwrap();
    let witness = Arc::new(Witness::open(dir.path(), Holder::this_process("", "")).unwrap());
    let clock = Arc::new(FixedClock::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let shared: Arc<dyn Clock> = clock.clone();
    tokio::spawn(serve(witness, shared, listener, std::future::pending()));
    Running { base, http: Client::builder().no_proxy().build().unwrap(), clock, _dir: dir }
}

impl Running {
    async fn add(&self, body: impl ToString) -> Response {
        let url = format!("{}/add-checkpoint", self.base);
        self.http.post(url).body(body.to_string()).send().await.unwrap()
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

fn request(old: u64, new: u64, salt: &[u8]) -> AddCheckpoint {
    let leaves: Vec<_> = (0..new).map(|n| leaf_hash(&[salt, &n.to_be_bytes()[..]].concat())).collect();
    let path = consistency_proof(old.min(new), new, &LeafHashes(&leaves)).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, new, root_of(&leaves)).unwrap();
    AddCheckpoint { old_size: old, path, checkpoint: checkpoint.sign(&log_key()).unwrap() }
}

#[tokio::test]
async fn each_status_of_the_specification() {
    let witness = start().await;
    assert_eq!(witness.add("old x\n").await.status(), 400);
    let answer = witness.add(request(0, 3, b"")).await;
    assert_eq!(answer.status(), 200);
    let lines = NoteSignature::parse_lines(&answer.text().await.unwrap()).unwrap();
    let mut note = request(0, 3, b"").checkpoint;
    for line in lines {
        note.add(line).unwrap();
    }
    let verified = note.verify(&[witness_key().verifier_key().clone()]).unwrap();
    assert_eq!(verified[0].time, Some(witness.clock.now_ms() as u64 / 1000));

    assert_eq!(witness.add(request(3, 7, b"")).await.status(), 200);
    let stale = witness.add(request(3, 9, b"")).await;
    assert_eq!(
        (stale.status().as_u16(), stale.headers()["content-type"].as_bytes()),
        (409, &b"text/x.tlog.size"[..])
    );
    assert_eq!(stale.text().await.unwrap(), "7\n");
    assert_eq!(witness.add(request(9, 7, b"")).await.status(), 400);
    assert_eq!(witness.add(request(7, 8, b"fork")).await.status(), 422);
    assert_eq!(witness.add(request(7, 7, b"fork")).await.status(), 422);
    assert_eq!(witness.add(request(7, 7, b"")).await.status(), 200, "asked for once more");

    let stranger = SigningKey::new("log.example/two", &[1; 32]).unwrap();
    let checkpoint = Checkpoint::new("log.example/two", 0, tallystick_merkle::empty_root()).unwrap();
    let mut unknown = request(0, 0, b"");
    unknown.checkpoint = checkpoint.sign(&stranger).unwrap();
    assert_eq!(witness.add(unknown).await.status(), 404);
    let thief = SigningKey::new(ORIGIN, &[9; 32]).unwrap();
    let mut forged = request(0, 0, b"");
    let checkpoint = Checkpoint::new(ORIGIN, 0, tallystick_merkle::empty_root()).unwrap();
    forged.checkpoint = checkpoint.sign(&thief).unwrap();
    assert_eq!(witness.add(forged).await.status(), 403);
    assert_eq!(witness.add("x".repeat(1_100_000)).await.status(), 400);
}

#[tokio::test]
async fn monitors_and_people_read() {
    let witness = start().await;
    let path = format!("/{}/checkpoint", hex::encode(origin_hash(ORIGIN)));
    assert_eq!(witness.get(&path).await.0, 404);
    assert_eq!(witness.add(request(0, 3, b"")).await.status(), 200);
    let (status, text) = witness.get(&path).await;
    assert_eq!(status, 200);
    let note: Note = text.parse().unwrap();
    assert_eq!(Checkpoint::open(&note, log_key().verifier_key()).unwrap().size(), 3);
    note.verify(&[witness_key().verifier_key().clone()]).unwrap();
    let (status, page) = witness.get("/").await;
    assert_eq!(status, 200);
    for part in [&witness_key().verifier_key().to_string(), ORIGIN, "size 3", &path] {
        assert!(page.contains(part), "{page}");
    }
    for path in ["/x/checkpoint", &path.to_uppercase().replace("CHECKPOINT", "checkpoint"), "/checkpoint"] {
        assert_eq!(witness.get(path).await.0, 404, "{path}");
    }
    assert_eq!(witness.get("/add-checkpoint").await.0, 405);
}

#[tokio::test]
async fn a_flood_is_stopped() {
    let witness = start().await;
    let mut statuses = Vec::new();
    for _ in 0..120 {
        statuses.push(witness.get("/").await.0);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 100, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&429));
    witness.clock.advance(1000);
    assert_eq!(witness.get("/").await.0, 200);
}
