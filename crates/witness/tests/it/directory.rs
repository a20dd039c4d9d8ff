//! The files of a witness: who may have them, what damage does, what evidence holds.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tallystick_merkle::{AddCheckpoint, Checkpoint, CosigningKey, Note, SigningKey};
use tallystick_witness::{
    CreateError, OpenError, Refusal, StateError, Witness, add_log, create, inspect, origin_hash,
};

use crate::history::{
    NOW, ORIGIN, SHARED, Side, body, holder, latest, log_key, make, request, start, witness_key,
};

#[test]
fn a_key_is_private_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("w");
    create(&dir, &witness_key()).unwrap();
    for (path, mode) in [(dir.clone(), 0o700), (dir.join("witness.key"), 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    let other = CosigningKey::new("witness.example/other", &[9; 32]).unwrap();
    assert!(matches!(create(&dir, &other), Err(CreateError::Exists { .. })));
    assert_eq!(inspect(&dir).unwrap().key, *witness_key().verifier_key());
}

#[test]
fn one_process_has_it_and_another_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let witness = start(dir.path());
    assert!(matches!(Witness::open(dir.path(), holder()), Err(OpenError::Lock(_))));
    inspect(dir.path()).unwrap();
    drop(witness);
    fs::write(dir.path().join("version"), "tallystick-witness 2\n").unwrap();
    assert!(matches!(Witness::open(dir.path(), holder()), Err(OpenError::Version { .. })));
}

#[test]
fn it_knows_after_a_restart_what_it_has_signed() {
    let dir = tempfile::tempdir().unwrap();
    let witness = start(dir.path());
    assert_eq!(latest(&witness), None);
    witness.add_checkpoint(&body(Side::Honest, 0, 7), NOW).unwrap();
    let known = latest(&witness);
    drop(witness);
    let witness = Witness::open(dir.path(), holder()).unwrap();
    assert_eq!(latest(&witness), known);
    let stale = witness.add_checkpoint(&body(Side::Honest, 0, 9), NOW);
    assert!(matches!(stale, Err(Refusal::Stale { latest: 7 })));
    // The clock was set back: what it says stays in order.
    witness.add_checkpoint(&body(Side::Honest, 7, 9), NOW - 100).unwrap();
    assert_eq!(witness.state().unwrap().logs[0].time, Some(NOW));
}

#[test]
fn a_damaged_file_stops_it() {
    let dir = tempfile::tempdir().unwrap();
    let witness = start(dir.path());
    witness.add_checkpoint(&body(Side::Honest, 0, 7), NOW).unwrap();
    drop(witness);
    let path = dir.path().join("latest").join(hex::encode(origin_hash(ORIGIN)));
    let text = fs::read_to_string(&path).unwrap();
    let swapped = request(Side::Forked, 0, 7).checkpoint.to_string();
    for damaged in [text.replace("\n7\n", "\n6\n"), String::new(), swapped] {
        fs::write(&path, damaged).unwrap();
        let error = Witness::open(dir.path(), holder()).unwrap_err();
        assert!(matches!(error, OpenError::State(StateError::Damaged { .. })), "{error:?}");
    }
    fs::write(&path, text).unwrap();
    Witness::open(dir.path(), holder()).unwrap();
}

#[test]
fn strangers_and_strange_signatures_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let witness = start(dir.path());
    let add = |body: &[u8]| witness.add_checkpoint(body, NOW);
    assert!(matches!(add(b"old 0\n"), Err(Refusal::Malformed(_))));
    assert!(matches!(add(b"\xff"), Err(Refusal::Malformed(_))));
    let stranger = SigningKey::new("log.example/two", &[5; 32]).unwrap();
    let checkpoint = Checkpoint::new("log.example/two", 0, tallystick_merkle::empty_root()).unwrap();
    let note = checkpoint.sign(&stranger).unwrap();
    let ask = |checkpoint: Note| AddCheckpoint { old_size: 0, path: vec![], checkpoint }.to_string();
    assert!(matches!(add(ask(note.clone()).as_bytes()), Err(Refusal::UnknownLog)));
    // A name that is watched, a key that is not.
    let false_key = SigningKey::new(ORIGIN, &[6; 32]).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, 0, tallystick_merkle::empty_root()).unwrap();
    let falsely = ask(checkpoint.sign(&false_key).unwrap());
    assert!(matches!(add(falsely.as_bytes()), Err(Refusal::Signature(_))));
    // The log changes its key: the new one is taken up while the witness runs, and unknown lines do not disturb.
    assert!(add_log(dir.path(), false_key.verifier_key()).unwrap());
    let mut both = request(Side::Honest, 0, 3);
    both.checkpoint.add(false_key.sign(both.checkpoint.unverified_text()).unwrap()).unwrap();
    both.checkpoint.add(note.signatures()[0].clone()).unwrap();
    add(both.to_string().as_bytes()).unwrap();
    let kept = witness.latest(&origin_hash(ORIGIN)).unwrap().unwrap();
    assert_eq!(kept.signatures().len(), 2, "the log's and the witness's");
}

#[test]
fn a_fork_is_kept_once_with_what_it_contradicts() {
    let dir = tempfile::tempdir().unwrap();
    let witness = start(dir.path());
    witness.add_checkpoint(&body(Side::Honest, 0, 8), NOW).unwrap();
    for _ in 0..2 {
        let fork = witness.add_checkpoint(&body(Side::Forked, 8, 8), NOW + 1);
        assert!(matches!(fork, Err(Refusal::Inconsistent(_))), "{fork:?}");
        let longer = witness.add_checkpoint(&body(Side::Forked, 8, 9), NOW + 1);
        assert!(matches!(longer, Err(Refusal::Inconsistent(_))), "{longer:?}");
    }
    let evidence = inspect(dir.path()).unwrap().evidence;
    assert_eq!((evidence.forks, evidence.unproven), (1, 1));
    let file = fs::read_dir(dir.path().join("evidence"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .find(|entry| entry.file_name().to_string_lossy().starts_with("fork-"))
        .unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    let asked = request(Side::Forked, 8, 8).to_string();
    let known = witness.latest(&origin_hash(ORIGIN)).unwrap().unwrap().to_string();
    let head = format!(
        "tallystick-witness-evidence 1\ntime {}\nrequest {}\nlatest {}\n\n",
        NOW + 1,
        asked.len(),
        known.len()
    );
    assert_eq!(text, format!("{head}{asked}{known}"));
}

#[test]
fn inspection_tells_sizes_without_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    assert_eq!(inspect(dir.path()).unwrap().logs[0].size, None);
    let witness = Witness::open(dir.path(), holder()).unwrap();
    witness.add_checkpoint(&body(Side::Honest, 0, SHARED), NOW).unwrap();
    let state = inspect(dir.path()).unwrap();
    assert_eq!((state.logs[0].size, state.logs[0].time), (Some(SHARED), Some(NOW)));
    assert_eq!(state.logs[0].key, *log_key().verifier_key());
}
