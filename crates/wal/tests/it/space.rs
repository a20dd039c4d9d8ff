//! A full disk: the append is refused and has changed nothing, and the same log goes on when there is room again.

use tallystick_wal::testing::{Dice, FaultDisk, PowerCut, Space};
use tallystick_wal::{AppendError, CommitLog};

use crate::support::{SMALL, append, file, open, payload, records};

#[test]
fn a_full_disk_shows_at_rotation_and_not_before() {
    for can_allocate in [true, false] {
        let disk = FaultDisk::new(1);
        disk.set_can_allocate(can_allocate);
        disk.set_space(Space::Reserved(2 * SMALL + 1000));
        let (mut log, _) = open(&disk);
        let mut acknowledged = 0;
        let error = loop {
            match log.append(&payload(acknowledged, 1000), 1) {
                Ok(_) => acknowledged += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, AppendError::NoSpace { .. }), "{error:?}");
        assert_eq!(acknowledged, 8, "both files are full to the last sector");
        assert_eq!(log.files().len(), 2);
        assert!(disk.bytes(&file(8).with_extension("log.tmp")).is_none(), "nothing is left of the attempt");
        assert!(matches!(log.append(&payload(8, 1000), 1), Err(AppendError::NoSpace { .. })), "still");

        log.trim(log.next_position()).unwrap();
        assert_eq!(log.append(&payload(8, 1000), 1).unwrap().0, 8, "there is room again, in the same log");
        disk.cut_power(PowerCut::KeepNone);
        assert_eq!(open(&disk).1.next_position.0, 9);
    }
}

/// On a file system that copies on write, reserving promises nothing and a write itself can run out of room half-way.
#[test]
fn a_write_that_runs_out_of_room_half_way_is_taken_back() {
    for room in 0..12 {
        for reopen_first in [false, true] {
            let (disk, mut dice) = (FaultDisk::new(room), Dice::new(room));
            let (mut log, _) = open(&disk);
            let mut acknowledged = vec![append(&mut log, &mut dice)];
            if reopen_first {
                drop(log);
                (log, _) = open(&disk);
            }
            let before = disk.bytes(&file(0)).unwrap();
            disk.set_space(Space::Written(room * 512));
            let large = payload(99, 4000);
            if log.append(&large, 1).is_ok() {
                assert!(room >= 7, "{room} sectors are not enough for eight, one of which the mark had");
                continue;
            }
            assert!(disk.bytes(&file(0)).unwrap() == before, "room for {room} sectors: it changed something");
            let after_power_cut = disk.fork(room);
            after_power_cut.cut_power(PowerCut::KeepSome);
            assert_eq!(records(&open(&after_power_cut).0), acknowledged);

            disk.set_space(Space::Unlimited);
            acknowledged.push(append(&mut log, &mut dice));
            log.append(&large, 1).unwrap();
            disk.cut_power(PowerCut::KeepSome);
            let (log, recovered) = open(&disk);
            assert_eq!(recovered.dropped, None);
            let found = records(&log);
            assert_eq!(found[..2], acknowledged);
            assert_eq!(found[2].payload, large);
        }
    }
}

#[test]
fn a_new_log_on_a_full_disk_says_so() {
    let disk = FaultDisk::new(1);
    disk.set_space(Space::Reserved(SMALL - 1));
    let error = crate::support::try_open(&disk).unwrap_err();
    assert!(matches!(error, tallystick_wal::OpenError::NoSpace { .. }), "{error:?}");
    disk.set_space(Space::Unlimited);
    assert!(open(&disk).1.created);
}

/// What is left of a refused write must not mix with the next one when the power goes.
#[test]
fn a_write_that_was_taken_back_never_comes_back() {
    for seed in 0..200 {
        let disk = FaultDisk::new(seed);
        let (mut log, _) = open(&disk);
        log.append(b"first", 1).unwrap();
        disk.set_space(Space::Written(5 * 512));
        assert!(matches!(log.append(&payload(1, 4000), 1), Err(AppendError::NoSpace { .. })));
        disk.set_space(Space::Unlimited);
        disk.kill_in(1); // the next record is written but not synced
        log.append(&payload(2, 4000), 1).unwrap_err();
        drop(log);
        disk.cut_power(PowerCut::KeepSome);
        let (log, _) = open(&disk);
        assert_eq!(records(&log)[0].payload, b"first", "seed {seed}");
    }
}
