//! Policies: the example of the specification, every fault with its line, and quorums against a plain definition.

use proptest::prelude::*;
use tallystick_merkle::limits::POLICY_ITEMS_MAX;
use tallystick_merkle::{
    Checkpoint, CosigningKey, KeyError, KeyType, Note, OpenError, Policy, PolicyError, PolicyFault,
    PolicyRefusal, SignatureError, SigningKey, VerifierKey,
};

fn log(number: u8) -> SigningKey {
    SigningKey::new(&format!("log{number}.example"), &[number; 32]).unwrap()
}

fn witness(number: u8) -> CosigningKey {
    CosigningKey::new(&format!("w{number}.example"), &[100 + number; 32]).unwrap()
}

fn log_line(number: u8) -> String {
    format!("log {}\n", log(number).verifier_key())
}

fn witness_line(name: &str, number: u8) -> String {
    format!("witness {name} {}\n", witness(number).verifier_key())
}

fn parse(text: &str) -> Policy {
    Policy::parse(text.as_bytes()).unwrap()
}

/// The example of the specification: two of three, and one of three others.
fn example() -> Policy {
    let mut text = log_line(1) + "\n";
    for (number, name) in ["X1", "X2", "X3"].iter().enumerate() {
        text += &witness_line(name, number as u8);
    }
    text += "group X-witnesses 2 X1 X2 X3\n\n";
    for (number, name) in ["Y1", "Y2", "Y3"].iter().enumerate() {
        text += &witness_line(name, 3 + number as u8);
    }
    parse(
        &(text
            + "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"),
    )
}

/// The checkpoint of log 1, cosigned by these witnesses.
fn cosigned(witnesses: &[u8]) -> Note {
    let checkpoint = Checkpoint::new("log1.example", 5, [5; 32]).unwrap();
    let mut note = checkpoint.sign(&log(1)).unwrap();
    for number in witnesses {
        note.add(witness(*number).cosign(&checkpoint, 1000 + u64::from(*number)).unwrap()).unwrap();
    }
    note
}

#[test]
fn the_example_of_the_specification_decides_as_it_says() {
    let policy = example();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (1, 6));
    for set in 0..64u8 {
        let members: Vec<u8> = (0..6).filter(|number| set >> number & 1 == 1).collect();
        let expected = (set & 7).count_ones() >= 2 && set >> 3 != 0;
        let keys: Vec<VerifierKey> =
            members.iter().map(|number| witness(*number).verifier_key().clone()).collect();
        assert_eq!(policy.is_quorum(&keys), expected, "{members:?}");
        let opened = policy.open(&cosigned(&members));
        match opened {
            Ok(trusted) => {
                assert!(expected);
                let times: Vec<_> =
                    members.iter().map(|number| (usize::from(*number), 1000 + u64::from(*number))).collect();
                assert_eq!((trusted.log, trusted.cosignatures), (0, times));
            }
            Err(refusal) => {
                assert!(!expected);
                assert_eq!(refusal, PolicyRefusal::NoQuorum { cosigned: members.len() });
            }
        }
    }
}

#[test]
fn who_is_not_in_the_policy_counts_for_nothing() {
    let policy = example();
    // Strangers, and the same witness twice.
    assert_eq!(policy.open(&cosigned(&[0, 7, 8, 3])), Err(PolicyRefusal::NoQuorum { cosigned: 2 }));
    let twice = policy.open(&cosigned(&[0, 0, 3]));
    assert_eq!(twice, Err(PolicyRefusal::NoQuorum { cosigned: 2 }));
    assert_eq!(policy.open(&cosigned(&[0, 0, 1, 3])).unwrap().cosignatures.len(), 4);
    // The key of a witness under another name.
    let renamed = CosigningKey::new("other.example", &[100; 32]).unwrap();
    assert!(!policy.is_quorum(&[
        renamed.verifier_key().clone(),
        witness(1).verifier_key().clone(),
        witness(3).verifier_key().clone()
    ]));
}

