//! Evidence packs: what is written verifies, whatever the selection.

use proptest::prelude::*;
use tallystick_event::{LeafKind, Unit, checkpoint_digest};
use tallystick_merkle::{Checkpoint, LeafHashes, Policy, Subtrees as _};
use tallystick_verify::{
    DirectoryProof, LogStatus, Manifest, Options, PackHead, PackReport, PackWriteError, PackWriter,
    VerifyError, limits, verify_pack,
};

use crate::support::{Log, ORIGIN, erasure};

fn verify(log: &Log, pack: &[u8]) -> Result<PackReport, VerifyError> {
    verify_pack(pack, &log.policy(), &Options::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn ranges_and_selections_verify(
        size in 1u64..60,
        bits in any::<u64>(),
        a in any::<prop::sample::Index>(),
        b in any::<prop::sample::Index>(),
    ) {
        let log = Log::new(size);
        let (a, b) = (a.index(size as usize + 1) as u64, b.index(size as usize + 1) as u64);
        let (from, to) = (a.min(b), a.max(b));
        let report = verify(&log, &log.range_pack(from, to)).unwrap().report;
        prop_assert_eq!((report.exit_code, report.range, report.counts.ok), (0, Some((from, to)), to - from));
        let seqs: Vec<u64> = (0..size).filter(|seq| bits >> seq & 1 == 1).collect();
        let report = verify(&log, &log.selection_pack(&seqs)).unwrap().report;
        prop_assert_eq!((report.exit_code, report.range, report.counts.ok), (0, None, seqs.len() as u64));
    }
}

#[test]
fn a_pack_of_several_members_verifies() {
    let log = Log::new(10_000);
    let report = verify(&log, &log.range_pack(100, 9_900)).unwrap().report;
    assert_eq!((report.exit_code, report.counts.ok, report.records.len()), (0, 9_800, 20), "{report}");
    let odd: Vec<u64> = (0..10_000).filter(|seq| seq % 2 == 1).collect();
    let report = verify(&log, &log.selection_pack(&odd)).unwrap().report;
    assert_eq!((report.exit_code, report.counts.ok), (0, 5_000), "{report}");
}

#[test]
fn erasures_and_anchors_go_with_a_pack() {
    let mut log = Log::new(20);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]],[5,["context","targets"]]]"#));
    log.erase(3, &[Unit::Actor], by);
    log.erase(5, &[Unit::Context, Unit::Targets], by);
    let manifest = Manifest::of_range(ORIGIN, 0, 10, "2026-11-20T12:00:00.000Z", "test 1");
    let mut head = log.head(manifest);
    let pack = log.pack(&head, 0..10);
    let report = verify(&log, &pack).unwrap().report;
    assert_eq!((report.exit_code, report.counts.tampered), (2, 2), "{report}");
    head.erasures = vec![log.proven_erasure(by, log.size())];
    let proof: tallystick_merkle::TlogProof = head.directory.as_ref().unwrap().proof.parse().unwrap();
    let digest = checkpoint_digest(proof.checkpoint.unverified_text());
    head.anchors = vec![("a.tsr".to_owned(), [b"x", &digest[..], b"y"].concat()), ("b".to_owned(), vec![1])];
    let pack = log.pack(&head, 0..10);
    let options = Options { needs_anchor: true, ..Options::default() };
    let report = verify_pack(&pack[..], &log.policy(), &options).unwrap().report;
    assert_eq!((report.exit_code, report.counts.erased), (0, 2), "{report}");
    let names: Vec<bool> = report.anchors.iter().map(|anchor| anchor.names_checkpoint).collect();
    assert_eq!(names, [true, false]);
    head.anchors.remove(0);
    let report = verify_pack(&log.pack(&head, 0..10)[..], &log.policy(), &options).unwrap().report;
    assert_eq!(report.exit_code, 3, "{report}");
}

