//! Ranges as lines.

use tallystick_event::{LeafKind, Unit};
use tallystick_merkle::Checkpoint;
use tallystick_verify::{
    LogStatus, Options, Pin, RangeContext, Report, Subject, Tampering, Verdict, VerifyError, continues,
    verify_range,
};

use crate::support::{DIRECTORY, Log, ORIGIN, Published, erasure};

fn verify(log: &Log, lines: &[u8]) -> Result<Report, VerifyError> {
    let mut directory = |_: &Checkpoint| Ok(Some(log.directory(log.size(), log.size())));
    let context = RangeContext { directory: Some(&mut directory), ..RangeContext::default() };
    Ok(verify_range(lines, &log.policy(), &Options::default(), context)?.report)
}

#[test]
fn every_range_is_complete() {
    let log = Log::new(13);
    for from in 0..=13 {
        for to in from..=13 {
            let report = verify(&log, &log.range(from, to)).unwrap();
            assert_eq!((report.exit_code, report.range), (0, Some((from, to))), "{report}");
            assert_eq!(report.counts.ok, to - from);
        }
    }
}

#[test]
fn a_line_left_out_is_missing() {
    let log = Log::new(13);
    let lines = log.range(2, 9);
    let without = |number: usize| {
        let kept = lines.split_inclusive(|byte| *byte == b'\n').enumerate().filter(|(i, _)| *i != number);
        kept.flat_map(|(_, line)| line.to_vec()).collect::<Vec<u8>>()
    };
    for number in 1..=7 {
        let report = verify(&log, &without(number)).unwrap();
        assert_eq!((report.exit_code, report.counts.missing, report.range), (2, 1, None), "{report}");
        let seq = number as u64 + 1;
        assert!(report.records.iter().any(|r| r.seq == seq && r.verdict == Verdict::Missing), "{report}");
    }
}

#[test]
fn lines_added_doubled_or_swapped_are_noticed() {
    let log = Log::new(13);
    let lines: Vec<Vec<u8>> =
        log.range(2, 9).split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let report = verify(&log, &swapped.concat()).unwrap();
    assert_eq!(report.exit_code, 2, "{report}");
    let mut doubled = lines.clone();
    doubled.insert(3, lines[3].clone());
    let report = verify(&log, &doubled.concat()).unwrap();
    assert!(report.records.iter().any(|r| r.verdict == Verdict::Tampered { why: Tampering::Ascent }));
    assert!(matches!(report.log.status, LogStatus::Tampered { .. }), "{report}");
}

#[test]
fn another_range_than_asked_for_is_refused() {
    let log = Log::new(5);
    let context = RangeContext { asked: Some((1, 4)), ..RangeContext::default() };
    let answer = verify_range(&log.range(1, 3)[..], &log.policy(), &Options::default(), context);
    assert!(matches!(answer, Err(VerifyError::Malformed { .. })));
}

#[test]
fn an_erasure_is_found_in_the_range_or_asked_for() {
    let mut log = Log::new(8);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]]]"#));
    log.erase(3, &[Unit::Actor], by);
    let report = verify(&log, &log.range(0, 9)).unwrap();
    assert_eq!((report.exit_code, report.counts.erased, report.counts.ok), (0, 1, 8), "{report}");
    let report = verify(&log, &log.range(0, 8)).unwrap();
    assert_eq!((report.exit_code, report.counts.tampered), (2, 1), "{report}");
    let mut directory = |_: &Checkpoint| Ok(Some(log.directory(9, 9)));
    let mut asked = Vec::new();
    let mut ask = |seq: u64| {
        asked.push(seq);
        Ok(Some(log.range(seq, seq + 1)))
    };
    let context =
        RangeContext { directory: Some(&mut directory), erasure: Some(&mut ask), ..RangeContext::default() };
    let report =
        verify_range(&log.range(0, 8)[..], &log.policy(), &Options::default(), context).unwrap().report;
    assert_eq!((report.exit_code, report.counts.erased), (0, 1), "{report}");
    assert_eq!(asked, [by]);
    let mut lie = |_| Ok(Some(log.range(2, 3)));
    let context =
        RangeContext { directory: Some(&mut directory), erasure: Some(&mut lie), ..RangeContext::default() };
    let report =
        verify_range(&log.range(0, 8)[..], &log.policy(), &Options::default(), context).unwrap().report;
    assert_eq!((report.exit_code, report.counts.tampered), (2, 1), "{report}");
}

