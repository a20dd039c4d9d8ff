//! Random appends, rotations, trims, kills and power cuts: what was acknowledged is there, in order, once.

use proptest::prelude::*;
use tallystick_wal::testing::{Dice, Effect, FaultDisk, PowerCut};
use tallystick_wal::{CommitLog, FileLog, Record};

use crate::support::{append, next_record, open, records};

/// Runs a life of many openings; each one ends in a kill or a power cut, often in the middle of an append.
fn live(seed: u64, openings: usize) {
    let (disk, mut dice) = (FaultDisk::new(seed), Dice::new(seed ^ 0xABCD));
    disk.set_can_allocate(!dice.one_in(3));
    let mut acknowledged: Vec<Record> = Vec::new();
    let mut in_flight: Option<Record> = None;
    for _ in 0..openings {
        let (mut log, recovered) = open(&disk);
        let found = records(&log);
        // An unacknowledged last record may have survived; from now on it has to stay.
        if found.len() == acknowledged.len() + 1 {
            acknowledged.extend(in_flight.take());
        }
        assert_eq!(found, acknowledged, "seed {seed}");
        assert_eq!(recovered.records, found.len() as u64);
        in_flight = None;
        for _ in 0..dice.below(12) {
            acknowledged.push(append(&mut log, &mut dice));
        }
        if dice.one_in(3) && !acknowledged.is_empty() {
            let before = acknowledged[dice.below(acknowledged.len() as u64) as usize].first_position;
            log.trim(before).unwrap();
            acknowledged.retain(|record| record.first_position >= log.first_position());
        }
        if dice.one_in(2) {
            match die_while_appending(&disk, log, &mut dice) {
                Ok(record) => acknowledged.push(record),
                Err(record) => in_flight = Some(record),
            }
        }
        match dice.below(3) {
            0 => disk.cut_power(PowerCut::KeepNone),
            1 => disk.cut_power(PowerCut::KeepSome),
            _ => disk.restart(), // the system keeps what it has
        }
    }
}

/// Stops somewhere inside an append: the process is killed, or one of the operations fails.
/// `Ok` is the record if it was acknowledged all the same.
fn die_while_appending(disk: &FaultDisk, mut log: FileLog, dice: &mut Dice) -> Result<Record, Record> {
    let record = next_record(&log, dice);
    match dice.below(3) {
        0 => disk.fail_in(dice.below(2), Effect::Lost),
        1 => disk.fail_in(dice.below(2), Effect::Persisted),
        _ => disk.kill_in(dice.below(6)),
    }
    if log.append(&record.payload, record.count).is_ok() { Ok(record) } else { Err(record) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_is_there_in_order_once(seed in any::<u64>()) {
        live(seed, 12);
    }
}

/// A process that was killed leaves its last record in the system's memory. Once an opening has reported it, a later
/// power cut must not take it away.
#[test]
fn what_an_opening_has_reported_survives_a_power_cut() {
    for seed in 0..50 {
        let disk = FaultDisk::new(seed);
        let (mut log, _) = open(&disk);
        log.append(&[b'a'; 700], 1).unwrap();
        disk.fail_in(1, Effect::Lost); // the sync: nothing is on the disk, and the system has forgotten that
        log.append(&[b'b'; 1700], 1).unwrap_err();
        drop(log);
        let (log, recovered) = open(&disk);
        assert_eq!(recovered.records, 2, "the write is in the system's memory");
        drop(log);
        disk.cut_power(PowerCut::KeepNone);
        assert_eq!(open(&disk).1.records, 2);
    }
}

#[test]
fn a_write_cut_short_by_a_power_cut_is_dropped_and_reported() {
    let (mut dropped, mut whole, mut absent) = (0, 0, 0);
    for seed in 0..400 {
        let disk = FaultDisk::new(seed);
        let (mut log, _) = open(&disk);
        log.append(&[b'a'; 700], 3).unwrap();
        let end = 512 + 1024;
        disk.kill_in(1); // after the write, before the sync
        log.append(&[b'b'; 1500], 1).unwrap_err();
        drop(log);
        disk.cut_power(PowerCut::KeepSome);
        let (log, recovered) = open(&disk);
        if recovered.records == 2 {
            whole += 1;
            continue;
        }
        assert_eq!((recovered.records, log.next_position().0), (1, 3));
        match &recovered.dropped {
            Some(found) => {
                dropped += 1;
                assert_eq!((found.offset, found.damaged), (end, false));
                assert!((512..=2048).contains(&found.bytes) && recovered.dropped_bytes() == found.bytes);
            }
            None => absent += 1,
        }
        assert!(open(&disk).1.dropped.is_none(), "it is gone after the first opening");
    }
    assert!(dropped > 250 && whole > 5 && absent > 5, "{dropped} {whole} {absent}");
}
