//! What the tests share.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tallystick_wal::testing::{Dice, FaultDisk};
use tallystick_wal::{CommitLog, Corrupt, FileLog, OpenError, Options, Position, Record, Recovered};

/// Files so small that a handful of records needs several.
pub(crate) const SMALL: u64 = 8 * 1024;

pub(crate) fn dir() -> &'static Path {
    Path::new("/log")
}

pub(crate) fn options(file_bytes: u64) -> Options {
    Options { file_bytes, ..Options::default() }
}

pub(crate) fn open(disk: &FaultDisk) -> (FileLog, Recovered) {
    try_open(disk).unwrap()
}

pub(crate) fn try_open(disk: &FaultDisk) -> Result<(FileLog, Recovered), OpenError> {
    FileLog::open(dir(), Arc::new(disk.clone()), options(SMALL))
}

pub(crate) fn corrupt(disk: &FaultDisk) -> Corrupt {
    match try_open(disk) {
        Err(OpenError::Corrupt(corrupt)) => *corrupt,
        Err(other) => panic!("{other:?}"),
        Ok((_, recovered)) => panic!("opened: {recovered:?}"),
    }
}

/// All records, checked to follow each other.
pub(crate) fn records(log: &dyn CommitLog) -> Vec<Record> {
    let records: Vec<_> = log.read_from(log.first_position()).unwrap().collect::<Result<_, _>>().unwrap();
    let mut next = log.first_position();
    for record in &records {
        assert_eq!(record.first_position, next);
        next = record.end_position();
    }
    assert_eq!(next, log.next_position());
    records
}

/// A payload of which every byte depends on the position.
pub(crate) fn payload(position: u64, length: usize) -> Vec<u8> {
    let mut dice = Dice::new(position);
    (0..length).map(|_| b'!' + dice.below(90) as u8).collect()
}

/// Appends a record whose length and count follow from the dice, and returns it.
pub(crate) fn append(log: &mut FileLog, dice: &mut Dice) -> Record {
    let record = next_record(log, dice);
    let first = log.append(&record.payload, record.count).unwrap();
    assert_eq!(first, record.first_position);
    record
}

pub(crate) fn next_record(log: &FileLog, dice: &mut Dice) -> Record {
    let first_position = log.next_position();
    let length = match dice.below(4) {
        0 => dice.below(40),
        1 => dice.below(600),
        _ => dice.below(3000),
    };
    let mut payload = payload(first_position.0, length as usize);
    if dice.one_in(4) && payload.len() > 1200 {
        payload[100..1150].fill(0);
    }
    Record { first_position, count: dice.below(9) as u32 + 1, payload }
}

pub(crate) fn file(first: u64) -> PathBuf {
    dir().join(format!("{first:020}.log"))
}

/// Changes the bytes of a file from outside.
pub(crate) fn tamper(disk: &FaultDisk, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = disk.bytes(path).unwrap();
    change(&mut bytes);
    disk.put(path, bytes);
}

pub(crate) fn at(position: u64) -> Position {
    Position(position)
}
