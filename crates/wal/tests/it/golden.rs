//! Files of every version of the format must open for ever.

use std::path::Path;
use std::sync::Arc;

use tallystick_wal::testing::FaultDisk;
use tallystick_wal::{CommitLog, FileLog, Options, Record};

use crate::support::{at, dir, file, options, payload, records};

const NAMES: [u64; 3] = [100, 105, 107];

/// What the files of `testdata/v1` hold.
fn contents() -> Vec<Record> {
    let record = |first: u64, count, payload| Record { first_position: at(first), count, payload };
    vec![
        record(100, 4, payload(1, 700)),
        record(104, 1, Vec::new()),
        record(105, 2, [payload(2, 476), vec![0; 1024], payload(3, 2000)].concat()),
        record(107, 1, payload(4, 472)),
        record(108, 3, payload(5, 473)),
    ]
}

fn write() -> FaultDisk {
    let disk = FaultDisk::new(1);
    let given = Options { start: at(100), ..options(4096) };
    let (mut log, _) = FileLog::open(dir(), Arc::new(disk.clone()), given).unwrap();
    for record in contents() {
        log.append(&record.payload, record.count).unwrap();
    }
    assert_eq!(log.files(), NAMES.map(file));
    disk
}

fn testdata(first: u64) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/v1").join(file(first).file_name().unwrap())
}

#[test]
fn version_1_opens() {
    let disk = FaultDisk::new(1);
    for first in NAMES {
        disk.put(&file(first), std::fs::read(testdata(first)).unwrap());
    }
    let (log, recovered) = FileLog::open(dir(), Arc::new(disk), options(4096)).unwrap();
    assert_eq!(recovered.dropped, None);
    assert_eq!(records(&log), contents());
}

#[test]
fn version_1_is_still_what_is_written() {
    let disk = write();
    for first in NAMES {
        let (written, kept) = (disk.bytes(&file(first)).unwrap(), std::fs::read(testdata(first)).unwrap());
        let differs = written.iter().zip(&kept).position(|(a, b)| a != b);
        assert!(written == kept, "{} differs from byte {differs:?}", testdata(first).display());
    }
}

#[test]
#[ignore = "writes the golden files; only for a new version of the format, into a new folder"]
fn write_golden_files() {
    let disk = write();
    for first in NAMES {
        std::fs::write(testdata(first), disk.bytes(&file(first)).unwrap()).unwrap();
    }
}
