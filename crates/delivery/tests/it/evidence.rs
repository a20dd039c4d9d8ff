//! Exports that are evidence packs: what a verifier who believes nobody says of them, offline.

use tallystick_catalog::{Export, ExportState};
use tallystick_delivery::{Format, OfSchedule, Received, Spec};
use tallystick_event::OrgId;
use tallystick_merkle::Policy;
use tallystick_verify::{Conclusion, Options, PackKind, PackReport, VerifyError, verify_pack};

use crate::harness::{Harness, spec};

/// Several pieces of what is read and of what is written at once, and a part of one.
const EVENTS: usize = 5_000;

async fn filled() -> (Harness, OrgId) {
    let harness = Harness::new(|_| {}).await;
    let org = harness.org("acme").await;
    let one = |number: usize| {
        let outcome = if number.is_multiple_of(7) { "failure" } else { "success" };
        serde_json::json!({ "org": "acme", "action": "invoice.updated", "outcome": outcome,
            "occurred_at": format!("2026-11-{:02}T08:00:00.000Z", 1 + number % 20),
            "actor": { "type": "user", "id": "u_1" }, "metadata": { "number": number, "note": "a needle" } })
        .to_string()
    };
    harness.append(&(0..EVENTS).map(one).collect::<Vec<_>>()).await;
    (harness, org)
}

/// Believes the service's own keys.
fn policy(harness: &Harness, org: &OrgId) -> Policy {
    let proofs = harness.engine.proofs();
    let key = &proofs.keys().public(&proofs.log_of(org).unwrap().origin)[0].verifier_key;
    Policy::parse(format!("log {key}\nquorum none\n").as_bytes()).unwrap()
}

fn verified(harness: &Harness, org: &OrgId, bytes: &[u8]) -> Result<PackReport, VerifyError> {
    verify_pack(bytes, &policy(harness, org), &Options::default())
}

async fn made(harness: &Harness, org: &OrgId, query: &str, spec: &Spec) -> Export {
    let asked = harness.ask(org, "pack", query, spec).await;
    harness.ended(&asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verifier_finds_everything_proven_and_any_changed_byte() {
    let (mut harness, org) = filled().await;
    harness.start();
    let done = made(&harness, &org, "", &spec(Format::Evidence)).await;
    assert_eq!((done.state, done.rows), (ExportState::Completed, EVENTS as u64), "{:?}", done.error);
    let bytes = harness.bytes(&done);
    let whole = verified(&harness, &org, &bytes).unwrap();
    assert_eq!(whole.report.conclusion, Conclusion::Proven, "{}", whole.report);
    let manifest = &whole.manifest;
    assert_eq!((manifest.kind, manifest.from, manifest.to), (PackKind::Range, Some(0), Some(EVENTS as u64)));
    let find = |text: &[u8]| bytes.windows(text.len()).position(|part| part == text).unwrap();
    // A letter of the disclosure of a unit, which is in base64.
    let event = find(br#"{"d":""#) + 60;
    // In the checkpoint's size, in its signature, in the header of a member, in the end.
    let size = find(format!("\n{EVENTS}\n").as_bytes()) + 1;
    for at in [size, find("\n— ".as_bytes()) + 40, find(b"records/000000.ndjson"), bytes.len() - 1] {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let found = verified(&harness, &org, &changed);
        assert!(!found.is_ok_and(|pack| pack.report.exit_code == 0), "byte {at}");
    }
    assert!(verified(&harness, &org, &bytes[..bytes.len() - 512]).is_err());
    let mut changed = bytes.clone();
    changed[event] = if changed[event] == b'A' { b'B' } else { b'A' };
    let found = verified(&harness, &org, &changed).unwrap();
    assert_eq!(found.report.conclusion, Conclusion::Tampered, "{}", found.report);
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_finds_is_a_selection_as_of_one_moment() {
    let (mut harness, org) = filled().await;
    let by_time = Spec { from_us: Some(1_793_577_600_000_000), ..spec(Format::Evidence) };
    let asked = [
        (harness.ask(&org, "failures", "outcome:failure", &spec(Format::Evidence)).await, "failures"),
        (harness.ask(&org, "times", "", &by_time).await, "times"),
    ];
    // What comes later is not in them.
    let later =
        r#"{"org":"acme","action":"invoice.updated","outcome":"failure","actor":{"type":"user","id":"u_1"}}"#;
    harness.append(&[later.to_owned()]).await;
    harness.start();
    let all = harness.engine.read_log(&org, 0, usize::MAX >> 1).unwrap();
    for (asked, name) in asked {
        let done = harness.ended(&asked).await;
        assert_eq!(done.state, ExportState::Completed, "{:?}", done.error);
        let is_in = |seq: u64, occurred_us: i64| match name {
            "failures" => seq.is_multiple_of(7),
            _ => occurred_us >= by_time.from_us.unwrap(),
        };
        let expected = all
            .iter()
            .filter(|event| event.meta.seq < EVENTS as u64)
            .filter(|event| is_in(event.meta.seq, event.meta.occurred_us));
        let expected = expected.count() as u64;
        assert!(expected > 0 && expected < EVENTS as u64, "{expected}");
        let bytes = harness.bytes(&done);
        let pack = verified(&harness, &org, &bytes).unwrap();
        assert_eq!(pack.report.conclusion, Conclusion::Proven, "{}", pack.report);
        assert_eq!((pack.manifest.kind, pack.manifest.count), (PackKind::Selection, Some(expected)));
        assert_eq!((done.rows, pack.manifest.query.as_deref()), (expected, Some(asked.query.as_str())));
    }
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_has_packs_that_follow_one_another() {
    let (mut harness, org) = filled().await;
    harness.start();
    let of_run = |run: u64, first_seq: u64| {
        let received = Some(Received { first_seq, from_ms: 0, to_ms: 1_000 });
        Spec { schedule: Some(OfSchedule { id: "sch_1".into(), run, received }), ..spec(Format::Evidence) }
    };
    let from = EVENTS as u64 - 70;
    let done = made(&harness, &org, "", &of_run(2, from)).await;
    assert_eq!((done.state, done.rows), (ExportState::Completed, 70), "{:?}", done.error);
    let pack = verified(&harness, &org, &harness.bytes(&done)).unwrap();
    assert_eq!(pack.report.conclusion, Conclusion::Proven, "{}", pack.report);
    let manifest = &pack.manifest;
    // That none of the range is missing is proven, too.
    assert_eq!(
        (manifest.kind, manifest.from, manifest.to),
        (PackKind::Range, Some(from), Some(EVENTS as u64))
    );
    let done = made(&harness, &org, "outcome:failure", &of_run(3, from)).await;
    let pack = verified(&harness, &org, &harness.bytes(&done)).unwrap();
    assert_eq!((pack.manifest.kind, pack.manifest.count), (PackKind::Selection, Some(10)));
    let failed = made(&harness, &org, "", &of_run(4, EVENTS as u64)).await;
    assert_eq!(failed.error.as_ref().map(|(code, _)| code.as_str()), Some("nothing_to_prove"));
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_proven_fails_with_a_reason() {
    let (mut harness, org) = filled().await;
    let empty = harness.org("empty").await;
    harness.start();
    for (org, query) in [(&org, "outcome:denied"), (&empty, "")] {
        let failed = made(&harness, org, query, &spec(Format::Evidence)).await;
        let code = failed.error.as_ref().map(|(code, _)| code.as_str());
        assert_eq!((failed.state, code), (ExportState::Failed, Some("nothing_to_prove")));
    }
    assert!(harness.file_names().is_empty(), "{:?}", harness.file_names());
    harness.stop().await;
}
