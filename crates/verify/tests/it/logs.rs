//! Whole logs as they are published.

use std::collections::BTreeMap;

use tallystick_merkle::{Checkpoint, LeafHashes, SigningKey};
use tallystick_verify::{Fetch, LogStatus, Options, Pin, VerifyError, verify_log, verify_since};

use crate::support::{DIRECTORY, Log, ORIGIN, Published};

fn kept(log: &Log, size: u64) -> Pin {
    Pin::parse(log.note(size).to_string().as_bytes()).unwrap()
}

#[test]
fn a_log_is_mirrored_and_pinned() {
    for size in [0, 1, 255, 256, 257, 700] {
        let log = Log::new(size);
        let found = verify_log(&mut Published::new(&log), &log.policy(), None, &Options::default()).unwrap();
        assert_eq!((found.report.exit_code, found.report.counts.ok), (0, size), "{}", found.report);
        assert_eq!(found.pin.map(|pin| pin.size()), Some(size));
    }
}

#[test]
fn growth_is_proven_and_a_fork_or_a_rollback_is_named() {
    let log = Log::new(600);
    let mut published = Published::new(&log);
    for size in [0, 1, 256, 300, 599, 600] {
        let pin = kept(&log, size);
        let found = verify_log(&mut published, &log.policy(), Some(&pin), &Options::default()).unwrap();
        assert_eq!(found.report.exit_code, 0, "{}", found.report);
        let note = log.note(size).to_string();
        let found =
            verify_since(note.as_bytes(), &mut published, &log.policy(), &Options::default()).unwrap();
        assert_eq!(found.report.exit_code, 0, "{}", found.report);
    }
    let mut other = Log::new(600);
    other.hashes[100] = [0; 32];
    for size in [300, 600] {
        let pin = kept(&other, size);
        let found = verify_log(&mut published, &log.policy(), Some(&pin), &Options::default()).unwrap();
        assert!(matches!(found.report.log.status, LogStatus::Forked { .. }), "{}", found.report);
        assert_eq!((found.report.exit_code, found.pin), (2, None));
    }
    let larger = Log::new(601);
    let note = larger.note(601).to_string();
    let found = verify_since(note.as_bytes(), &mut published, &log.policy(), &Options::default()).unwrap();
    assert_eq!(found.report.log.status, LogStatus::RolledBack { was: 601, is: 600 });
}

#[test]
fn the_log_that_is_meant_is_verified_and_no_other() {
    // Whoever answers for the organization's log answers with the directory's files, which are genuine.
    let log = Log::new(3);
    let genuine = Published::new(&log);
    let mut published = Published::of_directory(&log);
    let meant = Options { origin: Some(ORIGIN), ..Options::default() };
    let found = verify_log(&mut published, &log.policy(), None, &Options::default()).unwrap();
    assert_eq!(found.report.exit_code, 0, "without an origin it is a log like any other: {}", found.report);
    let refused = verify_log(&mut published, &log.policy(), None, &meant);
    assert!(
        matches!(&refused, Err(VerifyError::OtherLog { found, .. }) if found == DIRECTORY),
        "{refused:?}"
    );
    published = genuine;
    assert_eq!(verify_log(&mut published, &log.policy(), None, &meant).unwrap().report.exit_code, 0);
}

#[test]
fn a_pin_that_cannot_be_believed_is_told_and_not_replaced() {
    let log = Log::new(20);
    let mut published = Published::new(&log);
    let other_key = SigningKey::new(ORIGIN, &[9; 32]).unwrap();
    let other_log = SigningKey::new(DIRECTORY, &[2; 32]).unwrap();
    let forged = log.checkpoint(10).sign(&other_key).unwrap();
    let foreign = Checkpoint::new(DIRECTORY, 10, [0; 32]).unwrap().sign(&other_log).unwrap();
    // Also when the log is inconclusive for another reason, which must not hide this one.
    for (listed, code) in [(20, 3), (15, 3)] {
        let directory = serde_json::to_vec(&log.directory(listed, 20)).unwrap();
        published.files.insert("directory".to_owned(), directory);
        for pin in [&forged, &foreign] {
            let pin = Pin::parse(pin.to_string().as_bytes()).unwrap();
            let found = verify_log(&mut published, &log.policy(), Some(&pin), &Options::default()).unwrap();
            assert_eq!((found.report.exit_code, found.pin), (code, None), "{}", found.report);
            assert!(
                found.report.to_string().contains("pinned checkpoint is not believed"),
                "{}",
                found.report
            );
        }
    }
}

#[test]
fn every_file_of_a_log_matters() {
    let log = Log::new(600);
    let paths: Vec<String> = Published::new(&log).files.into_keys().collect();
    for path in paths {
        let mut published = Published::new(&log);
        let bytes = published.files.get_mut(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        let pin = kept(&log, 300);
        let found = verify_log(&mut published, &log.policy(), Some(&pin), &Options::default());
        // Tiles that neither the proof of growth nor the right edge needs are not read.
        let is_read = !path.starts_with("tile/0/000");
        assert_eq!(found.is_ok_and(|found| found.report.exit_code == 0), !is_read, "{path}");
    }
}

/// Counts what is asked for.
struct Counting {
    published: Published,
    paths: BTreeMap<String, usize>,
}

impl Fetch for Counting {
    fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
        for path in paths {
            *self.paths.entry(path.clone()).or_default() += 1;
        }
        self.published.fetch(paths)
    }
}

