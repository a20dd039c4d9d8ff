//! `tallystick witness` as others meet it: through the client that logs use, and killed while it signs.

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tallystick::seeded::Rng;
use tallystick_anchor::{WitnessAnswer, WitnessClient, WitnessError};
use tallystick_merkle::{
    AddCheckpoint, Checkpoint, Hash, LeafHashes, SigningKey, VerifierKey, consistency_proof, leaf_hash,
    root_of,
};
use tallystick_outbound::{Outbound, OutboundOptions, Plain};

use crate::server::{run, tallystick, text};

const ORIGIN: &str = "log.example/one";
const KILLS: usize = 12;

fn log_key() -> SigningKey {
    SigningKey::new(ORIGIN, &[1; 32]).unwrap()
}

fn leaves(size: u64, salt: &[u8]) -> Vec<Hash> {
    (0..size).map(|n| leaf_hash(&[salt, &n.to_be_bytes()[..]].concat())).collect()
}

fn request(old: u64, new: u64, salt: &[u8]) -> AddCheckpoint {
    let leaves = leaves(new, salt);
    let path = consistency_proof(old, new, &LeafHashes(&leaves)).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, new, root_of(&leaves)).unwrap();
    AddCheckpoint { old_size: old, path, checkpoint: checkpoint.sign(&log_key()).unwrap() }
}

#[expect(clippy::disallowed_methods, reason = "the other side has no clock to be set")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A running witness that watches the log.
struct Running {
    child: Child,
    client: WitnessClient,
    url: String,
}