#[test]
fn the_log_must_be_known_and_have_signed() {
    let policy = example();
    let unknown = Checkpoint::new("log2.example", 5, [5; 32]).unwrap().sign(&log(2)).unwrap();
    assert_eq!(policy.open(&unknown), Err(PolicyRefusal::UnknownLog { origin: "log2.example".into() }));
    // Witnesses alone do not make it a checkpoint of the log.
    let checkpoint = Checkpoint::new("log1.example", 5, [5; 32]).unwrap();
    let mut note = Note::new(&checkpoint.to_string(), witness(0).cosign(&checkpoint, 1).unwrap()).unwrap();
    note.add(witness(1).cosign(&checkpoint, 1).unwrap()).unwrap();
    note.add(witness(3).cosign(&checkpoint, 1).unwrap()).unwrap();
    let unsigned = PolicyRefusal::Checkpoint(OpenError::Signature(SignatureError::Unsigned));
    assert_eq!(policy.open(&note), Err(unsigned));
    // One bad signature of a witness spoils it all, even if the quorum is there without.
    let bad = cosigned(&[0, 1, 3, 4]).to_string();
    let line = bad.lines().last().unwrap();
    let (head, tail) = line.split_at(line.len() - 8);
    let changed = if tail.starts_with('A') { "B" } else { "A" };
    let bad: Note = bad.replace(line, &format!("{head}{changed}{}", &tail[1..])).parse().unwrap();
    let refused = policy.open(&bad);
    assert!(matches!(
        refused,
        Err(PolicyRefusal::Checkpoint(OpenError::Signature(SignatureError::Bad { .. })))
    ));
    let text = Note::new("text\n", log(1).sign("text\n").unwrap()).unwrap();
    assert!(matches!(policy.open(&text), Err(PolicyRefusal::Checkpoint(OpenError::Checkpoint(_)))));
}

/// While a log changes its key, both are in the policy under the same origin.
#[test]
fn a_log_may_have_two_keys() {
    let new_key = SigningKey::new("log1.example", &[77; 32]).unwrap();
    let policy = parse(&format!("{}log {}\nquorum none\n", log_line(1), new_key.verifier_key()));
    let checkpoint = Checkpoint::new("log1.example", 5, [5; 32]).unwrap();
    assert_eq!(policy.open(&checkpoint.sign(&log(1)).unwrap()).unwrap().log, 0);
    assert_eq!(policy.open(&checkpoint.sign(&new_key).unwrap()).unwrap().log, 1);
}

#[test]
fn spaces_comments_and_urls_are_as_the_specification_allows() {
    let (log, witness) = (log(1), witness(0));
    let (log, witness) = (log.verifier_key(), witness.verifier_key());
    let mut text = format!(
        "# comment\n\t # indented \u{e9}\n\n \t \n\tlog  {log}\thttps://log.example/\nwitness \u{e9} {witness} "
    )
    .into_bytes();
    text.extend_from_slice(b"https://w\xff.example/\nquorum  \xc3\xa9 \t");
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.logs()[0].url.as_deref(), Some(&b"https://log.example/"[..]));
    assert_eq!(policy.witnesses()[0].name, "\u{e9}".as_bytes());
    assert_eq!(policy.witnesses()[0].url.as_deref(), Some(&b"https://w\xff.example/"[..]));
    assert!(policy.is_quorum(std::slice::from_ref(witness)));
    assert!(!policy.is_quorum(&[]));
    assert!(parse("quorum none").is_quorum(&[]), "nothing but the quorum is mandatory");
}

