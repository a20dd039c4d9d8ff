//! `kill -9` of the service at random moments, again and again, while batches are on their way to all receivers.
//! `TALLYSTICK_STREAM_KILLS` sets how often, `TALLYSTICK_STREAM_SEED` repeats a run.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};

use tallystick::seeded::Rng;
use tallystick_catalog::{Catalog, CatalogUrl};
use tallystick_receivers::{Gate, Passing, now_ms};
use tallystick_testkit::{FixedClock, SeededRandom};

use super::{
    targets::{Target, lakes, quick, start},
    world::{ORG, Writer, check, make_streams, serve, settle},
};
use crate::lake::unfinished;

/// How often it dies.
const KILLS: u64 = 100;
/// Of so many kills one is at any moment; the others are soon after one stream, each in its turn, has begun to send.
const ANY_MOMENT_ONE_OF: u64 = 4;
/// How long it lives at most when half of its streams have begun to send, ms, if it dies at any moment.
const LIFE_MS_MAX: i64 = 1_000;
/// How long it lives at most when the stream whose turn it is has begun to send, ms.
const SOON_MS_MAX: i64 = 60;
/// How long it lives at most while nothing of that happens, however busy the machine is.
const SILENT_MAX: Duration = Duration::from_secs(10);
/// How often that is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(2);
/// What an answer of a receiver takes at most, ms: long enough for a good part of the kills to meet a batch on its way.
const ANSWER_MS_MAX: u64 = 120;
/// Events that are written at a time, and the pause after them.
const EVENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(50);
/// Of how many kills one has to meet a batch on its way, for each stream.
const RARE: u64 = 100;

#[test]
fn killed_a_hundred_times_every_event_arrives_everywhere() {
    let kills = number("TALLYSTICK_STREAM_KILLS").unwrap_or(KILLS);
    let seed = number("TALLYSTICK_STREAM_SEED").unwrap_or(1);
    println!("{kills} kills, seed {seed}");
    let mut rng = Rng::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut targets = start(dir.path(), |_| true);
    let ways = slow(dir.path(), &mut targets);
    let writer = Writer::new(EVENTS, PAUSE);
    let mut met: BTreeMap<&str, u64> = targets.iter().map(|target| (target.name, 0)).collect();
    let mut server = serve(dir.path());
    server.api.make_org(ORG);
    make_streams(&server.api, &mut targets);
    let mut begun = ways.begun(&targets);
    for kill in 0..kills {
        let api = server.api.again();
        writer.while_writing(&api, || {
            if kill % ANY_MOMENT_ONE_OF == 0 {
                let fresh = || ways.fresh(&targets, &begun).into_iter().filter(|is_fresh| *is_fresh).count();
                until(|| fresh() * 2 >= targets.len());
                sleep(Duration::from_millis(rng.between(0, LIFE_MS_MAX) as u64));
            } else {
                let turn = (kill % targets.len() as u64) as usize;
                until(|| ways.fresh(&targets, &begun)[turn]);
                sleep(Duration::from_millis(rng.between(0, SOON_MS_MAX) as u64));
            }
            server.kill();
        });
        for name in on_their_way(dir.path(), &targets) {
            *met.get_mut(name).unwrap() += 1;
        }
        begun = ways.begun(&targets);
        server = serve(dir.path());
    }
    ways.free(&targets);
    println!("batches on their way when it died: {met:?}");
    for (name, met) in &met {
        assert!(*met >= kills / RARE, "{name} never had anything on its way, so nothing was tested");
    }
    settle(&server.api, &targets);
    let repeated = check(&server.api, &targets, |_| Vec::new());
    assert!(repeated > 0, "nothing had to be sent again, so nothing was tested");
    server.stop();
}

/// Waits until something is so, but not for ever: a stream may have been told to wait.
fn until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() && started.elapsed() < SILENT_MAX {
        sleep(LOOK_INTERVAL);
    }
}

/// The ways to the receivers that have no gate of their own.
struct Ways {
    gates: BTreeMap<&'static str, Gate>,
    lakes: PathBuf,
}

impl Ways {
    fn gate<'a>(&'a self, target: &'a Target) -> Option<&'a Gate> {
        target.receiver.gate().or_else(|| self.gates.get(target.name))
    }

    /// How many connections each target has seen.
    fn begun(&self, targets: &[Target]) -> Vec<usize> {
        targets.iter().map(|target| self.gate(target).map_or(0, Gate::connections)).collect()
    }

    /// Whether each target has seen a connection that was not there before. A lake has none, but unfinished files.
    fn fresh(&self, targets: &[Target], before: &[usize]) -> Vec<bool> {
        let is_fresh = |(target, (now, before)): (&Target, (&usize, &usize))| match self.gate(target) {
            Some(_) => now > before,
            None => !unfinished(&self.lakes).is_empty(),
        };
        targets.iter().zip(self.begun(targets).iter().zip(before)).map(is_fresh).collect()
    }

    /// Answers take no longer than they do.
    fn free(&self, targets: &[Target]) {
        for gate in targets.iter().filter_map(|target| self.gate(target)) {
            gate.pass(Passing::Freely);
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var_os(variable)?.to_str()?.parse().ok()
}

/// Puts every receiver behind a gate that takes its time.
fn slow(folder: &Path, targets: &mut [Target]) -> Ways {
    let mut gates = BTreeMap::new();
    for target in targets.iter_mut().filter(|target| target.receiver.kind() != "lake") {
        if let Some(gate) = target.receiver.gate() {
            gate.pass(Passing::Slowly(ANSWER_MS_MAX));
            continue;
        }
        let gate = Gate::to(target.receiver.port());
        gate.pass(Passing::Slowly(ANSWER_MS_MAX));
        target.settings = quick(target.receiver.settings_by(gate.port()), target.receiver.kind());
        gates.insert(target.name, gate);
    }
    Ways { gates, lakes: lakes(folder) }
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
