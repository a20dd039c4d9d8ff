//! Appending, reading, rotation and trimming when nothing fails.

use std::sync::Arc;

use tallystick_wal::limits::MAX_RECORD_BYTES;
use tallystick_wal::testing::{Dice, FaultDisk, PowerCut};
use tallystick_wal::{AppendError, CommitLog, Damage, FileLog, OpenError, Options, ReadError};

use crate::support::{SMALL, append, at, dir, file, open, options, payload, records};

#[test]
fn a_new_log_is_empty_and_starts_where_it_is_told() {
    let disk = FaultDisk::new(1);
    let given = Options { start: at(1000), ..options(SMALL) };
    let (mut log, recovered) = FileLog::open(dir(), Arc::new(disk.clone()), given).unwrap();
    assert!(recovered.created && recovered.records == 0);
    assert_eq!((log.first_position(), log.next_position()), (at(1000), at(1000)));
    assert_eq!(log.append(b"one", 5).unwrap(), at(1000));
    assert_eq!(log.next_position(), at(1005));
    drop(log);
    let (log, recovered) = open(&disk);
    assert!(!recovered.created, "the start matters only to a new log");
    assert_eq!((recovered.first_position, recovered.next_position), (at(1000), at(1005)));
    assert_eq!((recovered.records, recovered.payload_bytes, recovered.dropped), (1, 3, None));
    assert_eq!(records(&log).len(), 1);
}

#[test]
fn records_come_back_in_order_across_files_and_openings() {
    let (disk, mut dice) = (FaultDisk::new(2), Dice::new(2));
    let mut written = Vec::new();
    for _ in 0..5 {
        let (mut log, recovered) = open(&disk);
        assert_eq!(recovered.records, written.len() as u64);
        for _ in 0..20 {
            written.push(append(&mut log, &mut dice));
        }
        assert_eq!(records(&log), written);
    }
    let (log, recovered) = open(&disk);
    assert!(recovered.files > 10, "{recovered:?}");
    assert_eq!(log.files().len(), recovered.files);
    assert_eq!(log.stored_bytes(), recovered.files as u64 * SMALL);
    assert_eq!(records(&log), written);
}

#[test]
fn reading_starts_with_the_record_that_holds_the_position() {
    let (disk, mut dice) = (FaultDisk::new(3), Dice::new(3));
    let (mut log, _) = open(&disk);
    let written: Vec<_> = (0..40).map(|_| append(&mut log, &mut dice)).collect();
    for from in 0..=log.next_position().0 {
        let read: Vec<_> = log.read_from(at(from)).unwrap().map(Result::unwrap).collect();
        let expected: Vec<_> = written.iter().filter(|r| r.end_position() > at(from)).cloned().collect();
        assert_eq!(read, expected, "from {from}");
    }
    let beyond = log.next_position().0 + 1;
    assert!(matches!(log.read_from(at(beyond)), Err(ReadError::Beyond { .. })));
}

#[test]
fn a_reader_sees_what_was_durable_when_it_was_made() {
    let disk = FaultDisk::new(4);
    let (mut log, _) = open(&disk);
    log.append(b"a", 1).unwrap();
    let reader = log.read_from(at(0)).unwrap();
    for _ in 0..50 {
        log.append(&payload(1, 1000), 1).unwrap();
    }
    assert_eq!(reader.count(), 1);
}

#[test]
fn a_record_larger_than_a_file_gets_a_file_of_its_own() {
    let disk = FaultDisk::new(5);
    let (mut log, _) = open(&disk);
    let large = payload(7, 3 * SMALL as usize);
    log.append(&large, 1).unwrap();
    assert_eq!(log.files(), [file(0)], "an empty file is replaced rather than left behind");
    log.append(b"small", 1).unwrap();
    log.append(&large, 1).unwrap();
    log.append(b"small", 1).unwrap();
    assert_eq!(log.files(), [file(0), file(1), file(2), file(3)]);
    let (log, recovered) = open(&disk);
    assert_eq!(recovered.records, 4);
    assert_eq!(records(&log)[2].payload, large);
}

