//! What a witness is sent and what it does with it: grow, idle, replay, fork, and everything malformed.

use tallystick_merkle::{
    AddCheckpoint, AddCheckpointError, AddCheckpointRefusal, Checkpoint, LeafHashes, NoteSignature,
    SigningKey, consistency_proof, latest_size,
};

use crate::checkpoints::{ORIGIN, TIME, log_key, witness_key};
use crate::tree::{leaves, root_hash};

fn checkpoint(size: usize) -> Checkpoint {
    Checkpoint::new(ORIGIN, size as u64, root_hash(&leaves(size))).unwrap()
}

fn request(old: usize, new: usize) -> AddCheckpoint {
    let path = consistency_proof(old as u64, new as u64, &LeafHashes(&leaves(new))).unwrap();
    AddCheckpoint { old_size: old as u64, path, checkpoint: checkpoint(new).sign(&log_key()).unwrap() }
}

#[test]
fn a_log_that_grows_is_cosigned() {
    let mut latest: Option<Checkpoint> = None;
    for (old, new) in [(0, 0), (0, 1), (1, 1), (1, 300), (300, 600), (600, 600)] {
        let request = request(old, new);
        assert_eq!(request.to_string().parse(), Ok(request.clone()));
        let checked = request.check(log_key().verifier_key(), latest.as_ref()).unwrap();
        let mut note = request.checkpoint.clone();
        let answer = format!("{}\n", witness_key().cosign(&checked, TIME).unwrap());
        for line in NoteSignature::parse_lines(&answer).unwrap() {
            note.add(line).unwrap();
        }
        assert!(note.verify(&[witness_key().verifier_key().clone()]).is_ok());
        latest = Some(checked);
    }
}

#[test]
fn what_a_witness_must_not_cosign_is_refused() {
    let log = log_key();
    let key = log.verifier_key();
    let latest = checkpoint(300);
    let check = |request: &AddCheckpoint| request.check(key, Some(&latest)).unwrap_err();
    let stale = |old_size| AddCheckpointRefusal::Stale { old_size, latest: 300 };
    assert_eq!(check(&request(0, 600)), stale(0), "a replay");
    assert_eq!(check(&request(299, 600)), stale(299));
    let mut order = request(300, 600);
    order.old_size = 601;
    assert_eq!(check(&order), AddCheckpointRefusal::Order { old_size: 601, size: 600 });

    let mut proof = request(300, 600);
    proof.path.swap(0, 1);
    assert!(matches!(check(&proof), AddCheckpointRefusal::Inconsistent(_)));
    // A fork: another history of the same length as the witness knows, and a longer one.
    let mut other = leaves(601);
    other[299] = [0; 32];
    for (size, path) in [(300, vec![]), (601, consistency_proof(300, 601, &LeafHashes(&other)).unwrap())] {
        let forked = Checkpoint::new(ORIGIN, size, root_hash(&other[..size as usize])).unwrap();
        let fork = AddCheckpoint { old_size: 300, path, checkpoint: forked.sign(&log).unwrap() };
        assert!(matches!(check(&fork), AddCheckpointRefusal::Inconsistent(_)), "at {size}");
    }
    // Somebody else's signature, and none of the log's.
    let stranger = SigningKey::new(ORIGIN, &[9; 32]).unwrap();
    let forged = AddCheckpoint { checkpoint: checkpoint(600).sign(&stranger).unwrap(), ..request(300, 600) };
    assert!(matches!(check(&forged), AddCheckpointRefusal::Checkpoint(_)));
    let first = request(300, 600).check(key, None).unwrap_err();
    assert_eq!(first, AddCheckpointRefusal::Stale { old_size: 300, latest: 0 });
}

#[test]
fn malformed_requests_are_refused() {
    use AddCheckpointError::{Checkpoint as BadCheckpoint, OldSize, Path, PathEnd, TooLong};
    let good = request(300, 600).to_string();
    let parse = |text: &str| text.parse::<AddCheckpoint>().err();
    assert_eq!(parse(&good), None);
    for bad in ["", "300", "old", "old \n\n", "old 0300\n", "old  300\n", "Old 300\n", "old 300 \n"] {
        let text = if bad.is_empty() { String::new() } else { good.replacen("old 300\n", bad, 1) };
        assert_eq!(parse(&text), Some(OldSize), "{bad:?}");
    }
    assert_eq!(parse("old 0"), Some(OldSize));
    assert_eq!(parse(&good.replace("old 300\n", "old 300\nAAAA\n")), Some(Path { number: 0 }));
    let hash = format!("{}\n", good.lines().nth(1).unwrap());
    let with = |count: usize| format!("old 300\n{}\n{}", hash.repeat(count), request(300, 600).checkpoint);
    assert_eq!(parse(&with(63)), None);
    assert_eq!(parse(&with(64)), Some(PathEnd));
    assert_eq!(parse("old 0\n"), Some(PathEnd));
    assert!(matches!(parse("old 0\n\n"), Some(BadCheckpoint(_))));
    assert!(matches!(parse(&"a".repeat(1_100_000)), Some(TooLong { bytes: 1_100_000 })));
}

#[test]
fn the_answer_of_a_conflict_is_a_size() {
    assert_eq!(latest_size("600\n"), Some(600));
    for bad in ["", "600", "600\n\n", "0600\n", " 600\n", "600\r\n"] {
        assert_eq!(latest_size(bad), None, "{bad:?}");
    }
}
