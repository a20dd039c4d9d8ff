//! Damage from outside: every flipped bit and every truncation is found, or has no effect that matters.

use std::sync::Arc;

use tallystick_wal::testing::{Dice, FaultDisk};
use tallystick_wal::{CommitLog, Damage, FileLog, OpenError, Options, ReadError};

use crate::support::{
    SMALL, append, at, corrupt, dir, file, open, options, payload, records, tamper, try_open,
};

/// A log in one file: records at byte 512 (2 sectors), 1536 (1), 2048 (4), and a mark at 4096.
fn three_records() -> FaultDisk {
    let disk = FaultDisk::new(1);
    let (mut log, _) = open(&disk);
    for (length, count) in [(600, 2), (100, 1), (1800, 4)] {
        log.append(&payload(length as u64, length), count).unwrap();
    }
    disk
}
const FIRST: usize = 512;
const SECOND: usize = 1536;
const THIRD: usize = 2048;
const MARK: usize = 4096;

#[test]
fn every_flipped_bit_of_a_log_is_found() {
    let disk = three_records();
    let bytes = disk.bytes(&file(0)).unwrap();
    for at in 0..bytes.len() {
        let bit = 1 << (at % 8);
        let damaged = disk.fork(0);
        tamper(&damaged, &file(0), |bytes| bytes[at] ^= bit);
        if at >= MARK + 512 {
            // Room that was never written: nothing is lost, and it is reported and cleared.
            let (log, recovered) = open(&damaged);
            assert_eq!((recovered.records, recovered.dropped.is_some()), (3, true), "byte {at}");
            assert_eq!(records(&log).len(), 3);
            assert!(damaged.bytes(&file(0)).unwrap() == bytes, "byte {at}");
            continue;
        }
        let found = corrupt(&damaged);
        assert_eq!(found.file, file(0));
        let frame = match at {
            ..FIRST => found.offset, // judged by other fields of the header
            FIRST..SECOND => FIRST as u64,
            SECOND..THIRD => SECOND as u64,
            THIRD..MARK => THIRD as u64,
            _ => MARK as u64,
        };
        assert_eq!(found.offset, frame, "byte {at}: {found}");
        let damage = match at {
            ..FIRST => Damage::FileHeader,
            MARK.. => Damage::LastRecord,
            _ => Damage::Record,
        };
        assert_eq!(found.damage, damage, "byte {at}: {found}");
        let mut before = bytes.clone();
        before[at] ^= bit;
        assert!(damaged.bytes(&file(0)).unwrap() == before, "a refused log is not touched");
    }
}

/// The mark after the last record may not have reached the disk. Even then a flipped bit does not look like a write
/// that was cut short.
#[test]
fn every_flipped_bit_of_an_unmarked_last_record_is_found() {
    let disk = three_records();
    tamper(&disk, &file(0), |bytes| bytes[MARK..MARK + 512].fill(0));
    for at in THIRD..MARK {
        let damaged = disk.fork(0);
        tamper(&damaged, &file(0), |bytes| bytes[at] ^= 1 << (at % 8));
        let found = corrupt(&damaged);
        assert_eq!((found.damage, found.offset), (Damage::LastRecord, THIRD as u64), "byte {at}: {found}");
    }
}

/// Sectors that are zero because the payload is are not missing ones.
#[test]
fn a_payload_of_zeros_is_no_unfinished_write() {
    let disk = FaultDisk::new(1);
    let (mut log, _) = open(&disk);
    log.append(&[0; 3000], 1).unwrap();
    drop(log);
    tamper(&disk, &file(0), |bytes| bytes[512 + 6 * 512..].fill(0)); // the mark
    assert_eq!(records(&open(&disk).0)[0].payload, [0; 3000]);
    tamper(&disk, &file(0), |bytes| bytes[512 + 6 * 512..].fill(0));
    for at in [512 + 40, 512 + 600, 512 + 5 * 512] {
        let damaged = disk.fork(0);
        tamper(&damaged, &file(0), |bytes| bytes[at] ^= 1);
        assert_eq!(corrupt(&damaged).damage, Damage::LastRecord, "byte {at}");
    }
    tamper(&disk, &file(0), |bytes| bytes[512 + 5 * 512..].fill(0));
    assert!(open(&disk).1.dropped.is_some(), "the last sector is missing");
}