#[test]
fn an_anchor_of_a_directory_that_does_not_hold_the_log_is_no_anchor_of_the_log() {
    let log = Log::new(10);
    let mut head = log.head(Manifest::of_range(ORIGIN, 0, 10, "2026-11-20T12:00:00.000Z", "test 1"));
    let digest_of = |proof: &str| {
        let proof: tallystick_merkle::TlogProof = proof.parse().unwrap();
        checkpoint_digest(proof.checkpoint.unverified_text())
    };
    let directory = head.directory.clone().unwrap();
    head.anchors = vec![
        ("directory".to_owned(), digest_of(&directory.proof).to_vec()),
        ("own".to_owned(), checkpoint_digest(log.note(10).unverified_text()).to_vec()),
    ];
    let options = Options { needs_anchor: true, ..Options::default() };
    let anchored = |head: &PackHead, policy: &Policy| {
        let report = verify_pack(&log.pack(head, 0..10)[..], policy, &options).unwrap().report;
        let named: Vec<bool> = report.anchors.iter().map(|anchor| anchor.names_checkpoint).collect();
        (report.exit_code, named)
    };
    assert_eq!(anchored(&head, &log.policy()), (0, vec![true, false]));
    // The directory's origin is not in this policy, so nothing ties its checkpoint to the log.
    assert_eq!(anchored(&head, &log.policy_without_witness()), (0, vec![false, true]));
    head.anchors.pop();
    assert_eq!(anchored(&head, &log.policy_without_witness()), (3, vec![false]));
    // Nor does one whose proof does not hold.
    let entry = log.directory(9, 10).entry;
    head.directory = Some(DirectoryProof { entry, ..directory });
    assert_eq!(anchored(&head, &log.policy()), (2, vec![false]));
}

#[test]
fn what_the_directory_has_not_seen_is_unwitnessed() {
    let log = Log::new(20);
    let manifest = Manifest::of_range(ORIGIN, 0, 20, "2026-11-20T12:00:00.000Z", "test 1");
    let mut head = log.head(manifest);
    head.directory = Some(log.directory(15, 20));
    let report = verify(&log, &log.pack(&head, 0..20)).unwrap().report;
    assert_eq!((report.exit_code, report.counts.ok, report.counts.unwitnessed), (3, 20, 5), "{report}");
    assert_eq!(report.log.status, LogStatus::Unwitnessed { since: 15 });
    head.manifest = Manifest::of_range(ORIGIN, 3, 15, "2026-11-20T12:00:00.000Z", "test 1");
    let report = verify(&log, &log.pack(&head, 3..15)).unwrap().report;
    assert_eq!((report.exit_code, report.counts.unwitnessed), (0, 0), "{report}");
}

#[test]
fn a_writer_finishes_no_pack_that_would_not_verify() {
    let log = Log::new(20);
    let manifest = Manifest::of_range(ORIGIN, 0, 3, "2026-11-20T12:00:00.000Z", "test 1");
    let head = log.head(manifest);
    let begin = || PackWriter::begin(Vec::new(), &head).unwrap();
    assert!(matches!(begin().finish(&[], ""), Err(PackWriteError::Content(_))), "records are missing");
    assert!(begin().add(&log.records[1], &[]).is_err(), "not the first of the range");
    let mut writer = begin();
    for seq in 0..3 {
        writer.add(&log.records[seq], &[]).unwrap();
    }
    assert!(writer.add(&log.records[3], &[]).is_err(), "behind the range");
    let gap = LeafHashes(&log.hashes).subtrees(&writer.gap_behind()).unwrap();
    let wrong = vec![[0; 32]; gap.len()];
    assert!(matches!(writer.finish(&wrong, ""), Err(PackWriteError::Proof(_))));
    let mut writer = begin();
    for seq in 0..3 {
        writer.add(&log.records[seq], &[]).unwrap();
    }
    let long = "x".repeat(limits::REPORT_BYTES_MAX + 1);
    assert!(matches!(writer.finish(&gap, &long), Err(PackWriteError::Content(_))), "the report is too long");
}

