//! A pack that was written once must verify for ever, and today's writer still writes it.

use tallystick_event::{LeafKind, Unit};
use tallystick_merkle::Policy;
use tallystick_verify::{LogStatus, Manifest, Options, PackOrganization, verify_event, verify_pack};

use crate::support::{Log, ORIGIN, erasure};

const PACK: &[u8] = include_bytes!("../golden/v1.tallystick-pack.tar");
const POLICY: &[u8] = include_bytes!("../golden/v1.policy");
/// Of a log whose end no witness has seen; all that is shown stands before it.
const PARTLY_WITNESSED_PACK: &[u8] = include_bytes!("../golden/v1.partly-witnessed.tallystick-pack.tar");
/// What a running service answered, cosigned by a running witness.
const EVENT_PROOF: &[u8] = include_bytes!("../golden/v1.event-proof.json");
const EVENT_PROOF_POLICY: &[u8] = include_bytes!("../golden/v1.event-proof.policy");

fn today() -> (Log, Vec<u8>) {
    let mut log = Log::new(300);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[41,["actor","context"]]]"#));
    log.erase(41, &[Unit::Actor, Unit::Context], by);
    log.records[44].redact(|name| name == "targets");
    let mut manifest = Manifest::of_range(ORIGIN, 40, 60, "2026-11-20T12:00:00.000Z", "tallystick 0.1.0");
    manifest.organization = Some(PackOrganization { id: "acme".to_owned(), name: None });
    let mut head = log.head(manifest);
    head.erasures = vec![log.proven_erasure(by, log.size())];
    let pack = log.pack(&head, 40..60);
    (log, pack)
}

#[test]
fn the_golden_pack_verifies() {
    let policy = Policy::parse(POLICY).unwrap();
    let found = verify_pack(PACK, &policy, &Options::default()).unwrap();
    let report = &found.report;
    assert_eq!((report.exit_code, report.range), (0, Some((40, 60))), "{report}");
    assert_eq!((report.counts.ok, report.counts.erased, report.counts.redacted), (18, 1, 1));
}

#[test]
fn todays_writer_writes_the_golden_pack() {
    let (log, pack) = today();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/");
        std::fs::write(format!("{folder}v1.tallystick-pack.tar"), &pack).unwrap();
        std::fs::write(format!("{folder}v1.policy"), log.policy_text()).unwrap();
    }
    assert!(
        pack == PACK && log.policy_text().as_bytes() == POLICY,
        "set UPDATE_GOLDEN=1 for a new version only"
    );
}

#[test]
fn the_golden_pack_of_a_partly_witnessed_log_verifies() {
    let (mut log, _) = today();
    let manifest = Manifest::of_range(ORIGIN, 60, 70, "2026-11-20T12:00:00.000Z", "tallystick 0.1.0");
    let mut head = log.head(manifest);
    head.directory = Some(log.directory(70, log.size()));
    let pack = log.pack(&head, 60..70);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let name = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v1.partly-witnessed");
        std::fs::write(format!("{name}.tallystick-pack.tar"), &pack).unwrap();
        std::fs::write(format!("{name}.policy"), log.policy_text()).unwrap();
    }
    assert!(pack == PARTLY_WITNESSED_PACK, "set UPDATE_GOLDEN=1 for a new version only");
    let report = verify_pack(&pack[..], &log.policy(), &Options::default()).unwrap().report;
    assert_eq!((report.exit_code, report.counts.unwitnessed), (0, 0), "{report}");
    // An erasure behind that end is not witnessed, and so not what it explains.
    log.erase(61, &[Unit::Actor], 301);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[61,["actor"]]]"#));
    head.checkpoint = log.note(log.size());
    head.directory = Some(log.directory(70, log.size()));
    head.erasures = vec![log.proven_erasure(by, log.size())];
    let pack = log.pack(&head, 60..70);
    let report = verify_pack(&pack[..], &log.policy(), &Options::default()).unwrap().report;
    assert_eq!((report.exit_code, report.counts.erased), (3, 1), "{report}");
    assert_eq!(report.log.status, LogStatus::Unwitnessed { since: 70 });
}

#[test]
fn the_golden_event_proof_verifies() {
    let policy = Policy::parse(EVENT_PROOF_POLICY).unwrap();
    let report = verify_event(EVENT_PROOF, &policy, &Options::default()).unwrap();
    assert_eq!((report.exit_code, report.counts.ok), (0, 1), "{report}");
    let mut other = EVENT_PROOF.to_vec();
    let leaf = other.windows(8).position(|part| part == b"\"leaf\":\"").unwrap() + 60;
    other[leaf] = if other[leaf] == b'z' { b'y' } else { b'z' };
    assert_eq!(verify_event(&other, &policy, &Options::default()).unwrap().exit_code, 2);
}
