//! How fast a pack of a range is verified, one core, as bytes in memory: events as large as real ones.
//! Times are CPU time of the thread, so that other work on the machine does not count.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tallystick_event::{Leaf, LeafKind, Limits, LogId, MaskRules, PrepareContext, Preparer};
use tallystick_merkle::{Checkpoint, Hash, LeafHashes, Policy, SigningKey, Subtrees, root_of};
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom, events};
use tallystick_verify::{Manifest, Options, PackHead, PackWriter, Record, verify_pack};

/// CPU time of the thread.
struct CpuTime;

fn cpu_time() -> Duration {
    rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime).try_into().expect("not negative")
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        cpu_time()
    }

    fn end(&self, start: Duration) -> Duration {
        cpu_time().saturating_sub(start)
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

const EVENTS: u64 = 20_000;
const ORIGIN: &str = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa";

fn records() -> Vec<Record<'static>> {
    let mask = MaskRules { enabled: false, ..MaskRules::default() };
    let clock = Arc::new(FixedClock::default());
    let preparer = Preparer::new(Limits::default(), &mask, clock, Arc::new(SeededRandom::new(1)));
    let context = PrepareContext { source: "key:bench", ..PrepareContext::default() };
    let log: LogId = "0192d3f0-7c1a-7000-8000-0000000000aa".parse().expect("a log id");
    events(1, EVENTS as usize)
        .iter()
        .enumerate()
        .map(|(seq, event)| {
            let event = preparer.prepare(event.as_bytes(), &context).expect("a good event");
            let leaf = Leaf {
                log,
                seq: seq as u64,
                received_ms: NOW_MS,
                id: event.id,
                kind: LeafKind::Event,
                units: event.units.count(),
                units_root: event.units_root,
            };
            Record::of_event(&leaf, &event.salt, &event.units)
        })
        .collect()
}

fn pack(key: &SigningKey, records: &[Record<'_>], step: usize) -> Vec<u8> {
    let hashes: Vec<Hash> = records.iter().map(Record::leaf_hash).collect();
    let size = hashes.len() as u64;
    let checkpoint = Checkpoint::new(ORIGIN, size, root_of(&hashes)).expect("a good origin");
    let manifest = if step == 1 {
        Manifest::of_range(ORIGIN, 0, size, "2026-11-20T12:00:00.000Z", "bench")
    } else {
        Manifest::of_selection(ORIGIN, None, "2026-11-20T12:00:00.000Z", "bench")
    };
    let head = PackHead {
        manifest,
        checkpoint: checkpoint.sign(key).expect("the key of the origin"),
        directory: None,
        anchors: Vec::new(),
        policy: "quorum none\n".to_owned(),
        erasures: Vec::new(),
    };
    let source = LeafHashes(&hashes);
    let mut writer = PackWriter::begin(Vec::new(), &head).expect("a good head");
    for record in records.iter().step_by(step) {
        let gap = source.subtrees(&writer.gap_before(record.seq)).expect("in the tree");
        writer.add(record, &gap).expect("in order");
    }
    let gap = source.subtrees(&writer.gap_behind()).expect("in the tree");
    writer.finish(&gap, "").expect("a good pack")
}

fn verify(c: &mut Criterion<CpuTime>) {
    let key = SigningKey::new(ORIGIN, &[1; 32]).expect("a good name");
    let policy = format!("log {}\nquorum none\n", key.verifier_key());
    let policy = Policy::parse(policy.as_bytes()).expect("a good policy");
    let records = records();
    let mut group = c.benchmark_group("verify_pack");
    for (name, step) in [("range", 1), ("every other event", 2)] {
        let pack = pack(&key, &records, step);
        group.throughput(Throughput::Elements(EVENTS / step as u64));
        group.bench_function(
            format!("{name}, {} bytes an event", pack.len() as u64 * step as u64 / EVENTS),
            |b| {
                b.iter(|| {
                    let found =
                        verify_pack(black_box(&pack[..]), &policy, &Options::default()).expect("a pack");
                    assert_eq!(found.report.exit_code, 0);
                });
            },
        );
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime).sample_size(10).without_plots();
    targets = verify
}
criterion_main!(benches);