#[test]
fn a_forged_entry_is_named_by_its_tile_and_nothing_else_is_asked_for_again() {
    let log = Log::new(600);
    for (forged_at, name, is_grown) in [
        (300, "tile/entries/001", false),
        (599, "tile/entries/002.p/88", false),
        (599, "tile/entries/002.p/88", true),
    ] {
        let mut published = Published::new(&log);
        let mut forged = Log::new(if is_grown { 768 } else { 600 });
        forged.records[forged_at].leaf[40] ^= 1;
        // A log that has grown gives the full bundle where the partial one was.
        let full = name.split_once(".p/").filter(|_| is_grown).map_or(name, |(full, _)| full);
        published.files.remove(name).unwrap();
        published.files.insert(full.to_owned(), Published::new(&forged).files.remove(full).unwrap());
        let mut counting = Counting { published, paths: BTreeMap::new() };
        let report = verify_log(&mut counting, &log.policy(), None, &Options::default()).unwrap().report;
        assert!(report.to_string().contains(&format!("entry {forged_at} is not the one")), "{report}");
        assert_eq!((report.counts.records, report.counts.ok), (600, forged_at as u64), "{report}");
        let twice: Vec<&String> = counting
            .paths
            .iter()
            .filter(|(path, count)| path.starts_with("tile/entries/") && **count > 1)
            .map(|(path, _)| path)
            .collect();
        assert!(twice.iter().all(|path| path.starts_with(full)), "{twice:?}");
    }
}

#[test]
fn an_entry_that_breaks_a_rule_is_not_counted_as_good() {
    let mut log = Log::new(600);
    log.records[300].leaf[31] ^= 1;
    log.hashes[300] = log.records[300].leaf_hash();
    let report =
        verify_log(&mut Published::new(&log), &log.policy(), None, &Options::default()).unwrap().report;
    assert_eq!((report.exit_code, report.counts.records), (2, 600), "{report}");
    assert!(report.counts.ok < 600, "{report}");
}

#[test]
fn a_size_that_is_only_claimed_costs_nothing() {
    struct Nothing(Vec<u8>);
    impl Fetch for Nothing {
        fn fetch(&mut self, paths: &[String]) -> Result<Vec<Option<Vec<u8>>>, VerifyError> {
            Ok(paths.iter().map(|path| (path == "checkpoint").then(|| self.0.clone())).collect())
        }
    }
    let log = Log::new(1);
    let checkpoint = Checkpoint::new(ORIGIN, u64::MAX, [0; 32]).unwrap();
    let mut nothing = Nothing(checkpoint.sign(&log.key).unwrap().to_string().into_bytes());
    let outcome = verify_log(&mut nothing, &log.policy_without_witness(), None, &Options::default());
    assert!(matches!(outcome, Err(VerifyError::NotFound { .. })));
}

#[test]
fn a_full_tile_does_for_a_partial_one() {
    let log = Log::new(600);
    let mut published = Published::new(&log);
    let larger = Published::new(&Log::new(768));
    for (partial, full) in [("tile/0/002.p/88", "tile/0/002"), ("tile/entries/002.p/88", "tile/entries/002")]
    {
        published.files.remove(partial).unwrap();
        published.files.insert(full.to_owned(), larger.files[full].clone());
    }
    let pin = kept(&log, 513);
    let found = verify_log(&mut published, &log.policy(), Some(&pin), &Options::default()).unwrap();
    assert_eq!(found.report.exit_code, 0, "{}", found.report);
}

#[test]
fn a_directory_is_a_log_too() {
    let log = Log::new(3);
    let entries: Vec<[u8; 76]> = (0..300)
        .map(|time| {
            let note = log.note(3);
            let id = "0192d3f0-7c1a-7000-8000-0000000000aa".parse().unwrap();
            tallystick_event::DirectoryEntry::new(id, note.unverified_text(), time).encode()
        })
        .collect();
    let hashes: Vec<_> = entries.iter().map(|entry| tallystick_merkle::leaf_hash(entry)).collect();
    let root = tallystick_merkle::root(300, &LeafHashes(&hashes)).unwrap();
    let checkpoint = Checkpoint::new(DIRECTORY, 300, root).unwrap();
    let mut note = checkpoint.sign(&log.directory_key).unwrap();
    let bundle = |range: std::ops::Range<usize>| tallystick_merkle::encode_bundle(&entries[range]).unwrap();
    let mut files = BTreeMap::new();
    files.insert("tile/entries/000".to_owned(), bundle(0..256));
    files.insert("tile/entries/001.p/44".to_owned(), bundle(256..300));
    files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    let mut published = Published { files };
    let found = verify_log(&mut published, &log.policy(), None, &Options::default()).unwrap();
    assert_eq!((found.report.exit_code, found.report.counts.ok), (3, 300), "{}", found.report);
    note.add(log.witness_key.cosign(&checkpoint, 1_795_168_900).unwrap()).unwrap();
    published.files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    let found = verify_log(&mut published, &log.policy(), None, &Options::default()).unwrap();
    assert_eq!(found.report.exit_code, 0, "{}", found.report);
}