#[test]
fn missing_sectors_of_the_last_record_mean_unfinished_only_without_a_mark() {
    for marked in [true, false] {
        for missing in 1_usize..16 {
            let disk = three_records();
            tamper(&disk, &file(0), |bytes| {
                for sector in (0..4).filter(|sector| missing & (1 << sector) != 0) {
                    bytes[THIRD + sector * 512..][..512].fill(0);
                }
                if !marked {
                    bytes[MARK..MARK + 512].fill(0);
                }
            });
            if marked {
                assert_eq!(corrupt(&disk).damage, Damage::Record, "{missing:04b}");
            } else {
                let (log, recovered) = open(&disk);
                assert_eq!((recovered.records, log.next_position()), (2, at(3)), "{missing:04b}");
                assert_eq!(recovered.dropped.is_some(), missing != 0b1111);
            }
        }
    }
}

#[test]
fn a_zeroed_record_before_the_last_is_found() {
    for (from, to) in [(FIRST, SECOND), (SECOND, THIRD), (FIRST, THIRD), (FIRST + 512, SECOND)] {
        let disk = three_records();
        tamper(&disk, &file(0), |bytes| bytes[from..to].fill(0));
        assert_eq!(corrupt(&disk).damage, Damage::Record, "{from}..{to}");
    }
}

#[test]
fn every_truncation_and_every_extension_is_found() {
    let disk = three_records();
    for length in (0..SMALL as usize).chain([SMALL as usize + 1, SMALL as usize + 512]) {
        let damaged = disk.fork(0);
        tamper(&damaged, &file(0), |bytes| bytes.resize(length, 0));
        let found = corrupt(&damaged);
        assert_eq!(found.damage, Damage::Size, "{length}: {found}");
    }
}

type Change = fn(&mut Vec<u8>);

#[test]
fn records_that_are_doubled_dropped_or_exchanged_are_found() {
    let same_size = || {
        let disk = FaultDisk::new(1);
        let (mut log, _) = open(&disk);
        for i in 0..4 {
            log.append(&payload(i, 100), 1).unwrap();
        }
        disk
    };
    let changes: [(&str, Change); 4] = [
        ("exchanged", |bytes| {
            let (a, b) = bytes[512..1536].split_at_mut(512);
            a.swap_with_slice(b);
        }),
        ("doubled", |bytes| bytes.copy_within(512..1024, 1024)),
        ("left out", |bytes| bytes.copy_within(1024..3072, 512)),
        ("last one left out", |bytes| bytes.copy_within(2560..3072, 2048)),
    ];
    for (what, change) in changes {
        let disk = same_size();
        tamper(&disk, &file(0), change);
        assert_eq!(corrupt(&disk).damage, Damage::Sequence, "{what}");
    }
    // A record of another log at the same position.
    let (disk, other) = (same_size(), FaultDisk::new(1));
    let (mut log, _) = open(&other);
    log.append(b"another", 1).unwrap();
    log.append(&payload(1, 100), 1).unwrap();
    let record = other.bytes(&file(0)).unwrap()[1024..1536].to_vec();
    tamper(&disk, &file(0), |bytes| bytes[1024..1536].copy_from_slice(&record));
    assert_eq!(corrupt(&disk).damage, Damage::Sequence);
}

fn many_files() -> (FaultDisk, Vec<std::path::PathBuf>) {
    let (disk, mut dice) = (FaultDisk::new(3), Dice::new(3));
    let (mut log, _) = open(&disk);
    while log.files().len() < 5 {
        append(&mut log, &mut dice);
    }
    (disk, log.files())
}

