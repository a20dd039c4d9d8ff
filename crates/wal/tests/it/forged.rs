//! Files with right checksums and anything in between: opening ends with a whole log or with an error, and comes to the
//! same result again.

use proptest::prelude::*;
use tallystick_wal::testing::{FaultDisk, repair_checksums};
use tallystick_wal::{CommitLog, OpenError};

use crate::support::{at, dir, file, open, payload, records, tamper, try_open};

fn base() -> FaultDisk {
    let disk = FaultDisk::new(1);
    let (mut log, _) = open(&disk);
    for (length, count) in [(10, 1), (700, 3), (0, 1), (2000, 9)] {
        log.append(&payload(length as u64, length), count).unwrap();
    }
    disk
}

#[test]
fn repairing_an_intact_file_changes_nothing() {
    let disk = base();
    let before = disk.bytes(&file(0)).unwrap();
    tamper(&disk, &file(0), |bytes| repair_checksums(bytes));
    assert!(disk.bytes(&file(0)).unwrap() == before);
}

/// A change somewhere in the headers, where changes matter most.
fn change() -> impl Strategy<Value = (usize, u8)> {
    (0..10_usize, prop_oneof![4 => 0..36_usize, 1 => 0..512_usize], any::<u8>())
        .prop_map(|(sector, byte, value)| (sector * 512 + byte, value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn forged_files_never_make_a_broken_log(changes in prop::collection::vec(change(), 1..6), repair in any::<bool>()) {
        let disk = base();
        tamper(&disk, &file(0), |bytes| {
            for (at, value) in changes {
                bytes[at] = value;
            }
            if repair {
                repair_checksums(bytes);
            }
        });
        match try_open(&disk) {
            Ok((mut log, recovered)) => {
                prop_assert_eq!(records(&log).len() as u64, recovered.records);
                let count = recovered.records + u64::from(log.append(b"goes on", 1).is_ok());
                drop(log);
                let (log, again) = open(&disk);
                prop_assert!(again.dropped.is_none());
                prop_assert_eq!(records(&log).len() as u64, count);
            }
            Err(OpenError::Corrupt(corrupt)) => prop_assert_eq!(corrupt.file.parent(), Some(dir())),
            Err(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

#[test]
fn a_forged_position_at_the_end_of_the_range_is_handled() {
    let disk = base();
    let forged = file(u64::MAX);
    let mut bytes = disk.bytes(&file(0)).unwrap();
    bytes[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    bytes[512..].fill(0);
    repair_checksums(&mut bytes);
    disk.take(&file(0));
    disk.put(&forged, bytes);
    let (mut log, _) = open(&disk);
    assert_eq!(log.next_position(), at(u64::MAX));
    assert!(log.append(b"x", 1).is_err());
}
