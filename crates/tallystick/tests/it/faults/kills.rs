//! `kill -9` of the service at random moments, again and again, while batches are on their way to all receivers.
//! `TALLYSTICK_STREAM_KILLS` sets how often, `TALLYSTICK_STREAM_SEED` repeats a run.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use tallystick::seeded::Rng;
use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_receivers::{Gate, Passing, now_ms};
use tallystick_testkit::{FixedClock, SeededRandom};

use super::{
    targets::{Target, start},
    world::{Writer, check, make_streams, serve, settle},
};

/// How often it dies.
const KILLS: u64 = 100;
/// How long it lives at most when half of its streams have reached their receivers, ms.
const LIFE_MS_MAX: i64 = 1_000;
/// How long it lives at most before that, however busy the machine is.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// What an answer of a receiver takes at most, ms: long enough for a good part of the kills to meet a batch on its way.
const ANSWER_MS_MAX: u64 = 120;
/// Events that are written at a time, and the pause after them.
const EVENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);
/// Of how many kills at most one does not have to meet a batch on its way, for any one stream.
const RARE: u64 = 50;

#[test]
fn killed_a_hundred_times_every_event_arrives_everywhere() {
    let kills = number("TALLYSTICK_STREAM_KILLS").unwrap_or(KILLS);
    let seed = number("TALLYSTICK_STREAM_SEED").unwrap_or(1);
    println!("{kills} kills, seed {seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |_| true);
    let gates = slow(&mut targets);
    let writer = Writer::new(EVENTS, PAUSE);
    let mut met: BTreeMap<&str, u64> = targets.iter().map(|target| (target.name, 0)).collect();
    let mut server = serve(dir.path());
    server.api.make_org(super::world::ORG);
    make_streams(&server.api, &mut targets);
    for _ in 0..kills {
        let api = server.api.again();
        writer.while_writing(&api, || {
            until_under_way(&targets, &gates);
            sleep(Duration::from_millis(rng.between(0, LIFE_MS_MAX) as u64));
            server.kill();
        });
        for name in on_their_way(dir.path(), &targets) {
            *met.get_mut(name).unwrap() += 1;
        }
        server = serve(dir.path());
    }
    for gate in targets.iter().filter_map(|target| target.receiver.gate()).chain(&gates) {
        gate.pass(Passing::Freely);
    }
    println!("batches on their way when it died: {met:?}");
    for (name, met) in &met {
        assert!(*met >= kills / RARE, "{name} had hardly anything on its way, so hardly anything was tested");
    }
    settle(&server.api, &targets);
    let repeated = check(&server.api, &targets, |_| Vec::new());
    assert!(repeated > 0, "nothing had to be sent again, so nothing was tested");
    server.stop();
}

/// Waits until half of the gates have seen a connection that was not there before.
fn until_under_way(targets: &[Target], gates: &[Gate]) {
    let count = || {
        let own = targets.iter().filter_map(|target| target.receiver.gate());
        own.chain(gates).map(Gate::connections).collect::<Vec<_>>()
    };
    let (before, started) = (count(), Instant::now());
    while started.elapsed() < SILENT_MAX {
        let fresh = count().iter().zip(&before).filter(|(now, before)| now > before).count();
        if fresh * 2 >= before.len() {
            return;
        }
        sleep(Duration::from_millis(5));
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var_os(variable)?.to_str()?.parse().ok()
}

/// Puts every receiver behind a gate that takes its time.
fn slow(targets: &mut [Target]) -> Vec<Gate> {
    let mut gates = Vec::new();
    for target in targets.iter_mut().filter(|target| target.receiver.kind() != "lake") {
        if let Some(gate) = target.receiver.gate() {
            gate.pass(Passing::Slowly(ANSWER_MS_MAX));
            continue;
        }
        let gate = Gate::to(target.receiver.port());
        gate.pass(Passing::Slowly(ANSWER_MS_MAX));
        let settings = target.receiver.settings_by(gate.port());
        target.settings = super::targets::quick(settings, target.receiver.kind());
        gates.push(gate);
    }
    gates
}

/// Streams that had a batch on its way when the service died, as a copy of its catalog says.
fn on_their_way(folder: &Path, targets: &[Target]) -> Vec<&'static str> {
    let copy = tempfile::tempdir().unwrap();
    // The index of the write-ahead log is made anew.
    for name in ["catalog.db", "catalog.db-wal"] {
        let from = folder.join("data").join(name);
        if from.exists() {
            std::fs::copy(from, copy.path().join(name)).unwrap();
        }
    }
    let url = CatalogUrl::Sqlite(copy.path().join("catalog.db"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (clock, random) = (Arc::new(FixedClock::new(now_ms())), Arc::new(SeededRandom::new(1)));
        let catalog = Catalog::open(&url, clock, random).await.unwrap();
        let mut met = Vec::new();
        for target in targets {
            let cursors = catalog.stream_cursors(&target.stream.parse().unwrap()).await.unwrap();
            if cursors.iter().any(|cursor| cursor.in_flight_last.is_some()) {
                met.push(target.name);
            }
        }
        met
    })
}
