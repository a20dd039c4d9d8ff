//! Files and folders.

use crate::support::Log;
use crate::{code, publish, run, text, write};

#[test]
fn an_event_and_a_pack_are_verified_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(30);
    let policy = write(folder.path(), "trust.policy", log.policy_text().as_bytes());
    let event = write(folder.path(), "e.json", &serde_json::to_vec(&log.event_proof(7, 30)).unwrap());
    let output = run(&["event", &event, "--policy", &policy]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(text(&output).contains("PROVEN: the event is in the log") && text(&output).contains("doc_7"));

    let mut pack = log.range_pack(3, 20);
    let good = write(folder.path(), "good.tar", &pack);
    let output = run(&["pack", &good, "--policy", &policy, "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), &report["exit_code"]), (0, &0.into()));
    assert_eq!((&report["range"], &report["counts"]["ok"]), (&serde_json::json!([3, 20]), &17.into()));
    assert_eq!(report["manifest"]["kind"], "range");

    let at = pack.windows(5).position(|window| window == b"{\"d\":").unwrap() + 40;
    pack[at] = if pack[at] == b'A' { b'B' } else { b'A' };
    let bad = write(folder.path(), "bad.tar", &pack);
    let output = run(&["pack", &bad, "--policy", &policy]);
    assert_eq!(code(&output), 2, "{}", text(&output));
    let short = write(folder.path(), "short.tar", &pack[..2_000]);
    assert_eq!(code(&run(&["pack", &short, "--policy", &policy])), 4);
}

#[test]
fn keys_do_instead_of_a_policy_and_all_witnesses_given_must_have_cosigned() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(3);
    let mut proof = log.event_proof(1, 3);
    let event = write(folder.path(), "e.json", &serde_json::to_vec(&proof).unwrap());
    let keys = [
        log.key.verifier_key().to_string(),
        log.directory_key.verifier_key().to_string(),
        log.witness_key.verifier_key().to_string(),
    ];
    let output = run(&["event", &event, "--key", &keys[0], "--key", &keys[1], "--key", &keys[2]]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    proof.directory = None;
    let event = write(folder.path(), "e.json", &serde_json::to_vec(&proof).unwrap());
    assert_eq!(code(&run(&["event", &event, "--key", &keys[0], "--key", &keys[2]])), 3);
    assert_eq!(code(&run(&["event", &event, "--key", &keys[0]])), 0);
    assert_eq!(code(&run(&["event", &event, "--key", &keys[1]])), 3, "the key of another log");
}

#[test]
fn wrong_usage_is_no_verdict() {
    for args in [
        &[][..],
        &["event"],
        &["event", "x"],
        &["event", "x", "--key", "y"],
        &["log", "/nowhere", "--key", "y"],
    ] {
        let output = run(args);
        assert_eq!(code(&output), 4, "{args:?} {}", text(&output));
    }
    let help = run(&["--help"]);
    assert_eq!(code(&help), 0);
    assert!(text(&help).contains("Examples:"));
    assert_eq!(code(&run(&["range", "/nowhere", "--key", "y"])), 4);
}

#[test]
fn a_log_is_pinned_and_a_fork_or_a_rollback_is_noticed_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let log = Log::new(600);
    let policy = write(folder.path(), "trust.policy", log.policy_text().as_bytes());
    let small = Log::new(300);
    publish(&folder.path().join("small"), &small);
    publish(&folder.path().join("large"), &log);
    let mut other = Log::new(600);
    other.hashes.swap(100, 101);
    publish(&folder.path().join("fork"), &other);
    let verify =
        |name: &str, state: &str| run(&["log", &path(name), "--policy", &policy, "--state", &path(state)]);
    for (name, expected) in [("small", 0), ("large", 0), ("large", 0), ("small", 2), ("fork", 2)] {
        let output = verify(name, "state");
        assert_eq!(code(&output), expected, "{name}: {}", text(&output));
    }
    assert!(text(&verify("small", "state")).contains("ROLLED BACK: it has size 300 and had 600 before"));
    assert!(text(&verify("fork", "state")).contains("FORKED: it has two roots at size 600"));
    let kept = write(folder.path(), "kept.checkpoint", small.note(300).to_string().as_bytes());
    let output = run(&["since", &kept, "--log", &path("large"), "--policy", &policy]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let output = run(&["since", &kept, "--log", &path("fork"), "--policy", &policy]);
    assert_eq!(code(&output), 2, "{}", text(&output));
}