impl Running {
    fn start(dir: &Path) -> Running {
        let mut command = tallystick();
        command.args(["witness", "serve", "--listen", "127.0.0.1:0", "--state-dir"]).arg(dir);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut key = None;
        for line in lines {
            if let Some(text) = line.strip_prefix("witness ") {
                key = Some(text.parse::<VerifierKey>().unwrap());
            } else if let Some(url) = line.strip_prefix("listening on ") {
                let options = OutboundOptions {
                    allow_private: true,
                    plain: Plain::Private,
                    ..OutboundOptions::default()
                };
                let outbound = Outbound::new(options).unwrap();
                let client = WitnessClient::new(outbound, url.parse().unwrap(), key.unwrap()).unwrap();
                return Running { child, client, url: url.to_owned() };
            }
        }
        panic!("no start: {}", child.wait().unwrap());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make(dir: &Path) {
    let state = dir.to_str().unwrap();
    let made = run(&["witness", "init", "--name", "witness.example/w1", "--state-dir", state]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = log_key().verifier_key().to_string();
    let added = run(&["witness", "add-log", &key, "--state-dir", state]);
    assert!(added.status.success(), "{}", text(&added.stderr));
}

#[tokio::test]
async fn a_log_grows_with_it_and_a_fork_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("w");
    make(&state);
    let again =
        run(&["witness", "init", "--name", "witness.example/w2", "--state-dir", state.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1), "a key is never replaced");
    let running = Running::start(&state);
    let client = &running.client;
    assert_eq!(client.latest(ORIGIN).await.unwrap(), None);
    for (old, new) in [(0, 300), (300, 600), (600, 600)] {
        let request = request(old, new, b"");
        let answer = client.add_checkpoint(&request, now()).await.unwrap();
        let WitnessAnswer::Cosigned(lines) = answer else { panic!("{answer:?}") };
        let mut note = request.checkpoint.clone();
        for line in lines {
            note.add(line).unwrap();
        }
        note.verify(&[client.key().clone(), log_key().verifier_key().clone()]).unwrap();
    }
    let stale = client.add_checkpoint(&request(300, 700, b""), now()).await.unwrap();
    assert_eq!(stale, WitnessAnswer::Stale { size: 600 });
    let show = || run(&["witness", "show", "--json", "--state-dir", state.to_str().unwrap()]);
    assert_eq!(show().status.code(), Some(0));
    let fork = client.add_checkpoint(&request(600, 600, b"other"), now()).await;
    assert!(matches!(fork, Err(WitnessError::Fork { .. })), "{fork:?}");
    let shown = show();
    assert_eq!(shown.status.code(), Some(5), "a fork is a finding");
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!((&shown["logs"][0]["size"], &shown["evidence"]["forks"]), (&600.into(), &1.into()));
    let note = client.latest(ORIGIN).await.unwrap().unwrap();
    assert_eq!(Checkpoint::open(&note, log_key().verifier_key()).unwrap().size(), 600);
    // The directory is taken.
    let second =
        run(&["witness", "serve", "--listen", "127.0.0.1:0", "--state-dir", state.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1), "{}", text(&second.stdout));
    assert!(text(&second.stderr).contains("is in use by process"), "{}", text(&second.stderr));
}

/// A log in Python asks our witness, with a client that nobody here wrote.
#[tokio::test]
async fn a_client_in_python_is_served() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/anchors-venv/bin/python");
    if !python.exists() {
        crate::server::not_tested("aics-witness", "cargo xtask anchors-setup");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let running = Running::start(dir.path());
    let proof: Vec<String> = request(300, 600, b"").path.iter().map(hex::encode).collect();
    let notes = [
        request(0, 300, b""),
        request(300, 600, b""),
        request(600, 600, b"other"),
        request(600, 601, b"other"),
    ];
    let notes: Vec<String> = notes.iter().map(|request| request.checkpoint.to_string()).collect();
    let given = serde_json::json!({
        "url": running.url,
        "key": running.client.key().to_string(),
        "notes": notes,
        "proof": proof,
    });
    let output = Command::new(python).args(["-c", PYTHON_CLIENT, &given.to_string()]).output().unwrap();
    assert_eq!(text(&output.stdout), "served\n", "{}", text(&output.stderr));
}

const PYTHON_CLIENT: &str = "
import json, sys
from aics_witness.feeder import WitnessClient, WitnessRejected, WitnessAhead
given = json.loads(sys.argv[1])
proof = lambda old, new: [bytes.fromhex(h) for h in given['proof']]
new = lambda: WitnessClient(given['url'], given['key'])
client = new()
client.submit(given['notes'][0], proof)
client.submit(given['notes'][1], proof)
# One that knows nothing is told the size, and asks again.
new().submit(given['notes'][1], proof)
try:
    new().submit(given['notes'][0], proof)
    sys.exit('an old checkpoint was cosigned')
except WitnessAhead:
    pass
for fork in given['notes'][2:]:
    try:
        client.submit(fork, proof)
        sys.exit('a fork was cosigned')
    except WitnessRejected as error:
        assert error.status == 422, error.status
print('served')
";

#[tokio::test]
async fn whatever_it_said_before_it_was_killed_it_still_says() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let mut rng = Rng::new(1);
    let said = AtomicU64::new(0);
    for _ in 0..KILLS {
        let mut running = Running::start(dir.path());
        let known = running.client.latest(ORIGIN).await.unwrap();
        let known = known.map(|note| Checkpoint::open(&note, log_key().verifier_key()).unwrap());
        let size = known.as_ref().map_or(0, Checkpoint::size);
        assert!(size >= said.load(Ordering::SeqCst), "it forgot");
        if let Some(known) = &known {
            assert_eq!(*known.root(), root_of(&leaves(size, b"")));
            // One more than what left, at most: that was stored when it was killed.
            assert!(size <= said.load(Ordering::SeqCst) + 1);
        }
        said.store(size, Ordering::SeqCst);
        let client = running.client.clone();
        let grow = async {
            loop {
                let old = said.load(Ordering::SeqCst);
                match client.add_checkpoint(&request(old, old + 1, b""), now()).await {
                    Ok(WitnessAnswer::Cosigned(_)) => said.store(old + 1, Ordering::SeqCst),
                    other => panic!("{other:?}"),
                }
            }
        };
        let alive = Duration::from_millis(rng.between(1, 120) as u64);
        let _ = tokio::time::timeout(alive, grow).await;
        running.child.kill().unwrap();
    }
    assert!(said.load(Ordering::SeqCst) > 0, "something was signed");
}
