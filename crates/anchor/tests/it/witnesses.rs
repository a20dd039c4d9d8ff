//! A witness in Python, `aics-witness`, which nobody here wrote: it grows with the log, refuses a fork, and says where
//! it is.

use std::process::Command;

use tallystick_anchor::{WitnessAnswer, WitnessClient, WitnessError};
use tallystick_merkle::{
    AddCheckpoint, Checkpoint, Hash, LeafHashes, SigningKey, VerifierKey, consistency_proof, leaf_hash,
    root_of,
};

use crate::components::{Process, free_ports, installed, now, run, to_loopback};

const ORIGIN: &str = "log.example/one";

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

#[tokio::test]
async fn aics_witness_grows_replays_and_refuses_a_fork() {
    let Some(program) = installed("aics-witness") else { return };
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("witness.json");
    let [port] = free_ports();
    let listen = format!("127.0.0.1:{port}");
    let with = |words: &[&str]| {
        let mut command = Command::new(&program);
        command.args(words).arg("-c").arg(&config).current_dir(dir.path());
        command
    };
    let told = run(&mut with(&["init", "--name", "witness.example/py1", "--listen", &listen]));
    let key = told.split_whitespace().find_map(|word| word.parse::<VerifierKey>().ok()).expect(&told);
    run(&mut with(&["add-log", "--origin", ORIGIN, "--vkey", &log_key().verifier_key().to_string()]));
    let mut process = Process::start(&mut with(&["serve"]));
    let url = format!("http://{listen}").parse().unwrap();
    let client = WitnessClient::new(to_loopback(), url, key).unwrap();
    process.until(async || client.latest(ORIGIN).await.is_ok()).await;

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
    let fork = client.add_checkpoint(&request(600, 601, b"other"), now()).await;
    assert!(matches!(fork, Err(WitnessError::Fork { .. })), "{fork:?}");
    let note = client.latest(ORIGIN).await.unwrap().unwrap();
    assert_eq!(Checkpoint::open(&note, log_key().verifier_key()).unwrap().size(), 600);
}