#[test]
fn a_writer_begins_no_pack_that_a_reader_would_refuse() {
    let log = Log::new(20);
    let manifest = Manifest::of_range(ORIGIN, 0, 3, "2026-11-20T12:00:00.000Z", "test 1");
    let good = log.head(manifest.clone());
    assert!(PackWriter::begin(Vec::new(), &good).is_ok());
    let long = |bytes: usize| "x".repeat(bytes + 1);
    for change in [
        &(|head: &mut PackHead| head.manifest.tool = long(limits::MANIFEST_BYTES_MAX))
            as &dyn Fn(&mut PackHead),
        &|head| head.manifest = Manifest::of_range(ORIGIN, 0, 21, "", ""),
        &|head| head.policy = long(tallystick_merkle::limits::POLICY_BYTES_MAX),
        &|head| head.anchors = vec![("a".to_owned(), vec![0; limits::ANCHOR_BYTES_MAX + 1])],
        &|head| head.anchors = vec![("a".to_owned(), Vec::new()); 2],
        &|head| head.directory.as_mut().unwrap().checkpoint = long(tallystick_merkle::limits::NOTE_BYTES_MAX),
        &|head| head.directory.as_mut().unwrap().consistency = vec![long(limits::CONSISTENCY_BYTES_MAX)],
        &|head| head.directory.as_mut().unwrap().proof = long(limits::DIRECTORY_PROOF_BYTES_MAX),
    ] {
        let mut head = good.clone();
        change(&mut head);
        assert!(matches!(PackWriter::begin(Vec::new(), &head), Err(PackWriteError::Content(_))));
    }
}

#[test]
fn a_record_behind_the_range_does_not_stand_for_one_left_out() {
    let log = Log::new(20);
    let policy = log.policy();
    for (from, to, seqs) in [
        // Nothing between the last of the range and the one that takes the place of event 9.
        (0, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 15]),
        (5, 15, [4, 6, 7, 8, 9, 10, 11, 12, 13, 14]),
        (5, 15, [5, 6, 7, 8, 9, 10, 11, 12, 13, 19]),
    ] {
        let pack = relabelled(
            &log.selection_pack(&seqs),
            &format!(r#""kind":"range","from":{from},"to":{to},"count":{},"query":null"#, to - from),
        );
        let report = verify_pack(&pack[..], &policy, &Options::default()).unwrap().report;
        assert_eq!((report.exit_code, report.counts.missing, report.range), (2, 1, None), "{report}");
        assert!(matches!(report.log.status, LogStatus::Tampered { .. }), "{report}");
    }
}

#[test]
fn a_range_of_any_numbers_is_judged_without_overflow() {
    let log = Log::new(20);
    let policy = log.policy_without_witness();
    let most = u64::MAX;
    let kind = format!(r#""kind":"range","from":0,"to":{most},"count":{most},"query":null"#);
    let pack = relabelled(&log.selection_pack(&[0, 15]), &kind);
    assert!(matches!(
        verify_pack(&pack[..], &policy, &Options::default()),
        Err(VerifyError::Malformed { .. })
    ));
    // With a log that claims to be as large as that.
    let huge = Checkpoint::new(ORIGIN, most, *log.checkpoint(20).root()).unwrap().sign(&log.key).unwrap();
    let pack = with_member(&pack, "checkpoint", huge.to_string().as_bytes());
    let report = verify_pack(&pack[..], &policy, &Options::default()).unwrap().report;
    assert_eq!((report.exit_code, report.counts.missing), (2, most - 2), "{report}");
    let mut twice = report.clone();
    twice.join(report, 20);
    assert_eq!(twice.counts.missing, most);
    assert!(twice.to_string().contains("MISSING"), "{twice}");
}

/// A pack of a selection that says it is of another kind.
fn relabelled(pack: &[u8], kind: &str) -> Vec<u8> {
    let old = r#""kind":"selection","from":null,"to":null,"count":null,"query":"actor:u_1""#;
    let manifest = std::str::from_utf8(&pack[512..1024]).unwrap().trim_end_matches('\0');
    assert!(manifest.contains(old), "{manifest}");
    with_member(pack, "pack.json", manifest.replace(old, kind).as_bytes())
}

/// A pack with another content of a member.
fn with_member(pack: &[u8], name: &str, content: &[u8]) -> Vec<u8> {
    let start = [name.as_bytes(), &[0]].concat();
    let at = pack.windows(start.len()).position(|bytes| bytes == start).unwrap();
    let size = std::str::from_utf8(&pack[at + 124..at + 135]).unwrap();
    let size = usize::from_str_radix(size, 8).unwrap();
    let mut header = pack[at..at + 512].to_vec();
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..154].copy_from_slice(format!("{sum:06o}").as_bytes());
    header[154] = 0;
    let mut content = content.to_vec();
    content.resize(content.len().next_multiple_of(512), 0);
    [&pack[..at], &header, &content, &pack[at + 512 + size.next_multiple_of(512)..]].concat()
}