#[test]
fn every_fault_is_named_with_its_line() {
    use PolicyFault::*;
    let (w0, w1) = (witness_line("a", 0), witness_line("b", 1));
    let taken = |name: &str| NameTaken(name.into());
    let unknown = |name: &str| UnknownName(name.into());
    let as_log = |key: &dyn std::fmt::Display| format!("log {key}\n");
    for (text, line, fault) in [
        ("\n\n".into(), 3, NoQuorum),
        ("logs x\n".into(), 1, UnknownWord("logs".into())),
        ("\nlog\n".into(), 2, Items("log <vkey> [<url>]")),
        (format!("log {} u #c\n", log(1).verifier_key()), 1, Items("log <vkey> [<url>]")),
        ("witness a\n".into(), 1, Items("witness <name> <vkey> [<url>]")),
        (format!("{w0}group g all\n"), 2, Items("group <name> <all|any|k> <name>...")),
        ("quorum\n".into(), 1, Items("quorum <name|none>")),
        ("quorum none none\n".into(), 1, Items("quorum <name|none>")),
        ("log x\n".into(), 1, Key(KeyError::Shape)),
        (
            as_log(witness(0).verifier_key()),
            1,
            KeyType { expected: self::KeyType::Ed25519, found: self::KeyType::Cosignature },
        ),
        (
            format!("witness a {}\n", log(0).verifier_key()),
            1,
            KeyType { expected: self::KeyType::Cosignature, found: self::KeyType::Ed25519 },
        ),
        (log_line(1) + &log_line(1), 2, DuplicateKey),
        (
            log_line(1) + &as_log(SigningKey::new("renamed", &[1; 32]).unwrap().verifier_key()),
            2,
            DuplicateKey,
        ),
        (w0.clone() + &witness_line("b", 0), 2, DuplicateKey),
        (w0.clone() + &witness_line("a", 1), 2, taken("a")),
        (witness_line("none", 0), 1, taken("none")),
        (format!("{w0}group a any a\n"), 2, taken("a")),
        (format!("{w0}group none any a\n"), 2, taken("none")),
        ("group g any a\n".into(), 1, unknown("a")),
        (format!("group g any a\n{w0}"), 1, unknown("a")),
        ("group g any g\n".into(), 1, unknown("g")),
        ("group g any none\n".into(), 1, unknown("none")),
        ("quorum a\n".into(), 1, unknown("a")),
        (format!("{w0}{w1}group g 2 a a\n"), 3, MemberTwice("a".into())),
        (format!("{w0}{w1}group g any a\ngroup h all b a\n"), 4, MemberTwice("a".into())),
        (format!("{w0}group g 0 a\n"), 2, Threshold),
        (format!("{w0}group g 2 a\n"), 2, Threshold),
        (format!("{w0}group g 01 a\n"), 2, Threshold),
        (format!("{w0}group g some a\n"), 2, Threshold),
        ("quorum none\nquorum none\n".into(), 2, SecondQuorum),
        ("quorum none\r\n".into(), 1, ControlCharacter),
        ("#\u{7f}\n".into(), 1, ControlCharacter),
    ] {
        let found = Policy::parse(text.as_bytes());
        assert_eq!(found, Err(PolicyError { line, fault }), "{text}");
    }
    let error = PolicyError {
        line: 7,
        fault: KeyType { expected: self::KeyType::Ed25519, found: self::KeyType::Cosignature },
    };
    assert_eq!(error.to_string(), "policy line 7: a key of type 1 is needed, this one is of type 4");
}

#[test]
fn a_policy_has_limits() {
    let lines = |count: usize| -> String {
        let key = |number: usize| {
            let mut seed = [0; 32];
            seed[..8].copy_from_slice(&number.to_be_bytes());
            SigningKey::new("l", &seed).unwrap()
        };
        let lines: Vec<String> =
            (0..count).map(|number| format!("log {}\n", key(number).verifier_key())).collect();
        lines.concat() + "quorum none\n"
    };
    assert_eq!(parse(&lines(POLICY_ITEMS_MAX)).logs().len(), POLICY_ITEMS_MAX);
    let over = Policy::parse(lines(POLICY_ITEMS_MAX + 1).as_bytes());
    assert_eq!(over, Err(PolicyError { line: POLICY_ITEMS_MAX + 1, fault: PolicyFault::TooMany }));
    let long = Policy::parse(&vec![b'#'; (1 << 20) + 1]);
    assert_eq!(long, Err(PolicyError { line: 1, fault: PolicyFault::TooLong }));
}

proptest! {
    /// Groups of groups, decided bottom up, against counting by recursion over the text.
    #[test]
    fn nested_groups_count_their_members(
        thresholds in prop::collection::vec(1usize..4, 3),
        outer in 1usize..4,
        set in 0u16..512,
    ) {
        let mut lines: Vec<String> = (0..9).map(|number| witness_line(&format!("w{number}"), number)).collect();
        for (group, threshold) in thresholds.iter().enumerate() {
            let first = group * 3;
            lines.push(format!("group g{group} {threshold} w{first} w{} w{}\n", first + 1, first + 2));
        }
        lines.push(format!("group all {outer} g0 g1 g2\nquorum all\n"));
        let keys: Vec<VerifierKey> = (0..9u8)
            .filter(|number| set >> number & 1 == 1)
            .map(|number| witness(number).verifier_key().clone())
            .collect();
        let met = (0..3).filter(|group| (set >> (group * 3) & 7).count_ones() as usize >= thresholds[*group]).count();
        prop_assert_eq!(parse(&lines.concat()).is_quorum(&keys), met >= outer);
    }
}
