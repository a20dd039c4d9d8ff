//! Whole logs as they are published.

use tallystick_merkle::{Checkpoint, LeafHashes, SigningKey};
use tallystick_verify::{LogStatus, Options, Pin, verify_log, verify_since};

use crate::support::{Log, Published};

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
fn a_pin_that_cannot_be_believed_is_told_and_not_replaced() {
    let log = Log::new(20);
    let mut published = Published::new(&log);
    let other_key = SigningKey::new(crate::support::ORIGIN, &[9; 32]).unwrap();
    let other_log = SigningKey::new(crate::support::DIRECTORY, &[2; 32]).unwrap();
    let forged = log.checkpoint(10).sign(&other_key).unwrap();
    let foreign = Checkpoint::new(crate::support::DIRECTORY, 10, [0; 32]).unwrap().sign(&other_log).unwrap();
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

#[test]
fn a_forged_entry_is_named_by_its_tile() {
    let log = Log::new(600);
    let mut published = Published::new(&log);
    let mut forged = Log::new(600);
    forged.records[300].leaf[40] ^= 1;
    let bundle = Published::new(&forged).files.remove("tile/entries/001").unwrap();
    published.files.insert("tile/entries/001".to_owned(), bundle);
    let found = verify_log(&mut published, &log.policy(), None, &Options::default()).unwrap();
    assert!(found.report.to_string().contains("entry 300 is not the one"), "{}", found.report);
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
    let checkpoint = Checkpoint::new(crate::support::DIRECTORY, 300, root).unwrap();
    let mut note = checkpoint.sign(&log.directory_key).unwrap();
    let bundle = |range: std::ops::Range<usize>| tallystick_merkle::encode_bundle(&entries[range]).unwrap();
    let mut files = std::collections::BTreeMap::new();
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
