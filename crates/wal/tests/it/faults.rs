//! Every operation fails once, lost and once persisted; afterwards the log is reopened and checked in full.

use tallystick_wal::testing::{Dice, Effect, FaultDisk, PowerCut};
use tallystick_wal::{AppendError, CommitLog, OpenError, Record, TrimError};

use crate::support::{append, next_record, open, records, try_open};

/// Appends, with rotations and a trim, until one of the operations fails. Returns what was acknowledged, what was being
/// appended, and whether the fault was met.
fn run(disk: &FaultDisk, seed: u64) -> (Vec<Record>, Option<Record>, bool) {
    let mut dice = Dice::new(seed);
    let mut acknowledged: Vec<Record> = Vec::new();
    let mut log = match try_open(disk) {
        Ok((log, _)) => log,
        Err(OpenError::Io { .. }) => return (acknowledged, None, true),
        Err(other) => panic!("{other:?}"),
    };
    for round in 0..16 {
        let record = next_record(&log, &mut dice);
        match log.append(&record.payload, record.count) {
            Ok(_) => acknowledged.push(record),
            Err(_) if disk.is_dead() => return (acknowledged, Some(record), true),
            Err(AppendError::Fatal { .. }) => {
                assert_poisoned(&mut log);
                return (acknowledged, Some(record), true);
            }
            Err(AppendError::NoFile { .. }) => {
                log.append(&record.payload, record.count).unwrap();
                acknowledged.push(record);
            }
            Err(other) => panic!("{other:?}"),
        }
        if round == 11 {
            match log.trim(acknowledged[6].first_position) {
                Ok(_) => {}
                Err(_) if disk.is_dead() => return (acknowledged, None, true),
                Err(TrimError::Io { .. }) => drop(log.trim(acknowledged[6].first_position).unwrap()),
                Err(_) => assert_poisoned(&mut log),
            }
            let empty = Record { first_position: log.next_position(), count: 1, payload: Vec::new() };
            if log.append(&empty.payload, empty.count).is_err() {
                return (acknowledged, Some(empty), true);
            }
            acknowledged.push(empty);
        }
    }
    (acknowledged, None, disk.is_dead() || disk.fault_is_met())
}

fn assert_poisoned(log: &mut tallystick_wal::FileLog) {
    let error = log.append(b"after", 1).unwrap_err();
    assert!(matches!(error, AppendError::Poisoned { .. }), "{error:?}");
    assert!(error.to_string().contains("ordered fault"), "it says why: {error}");
    assert!(matches!(log.trim(log.next_position()), Err(TrimError::Poisoned { .. })));
    records(log); // what was acknowledged can still be read
}

#[test]
fn no_operation_that_fails_loses_or_doubles_an_acknowledged_record() {
    let mut met = 0;
    for can_allocate in [true, false] {
        for effect in [Some(Effect::Lost), Some(Effect::Persisted), None] {
            for n in 0.. {
                let disk = FaultDisk::new(n);
                disk.set_can_allocate(can_allocate);
                match effect {
                    Some(effect) => disk.fail_in(n, effect),
                    None => disk.kill_in(n),
                }
                let (acknowledged, in_flight, fault) = run(&disk, 5);
                if !fault {
                    break;
                }
                met += 1;
                check_after(&disk, &acknowledged, in_flight.as_ref(), &format!("{effect:?} {n}"));
            }
        }
    }
    assert!(met > 200, "{met} operations failed");
}

/// Every way in which the machine may go on after the fault.
fn check_after(disk: &FaultDisk, acknowledged: &[Record], in_flight: Option<&Record>, what: &str) {
    let some = [Some(PowerCut::KeepSome); 8];
    for (i, cut) in [None, Some(PowerCut::KeepNone)].into_iter().chain(some).enumerate() {
        let disk = disk.fork(i as u64);
        if let Some(cut) = cut {
            disk.cut_power(cut);
        }
        let (mut log, _) = open(&disk);
        let found = records(&log);
        let trimmed = acknowledged.iter().take_while(|r| r.first_position < log.first_position()).count();
        let (kept, more) = found.split_at(acknowledged.len() - trimmed);
        assert_eq!(kept, &acknowledged[trimmed..], "{what}, then {cut:?}");
        assert!(
            more.is_empty() || more == in_flight.into_iter().cloned().collect::<Vec<_>>(),
            "{what}: {more:?}"
        );
        append(&mut log, &mut Dice::new(9));
        let count = found.len() + 1;
        drop(log);
        assert_eq!(records(&open(&disk).0).len(), count, "{what}: it goes on");
    }
}

#[test]
fn opening_again_after_opening_failed_anywhere_finds_the_same_log() {
    let prepare = || {
        let (disk, mut dice) = (FaultDisk::new(1), Dice::new(1));
        let (mut log, _) = open(&disk);
        let acknowledged: Vec<_> = (0..10).map(|_| append(&mut log, &mut dice)).collect();
        let path = log.files().pop().unwrap();
        drop(log);
        // A write of which only later sectors arrived.
        crate::support::tamper(&disk, &path, |bytes| {
            let end = bytes.len() - 512;
            bytes[end - 100..end].fill(7);
        });
        (disk, acknowledged)
    };
    let mut failed = 0;
    for effect in [Effect::Lost, Effect::Persisted] {
        for n in 0.. {
            let (disk, acknowledged) = prepare();
            disk.fail_in(n, effect);
            let result = try_open(&disk);
            if !disk.fault_is_met() {
                break;
            }
            failed += u32::from(result.is_err());
            for cut in [None, Some(PowerCut::KeepSome)] {
                let disk = disk.fork(n);
                if let Some(cut) = cut {
                    disk.cut_power(cut);
                }
                assert_eq!(records(&open(&disk).0), acknowledged, "{effect:?} {n}");
            }
        }
    }
    assert!(failed >= 8, "{failed}");
}

#[test]
fn a_disk_that_cannot_be_read_is_not_a_damaged_log() {
    let disk = FaultDisk::new(1);
    let (mut log, _) = open(&disk);
    log.append(b"x", 1).unwrap();
    let mut reader = log.read_from(log.first_position()).unwrap();
    disk.set_reads_fail(true);
    assert!(matches!(reader.next(), Some(Err(tallystick_wal::ReadError::Io { .. }))));
    assert!(reader.next().is_none(), "nothing comes after an error");
    assert!(matches!(try_open(&disk), Err(OpenError::Io { .. })));
    disk.set_reads_fail(false);
    assert_eq!(open(&disk).1.records, 1);
}