#[test]
fn an_empty_file_after_others_is_replaced_too() {
    let disk = FaultDisk::new(5);
    let (mut log, _) = open(&disk);
    log.append(&payload(0, 7000), 1).unwrap();
    let before = disk.operations();
    disk.kill_in(7); // create, allocate, header, sync, rename, sync of the directory, end of the old file
    log.append(&payload(1, 7000), 1).unwrap_err();
    assert_eq!(disk.operations(), before + 8);
    drop(log);
    disk.restart();
    let (mut log, recovered) = open(&disk);
    assert_eq!((recovered.files, recovered.records), (2, 1), "the last file is empty");
    log.append(&payload(1, 9000), 1).unwrap();
    assert_eq!(log.files(), [file(0), file(1)]);
    drop(log);
    assert_eq!(records(&open(&disk).0).len(), 2);
}

#[test]
fn records_fill_a_file_to_the_sector_before_its_last() {
    for length in SMALL as usize - 1700..SMALL as usize - 900 {
        let disk = FaultDisk::new(6);
        let (mut log, _) = open(&disk);
        log.append(&payload(1, length), 1).unwrap();
        log.append(b"next", 1).unwrap();
        drop(log);
        let (log, _) = open(&disk);
        assert_eq!(records(&log).len(), 2, "{length}");
    }
}

#[test]
fn what_breaks_a_limit_is_refused_and_changes_nothing() {
    let disk = FaultDisk::new(7);
    let given = Options { start: at(u64::MAX - 10), ..options(SMALL) };
    let (mut log, _) = FileLog::open(dir(), Arc::new(disk.clone()), given).unwrap();
    let before = disk.operations();
    let large = vec![1; MAX_RECORD_BYTES + 1];
    assert!(
        matches!(log.append(&large, 1), Err(AppendError::TooLarge { bytes, .. }) if bytes == large.len())
    );
    assert!(matches!(log.append(b"x", 0), Err(AppendError::NoEntries)));
    assert!(matches!(log.append(b"x", 11), Err(AppendError::NoPositions { .. })));
    assert_eq!(disk.operations(), before);
    log.append(&large[1..], 10).unwrap();
    assert_eq!(records(&log)[0].payload.len(), MAX_RECORD_BYTES);
}

#[test]
fn options_outside_their_limits_are_refused() {
    for file_bytes in [0, 1024, SMALL + 1, 2 << 30] {
        let opened = FileLog::open(dir(), Arc::new(FaultDisk::new(0)), options(file_bytes));
        assert!(matches!(opened, Err(OpenError::Option { .. })), "{file_bytes}");
    }
}

#[test]
fn trim_deletes_whole_files_below_a_position() {
    let (disk, mut dice) = (FaultDisk::new(8), Dice::new(8));
    let (mut log, _) = open(&disk);
    let written: Vec<_> = (0..60).map(|_| append(&mut log, &mut dice)).collect();
    let files = log.files();
    let second = files[2].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(log.trim(at(second - 1)).unwrap().files, 1);
    let trimmed = log.trim(at(second)).unwrap();
    assert_eq!((trimmed.files, trimmed.bytes), (1, SMALL));
    assert_eq!((log.files(), log.first_position()), (files[2..].to_vec(), at(second)));
    assert!(matches!(log.read_from(at(second - 1)), Err(ReadError::Trimmed { .. })));
    assert_eq!(log.trim(at(second)).unwrap().files, 0);
    disk.cut_power(PowerCut::KeepNone);
    let (mut log, _) = open(&disk);
    let left: Vec<_> = written.into_iter().filter(|r| r.first_position >= at(second)).collect();
    assert_eq!(records(&log), left);

    log.trim(log.next_position()).unwrap();
    assert_eq!(log.files().len(), 1, "the file being written stays, and with it the next position");
    let next = log.next_position();
    drop(log);
    assert_eq!(open(&disk).0.next_position(), next);
}

#[test]
fn the_loss_of_the_newest_entries_is_seen_by_whoever_remembers_them() {
    let disk = FaultDisk::new(9);
    let must_hold = |position| {
        let given = Options { must_hold: Some(at(position)), ..options(SMALL) };
        FileLog::open(dir(), Arc::new(disk.clone()), given)
    };
    let missing = |opened: Result<_, OpenError>| {
        matches!(opened,
        Err(OpenError::Corrupt(c)) if c.damage == Damage::MissingFile)
    };
    assert!(missing(must_hold(0)), "no files at all");
    let given = Options { start: at(10), ..options(SMALL) };
    let (mut log, _) = FileLog::open(dir(), Arc::new(disk.clone()), given).unwrap();
    log.append(b"x", 5).unwrap();
    drop(log);
    for position in 10..=15 {
        must_hold(position).unwrap();
    }
    assert!(missing(must_hold(9)), "begins too late");
    assert!(missing(must_hold(16)), "ends too early");
}