#[test]
fn parts_of_a_range_are_joined_if_they_adjoin() {
    let log = Log::new(13);
    let part = |from, to| verify(&log, &log.range(from, to)).unwrap();
    let mut whole = part(2, 6);
    whole.join(part(6, 9), 20);
    assert_eq!((whole.exit_code, whole.range, whole.counts.ok), (0, Some((2, 9)), 7), "{whole}");
    assert_eq!(whole.records.len(), 7);
    let mut gap = part(2, 6);
    gap.join(part(7, 9), 20);
    assert_eq!(gap.range, None);
    whole.accuse(LogStatus::Forked { why: "x".to_owned() });
    assert_eq!(whole.exit_code, 2);
    let mut bad = part(6, 9);
    bad.accuse(LogStatus::Forked { why: "x".to_owned() });
    bad.join(part(9, 10), 20);
    assert_eq!((bad.exit_code, &bad.log.status), (2, &LogStatus::Forked { why: "x".to_owned() }));
}

#[test]
fn what_a_service_says_of_its_own_log_is_a_verdict() {
    let missing = LogStatus::admitted("MISSING", "MISSING: leaf 3 is not there").unwrap();
    assert_eq!(missing, LogStatus::Missing { why: "leaf 3 is not there".to_owned() });
    let report = Report::admitted(Subject::Log, "https://example.com/log", "tile/entries/000", missing);
    assert_eq!(report.exit_code, 2);
    let told = report.to_string();
    assert!(told.contains("MISSING: leaf 3 is not there") && told.contains("tile/entries/000"), "{told}");
    for verdict in ["", "OK", "CONSISTENT", "missing"] {
        assert_eq!(LogStatus::admitted(verdict, "no"), None, "{verdict:?}");
    }
}

/// Verifies the first eight events of `log`, of which the erasures are proven by `later`; both were signed with the
/// log's key. The directory has seen the first `listed` entries of the later one.
fn verify_with_later(log: &Log, later: &Log, listed: u64) -> Report {
    let mut directory = |known: &Checkpoint| {
        let is_first = known == &log.checkpoint(log.size());
        Ok(Some(if is_first { log.directory(8, 8) } else { later.directory(listed, later.size()) }))
    };
    let mut ask = |seq: u64| Ok(Some(later.range(seq, seq + 1)));
    let mut published = Published::new(later);
    let mut is_continued = |old: &Checkpoint, now: &Checkpoint| continues(&mut published, old, now);
    let context = RangeContext {
        directory: Some(&mut directory),
        erasure: Some(&mut ask),
        continues: Some(&mut is_continued),
        ..RangeContext::default()
    };
    verify_range(&log.range(0, 8)[..], &log.policy(), &Options::default(), context).unwrap().report
}

#[test]
fn an_erasure_of_a_later_checkpoint_counts_if_the_log_continues_and_is_witnessed() {
    let mut log = Log::new(8);
    log.erase(3, &[Unit::Actor], 8);
    let mut later = Log::new(8);
    let by = later.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]]]"#));
    let report = verify_with_later(&log, &later, 9);
    assert_eq!((by, report.exit_code, report.counts.erased), (8, 0, 1), "{report}");
    let report = verify_with_later(&log, &later, 8);
    assert_eq!((report.exit_code, report.counts.erased), (3, 1), "{report}");
    assert_eq!(report.log.status, LogStatus::Unwitnessed { since: 8 });
}

#[test]
fn an_erasure_of_a_fork_does_not_count() {
    let mut log = Log::new(8);
    log.erase(3, &[Unit::Actor], 8);
    let mut fork = Log::new(7);
    fork.append(LeafKind::Erasure, &erasure("[]"));
    fork.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]]]"#));
    let report = verify_with_later(&log, &fork, 9);
    assert_eq!((report.exit_code, report.counts.tampered), (2, 1), "{report}");
    assert!(matches!(report.log.status, LogStatus::Forked { .. }), "{report}");
}

