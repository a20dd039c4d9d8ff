//! Killed, unplugged and failing at every step: what has left is never contradicted.

use std::sync::Arc;

use tallystick_wal::testing::{Effect, FaultDisk, PowerCut};
use tallystick_witness::{Refusal, StateError, Witness};

use crate::history::{NOW, SHARED, Side, body, holder, latest, make, root};

/// A disk with the shared history cosigned, and what one more request on it came to.
fn grow(dir: &std::path::Path, order: impl FnOnce(&FaultDisk)) -> (FaultDisk, Result<(), Refusal>) {
    let disk = FaultDisk::new(3);
    let witness = open(&disk, dir);
    witness.add_checkpoint(&body(Side::Honest, 0, SHARED), NOW).unwrap();
    order(&disk);
    let answer = witness.add_checkpoint(&body(Side::Honest, SHARED, 8), NOW).map(drop);
    if answer.is_err() {
        let again = witness.add_checkpoint(&body(Side::Forked, SHARED, 9), NOW);
        assert!(matches!(again, Err(Refusal::State(StateError::Unsure { .. }))), "{again:?}");
        assert!(witness.latest(&tallystick_witness::origin_hash(crate::history::ORIGIN)).is_err());
    }
    (disk, answer)
}

fn open(disk: &FaultDisk, dir: &std::path::Path) -> Witness {
    Witness::open_on(Arc::new(disk.clone()), dir, holder()).unwrap()
}

#[test]
fn what_has_left_is_known_after_any_crash() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    let (disk, answer) = grow(dir.path(), |_| {});
    answer.unwrap();
    disk.cut_power(PowerCut::KeepNone);
    assert_eq!(
        latest(&open(&disk, dir.path())),
        Some((8, root(Side::Honest, 8))),
        "what has left is durable"
    );

    for step in 0..5 {
        let kill = |disk: &FaultDisk| disk.kill_in(step);
        let lose = |disk: &FaultDisk| disk.fail_in(step, Effect::Lost);
        let persist = |disk: &FaultDisk| disk.fail_in(step, Effect::Persisted);
        let orders: [&dyn Fn(&FaultDisk); 3] = [&kill, &lose, &persist];
        for (kind, order) in orders.into_iter().enumerate() {
            let (disk, answer) = grow(dir.path(), order);
            assert!(answer.is_err(), "step {step}, order {kind}");
            disk.restart();
            for seed in 0..10 {
                let disk = disk.fork(seed);
                if seed > 0 {
                    disk.cut_power(if seed == 1 { PowerCut::KeepNone } else { PowerCut::KeepSome });
                }
                after_crash(&disk, dir.path());
            }
        }
    }
}

/// Old or new, and whatever is signed next is still so after the power is cut.
fn after_crash(disk: &FaultDisk, dir: &std::path::Path) {
    let witness = open(disk, dir);
    let (size, found) = latest(&witness).expect("the first was durable");
    assert!(size == SHARED || size == 8, "{size}");
    assert_eq!(found, root(Side::Honest, size));
    witness.add_checkpoint(&body(Side::Honest, size, 10), NOW).unwrap();
    drop(witness);
    disk.cut_power(PowerCut::KeepNone);
    assert_eq!(latest(&open(disk, dir)), Some((10, root(Side::Honest, 10))));
}

#[test]
fn what_a_start_has_read_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    make(dir.path());
    // Killed after the rename and before the sync of the directory: the new name is seen and not yet durable.
    let (disk, _) = grow(dir.path(), |disk| disk.kill_in(4));
    disk.restart();
    let seen = latest(&open(&disk, dir.path()));
    assert_eq!(seen, Some((8, root(Side::Honest, 8))));
    disk.cut_power(PowerCut::KeepNone);
    assert_eq!(latest(&open(&disk, dir.path())), seen);
}