#[test]
fn a_missing_or_foreign_file_is_found() {
    let (disk, files) = many_files();
    for missing in &files[1..] {
        let damaged = disk.fork(0);
        damaged.take(missing);
        let found = corrupt(&damaged);
        assert_eq!((found.damage, &found.file), (Damage::MissingFile, missing));
    }
    let damaged = disk.fork(0);
    damaged.put(&files[1], disk.bytes(&files[2]).unwrap());
    assert_eq!(corrupt(&damaged).damage, Damage::FileHeader, "a file under another one's name");

    // A file of another log that covers the same positions.
    let other = FaultDisk::new(4);
    let start: u64 = files[4].file_stem().unwrap().to_str().unwrap().parse().unwrap();
    FileLog::open(dir(), Arc::new(other.clone()), Options { start: at(start), ..options(SMALL) }).unwrap();
    let damaged = disk.fork(0);
    damaged.put(&files[4], other.bytes(&files[4]).unwrap());
    assert_eq!(corrupt(&damaged).damage, Damage::Sequence);
}

#[test]
fn any_damage_in_a_file_that_another_one_follows_is_found() {
    let (disk, files) = many_files();
    let bytes = disk.bytes(&files[1]).unwrap();
    for at in 0..bytes.len() {
        let damaged = disk.fork(0);
        tamper(&damaged, &files[1], |bytes| bytes[at] ^= 1 << (at % 8));
        assert_eq!(corrupt(&damaged).file, files[1], "byte {at}");
    }
    for from in (512..bytes.len()).step_by(512).filter(|from| bytes[*from] != 0) {
        let damaged = disk.fork(0);
        tamper(&damaged, &files[1], |bytes| bytes[from..].fill(0));
        // The end frame may be missing after a crash; everything before it may not.
        match try_open(&damaged) {
            Ok((log, _)) => assert_eq!(records(&log), records(&open(&disk).0)),
            Err(OpenError::Corrupt(found)) => {
                assert!(found.file == files[1] || found.damage == Damage::MissingFile);
            }
            Err(other) => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_unknown_version_is_named() {
    let disk = three_records();
    tamper(&disk, &file(0), |bytes| {
        bytes[8] = 9;
        let crc = crc32c::crc32c(&bytes[..508]);
        bytes[508..512].copy_from_slice(&crc.to_le_bytes());
    });
    let found = corrupt(&disk);
    assert_eq!(
        (found.damage, found.expected.as_str(), found.found.as_str()),
        (Damage::Version, "version 1", "version 9")
    );
    let name = file(0).display().to_string();
    assert_eq!(
        found.to_string(),
        format!("commit log file {name} is damaged at byte 8: expected version 1, found version 9")
    );
}

#[test]
fn an_operator_can_give_up_a_damaged_last_record_and_only_that() {
    let given = Options { drop_damaged_last_record: true, ..options(SMALL) };
    let disk = three_records();
    tamper(&disk, &file(0), |bytes| {
        bytes[MARK..MARK + 512].fill(0);
        bytes[THIRD + 900] ^= 4;
    });
    assert_eq!(corrupt(&disk).damage, Damage::LastRecord);
    let (mut log, recovered) = FileLog::open(dir(), Arc::new(disk.clone()), given).unwrap();
    let dropped = recovered.dropped.unwrap();
    assert_eq!((dropped.offset, dropped.bytes, dropped.damaged), (THIRD as u64, 2048, true));
    assert_eq!(log.append(b"instead", 1).unwrap(), at(3));
    drop(log);
    assert_eq!(open(&disk).1.records, 3);

    let disk = three_records();
    tamper(&disk, &file(0), |bytes| bytes[THIRD + 900] ^= 4);
    let refused = FileLog::open(dir(), Arc::new(disk), given);
    assert!(
        matches!(refused, Err(OpenError::Corrupt(c)) if c.damage == Damage::Record),
        "the mark proves it"
    );
}

#[test]
fn a_reader_finds_damage_that_happens_after_opening() {
    let disk = three_records();
    let (log, _) = open(&disk);
    tamper(&disk, &file(0), |bytes| bytes[SECOND + 50] ^= 1);
    let mut reader = log.read_from(at(0)).unwrap();
    assert!(reader.next().unwrap().is_ok());
    let error = reader.next().unwrap().unwrap_err();
    assert!(matches!(&error, ReadError::Corrupt(c) if c.offset == SECOND as u64), "{error:?}");
    assert!(reader.next().is_none());
}
