//! Policies, which users write themselves.

use tallystick_merkle::{CosigningKey, Policy, SigningKey, VerifierKey};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "merkle_policy", seeds, run };

fn seeds() -> Vec<Vec<u8>> {
    let log = |seed| SigningKey::new("log.example/1", &[seed; 32]).expect("a name that is allowed");
    let witness = |seed| CosigningKey::new("witness.example/1", &[seed; 32]).expect("a name that is allowed");
    let (l1, l2) = (log(1), log(2));
    let (w1, w2, w3) = (witness(3), witness(4), witness(5));
    let (w1, w2, w3) = (w1.verifier_key(), w2.verifier_key(), w3.verifier_key());
    let nested = format!(
        "# a policy\nlog {} https://log.example/\nlog {}\nwitness a {w1}\nwitness b {w2} https://b.example/\n\
         witness c {w3}\n\tgroup g 1 a b\ngroup h all g c\nquorum h\n",
        l1.verifier_key(),
        l2.verifier_key()
    );
    vec![nested.into_bytes(), b"quorum none\n".to_vec(), format!("witness a {w1}\nquorum a").into_bytes()]
}

fn run(input: &[u8]) {
    let Ok(policy) = Policy::parse(input) else { return };
    // More witnesses are never less, and all of them are always enough.
    let all: Vec<VerifierKey> = policy.witnesses().iter().map(|witness| witness.key.clone()).collect();
    let mut was_met = false;
    for count in 0..=all.len() {
        let is_met = policy.is_quorum(&all[..count]);
        assert!(is_met || !was_met, "one more witness undid the quorum");
        was_met = is_met;
    }
    assert!(was_met, "a quorum that all witnesses together do not meet");
}
