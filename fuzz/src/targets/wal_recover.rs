//! Commit log files with right checksums and anything in between: recovery gets past the checksums, and still
//! ends with a
//! log that reads, takes a record and opens again, or with an error.

use std::path::Path;
use std::sync::Arc;

use tallystick_wal::testing::{FaultDisk, repair_checksums};
use tallystick_wal::{CommitLog, FileLog, Options};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "wal_recover", seeds, run };

const FOLDER: &str = "/log";
/// Bytes of a file: room for a few records.
const FILE_BYTES: u64 = 8 * 1024;

/// A file with records of these lengths, sectors of zeros among them.
fn seeds() -> Vec<Vec<u8>> {
    let lengths: [&[usize]; 4] = [&[], &[0, 1, 472, 473], &[700, 700, 700], &[3_000, 20]];
    lengths.map(file_with).into()
}

fn file_with(lengths: &[usize]) -> Vec<u8> {
    let disk = FaultDisk::new(1);
    let mut log = open(&disk).expect("an empty folder can be opened");
    for length in lengths {
        log.append(&vec![0; *length], 2).expect("a disk without faults takes a record");
    }
    disk.bytes(&log.files()[0]).expect("the log's file is on the disk")
}

fn open(disk: &FaultDisk) -> Option<FileLog> {
    let options = Options { file_bytes: FILE_BYTES, ..Options::default() };
    Some(FileLog::open(Path::new(FOLDER), Arc::new(disk.clone()), options).ok()?.0)
}

fn run(input: &[u8]) {
    let mut bytes = input.to_vec();
    repair_checksums(&mut bytes);
    let disk = FaultDisk::new(1);
    disk.put(&Path::new(FOLDER).join(format!("{:020}.log", 0)), bytes);
    let Some(mut log) = open(&disk) else { return };
    let mut payloads = read(&log);
    if log.append(b"goes on", 1).is_ok() {
        payloads.push(b"goes on".to_vec());
    }
    drop(log);
    let log = open(&disk).expect("a log that was open a moment ago opens again");
    assert!(read(&log) == payloads, "what was read is still there, and the new record behind it");
}

fn read(log: &FileLog) -> Vec<Vec<u8>> {
    let records = log.read_from(log.first_position()).expect("the first position can be read from");
    records.map(|record| record.expect("what was checked at the opening can be read").payload).collect()
}
