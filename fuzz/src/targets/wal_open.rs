//! Commit log files with any bytes in them: opening ends with a readable log or with an error, never with a panic, and
//! opening again finds the same.

use std::path::Path;
use std::sync::Arc;

use tallystick_wal::limits::FILE_BYTES_MIN;
use tallystick_wal::testing::FaultDisk;
use tallystick_wal::{CommitLog, FileLog, Options, Position};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "wal_open", seeds, run };

const FOLDER: &str = "/log";

fn options() -> Options {
    Options { file_bytes: 4 * FILE_BYTES_MIN, ..Options::default() }
}

fn seeds() -> Vec<Vec<u8>> {
    let lengths: [&[usize]; 4] = [&[], &[1], &[100, 513, 7], &[2_000]];
    lengths.map(file_with).into()
}

/// The bytes of a log file that holds payloads of these lengths.
fn file_with(lengths: &[usize]) -> Vec<u8> {
    let disk = FaultDisk::new(1);
    let (mut log, _) = FileLog::open(Path::new(FOLDER), Arc::new(disk.clone()), options())
        .expect("an empty folder can be opened");
    for length in lengths {
        log.append(&vec![b'e'; *length], 3).expect("a disk without faults takes a record");
    }
    disk.bytes(&log.files()[0]).expect("the log's file is on the disk")
}

fn run(input: &[u8]) {
    let disk = FaultDisk::new(1);
    disk.put(&Path::new(FOLDER).join(format!("{:020}.log", 0)), input.to_vec());
    let Some((records, next)) = open(&disk) else { return };
    assert_eq!(open(&disk), Some((records, next)), "recovery is done once and then changes nothing");
}

/// How many records there are, and the position after them; none if the log refuses to open.
fn open(disk: &FaultDisk) -> Option<(usize, Position)> {
    let (log, recovered) = FileLog::open(Path::new(FOLDER), Arc::new(disk.clone()), options()).ok()?;
    let mut next = log.first_position();
    let mut count = 0;
    for record in log.read_from(next).expect("the first position can be read from") {
        let record = record.expect("what was checked at the opening can be read");
        assert_eq!(record.first_position, next, "records follow one another");
        next = record.end_position();
        count += 1;
    }
    assert_eq!(next, recovered.next_position);
    Some((count, next))
}