#[test]
fn lines_beyond_the_range_are_not_read_and_nothing_is_asked_for_twice() {
    let mut log = Log::new(8);
    for seq in [2, 3, 4] {
        log.erase(seq, &[Unit::Actor], 100);
    }
    let mut lines = log.range(2, 5);
    let mut asked = Vec::new();
    let mut ask = |seq: u64| {
        asked.push(seq);
        Ok(None)
    };
    let context = RangeContext { erasure: Some(&mut ask), ..RangeContext::default() };
    let policy = log.policy_without_witness();
    let report = verify_range(&lines[..], &policy, &Options::default(), context).unwrap().report;
    assert_eq!((report.exit_code, report.counts.tampered), (2, 3), "{report}");
    assert_eq!(asked, [100]);

    let last = lines.split_inclusive(|byte| *byte == b'\n').next_back().unwrap().to_vec();
    for _ in 0..1_000 {
        lines.extend_from_slice(&last);
    }
    let report =
        verify_range(&lines[..], &policy, &Options::default(), RangeContext::default()).unwrap().report;
    assert_eq!((report.exit_code, report.counts.records), (2, 3), "{report}");
    assert!(report.to_string().contains("more lines than events"), "{report}");
}

#[test]
fn a_record_that_was_not_asked_for_is_refused() {
    let log = Log::new(13);
    for other in [1, 9, 12] {
        let mut lines: Vec<Vec<u8>> =
            log.range(2, 9).split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        lines[7].clear();
        log.records[other].write_line(&mut lines[7]);
        lines[7].push(b'\n');
        let report = verify(&log, &lines.concat()).unwrap();
        assert_eq!((report.exit_code, report.counts.missing, report.range), (2, 1, None), "{report}");
        assert!(report.to_string().contains("was not asked for"), "{report}");
    }
}

#[test]
fn a_range_of_another_log_than_the_one_meant_is_refused() {
    let log = Log::new(8);
    let context = || RangeContext::default();
    let meant = |origin| Options { origin: Some(origin), ..Options::default() };
    verify_range(&log.range(0, 8)[..], &log.policy(), &meant(ORIGIN), context()).unwrap();
    let refused = verify_range(&log.range(0, 8)[..], &log.policy(), &meant(DIRECTORY), context());
    assert!(matches!(refused, Err(VerifyError::OtherLog { .. })), "{refused:?}");
}

#[test]
fn a_range_continues_the_pin_or_is_accused() {
    let log = Log::new(600);
    let pin = |log: &Log, size| Pin::parse(log.note(size).to_string().as_bytes()).unwrap();
    let mut other = Log::new(600);
    other.hashes.swap(100, 101);
    let verify = |pin: &Pin, asks: bool| {
        let mut published = Published::new(&log);
        let mut ask = |old: &Checkpoint, now: &Checkpoint| continues(&mut published, old, now);
        let mut directory = |_: &Checkpoint| Ok(Some(log.directory(600, 600)));
        let context = RangeContext {
            pin: Some(pin),
            directory: Some(&mut directory),
            continues: if asks { Some(&mut ask) } else { None },
            ..RangeContext::default()
        };
        verify_range(&log.range(0, 8)[..], &log.policy(), &Options::default(), context).unwrap()
    };
    let found = verify(&pin(&log, 300), true);
    assert_eq!((found.report.exit_code, found.pin.map(|pin| pin.size())), (0, Some(600)), "{}", found.report);
    let found = verify(&pin(&other, 300), true);
    assert!(matches!(found.report.log.status, LogStatus::Forked { .. }), "{}", found.report);
    assert_eq!((found.report.exit_code, found.pin), (2, None));
    let found = verify(&pin(&log, 300), false);
    assert_eq!((found.report.exit_code, found.pin), (3, None), "{}", found.report);
}
