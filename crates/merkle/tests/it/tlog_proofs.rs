//! Proofs to carry away: made, read, checked alone and by a policy, and refused.

use tallystick_merkle::{
    Checkpoint, LeafHashes, OutsideTree, Policy, PolicyRefusal, ProofError, TlogProof, TlogProofError,
    TlogProofRefusal, inclusion_proof, leaf_hash,
};

use crate::checkpoints::{LOG_KEY, ORIGIN, TIME, WITNESS_KEY, log_key, witness_key};
use crate::tree::{entry, leaves, root_hash};

pub(crate) fn proof(index: u64, size: u64, is_cosigned: bool) -> TlogProof {
    let leaves = leaves(size as usize);
    let checkpoint = Checkpoint::new(ORIGIN, size, root_hash(&leaves)).unwrap();
    let mut note = checkpoint.sign(&log_key()).unwrap();
    if is_cosigned {
        note.add(witness_key().cosign(&checkpoint, TIME).unwrap()).unwrap();
    }
    let path = inclusion_proof(index, size, &LeafHashes(&leaves)).unwrap();
    TlogProof { extra: Vec::new(), index, path, checkpoint: note }
}

#[test]
fn a_proof_has_the_form_of_the_specification() {
    let mut proof = proof(1, 3, false);
    let text = proof.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["c2sp.org/tlog-proof@v1", "index 1"]);
    assert_eq!(lines[4..7], ["", ORIGIN, "3"]);
    assert_eq!(text.parse(), Ok(proof.clone()));
    proof.extra = b"more".to_vec();
    assert_eq!(proof.to_string().lines().nth(1), Some("extra bW9yZQ=="));
    assert_eq!(proof.to_string().parse(), Ok(proof));
}

#[test]
fn a_proof_holds_for_its_entry_only() {
    let log = LOG_KEY.parse().unwrap();
    for size in 1..40 {
        for index in 0..size {
            let proof = proof(index, size, false);
            assert_eq!(proof.verify(&leaf_hash(&entry(index)), &log).unwrap().size(), size);
            let other = proof.verify(&leaf_hash(&entry(index + 1)), &log);
            assert_eq!(other, Err(ProofError::Root.into()));
            let moved = TlogProof { index: index + 1, ..proof };
            assert!(moved.verify(&leaf_hash(&entry(index)), &log).is_err());
        }
    }
}

#[test]
fn a_policy_asks_for_witnesses() {
    let policy = format!("log {LOG_KEY}\nwitness w1 {WITNESS_KEY}\nquorum w1\n");
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let leaf = leaf_hash(&entry(4));
    let trusted = proof(4, 9, true).verify_by(&leaf, &policy).unwrap();
    assert_eq!((trusted.checkpoint.size(), trusted.log, trusted.cosignatures), (9, 0, vec![(0, TIME)]));
    let unwitnessed = proof(4, 9, false).verify_by(&leaf, &policy);
    assert_eq!(unwitnessed, Err(PolicyRefusal::NoQuorum { cosigned: 0 }.into()));
    let other_entry = proof(4, 9, true).verify_by(&leaf_hash(&entry(5)), &policy);
    assert_eq!(other_entry, Err(ProofError::Root.into()));
    let outside = TlogProof { index: 9, ..proof(4, 9, true) }.verify_by(&leaf, &policy);
    let expected = ProofError::Outside(OutsideTree::Leaf { index: 9, size: 9 });
    assert_eq!(outside, Err(TlogProofRefusal::Path(expected)));
}

#[test]
fn malformed_proofs_are_refused() {
    use TlogProofError::{Checkpoint as BadCheckpoint, Extra, Header, Index, Path, PathEnd, TooLong};
    let good = proof(1, 3, true).to_string();
    let parse = |text: &str| text.parse::<TlogProof>().err();
    assert_eq!(parse(&good), None);
    assert_eq!(parse(""), Some(Header));
    assert_eq!(parse(&good.replace("@v1", "@v2")), Some(Header));
    assert_eq!(parse(&good.replace("@v1\n", "@v1 \n")), Some(Header));
    assert_eq!(parse("c2sp.org/tlog-proof@v1\n"), Some(Index));
    for bad in ["index 01\n", "index\n", "index -1\n", "Index 1\n", "index 1 \n", "\n"] {
        assert_eq!(parse(&good.replace("index 1\n", bad)), Some(Index), "{bad:?}");
    }
    for bad in ["extra \nindex 1\n", "extra ?\nindex 1\n", "extra QQ\nindex 1\n"] {
        assert_eq!(parse(&good.replace("index 1\n", bad)), Some(Extra), "{bad:?}");
    }
    assert_eq!(parse(&good.replace("index 1\n", "index 1\nextra QQ==\n")), Some(Path { number: 0 }));
    assert_eq!(parse(&good.replace("index 1\n", "extra QQ==\nextra QQ==\nindex 1\n")), Some(Index));
    let hash = format!("{}\n", good.lines().nth(2).unwrap());
    assert_eq!(parse(&good.replace("index 1\n", &format!("index 1\n{}", hash.repeat(62)))), None);
    assert_eq!(parse(&good.replace("index 1\n", &format!("index 1\n{}", hash.repeat(63)))), Some(PathEnd));
    assert_eq!(parse("c2sp.org/tlog-proof@v1\nindex 1\n"), Some(PathEnd));
    // A second empty line is part of the note, which is no checkpoint then.
    let shifted: TlogProof =
        good.replace(&format!("\n\n{ORIGIN}"), &format!("\n\n\n{ORIGIN}")).parse().unwrap();
    assert!(shifted.verify(&leaf_hash(&entry(1)), &LOG_KEY.parse().unwrap()).is_err());
    assert!(matches!(parse(good.trim_end()), Some(BadCheckpoint(_))));
    assert!(matches!(parse("c2sp.org/tlog-proof@v1\nindex 1\n\n"), Some(BadCheckpoint(_))));
    assert!(matches!(parse(&"a".repeat(2_000_000)), Some(TooLong { bytes: 2_000_000 })));
    let extra = TlogProof { extra: vec![7; 65_536], ..proof(1, 3, true) };
    assert_eq!(extra.to_string().parse(), Ok(extra.clone()));
    let extra = TlogProof { extra: vec![7; 65_537], ..extra };
    assert_eq!(parse(&extra.to_string()), Some(Extra));
}
