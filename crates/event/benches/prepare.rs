//! The hot path of ingest: one event of about 700 bytes through `Preparer`, and its parts. Times are CPU time of the
//! thread, so that other work on the machine does not count.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tallystick_event::terms::{TermSink, of_unit};
use tallystick_event::{
    BodyKind, DigestScratch, Limits, MaskRules, Masker, PrepareContext, PrepareScratch, Preparer, render,
    split_body,
};
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom, events};

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

const EVENTS: usize = 1_000;

fn preparer(mask: bool) -> Preparer {
    let rules = MaskRules { enabled: mask, ..MaskRules::default() };
    let clock = Arc::new(FixedClock::default());
    Preparer::new(Limits::default(), &rules, clock, Arc::new(SeededRandom::new(1)))
}

fn bench(c: &mut Criterion<CpuTime>) {
    let json = events(1, EVENTS);
    let context = PrepareContext { org: None, source: "key:ak_1", default_idempotency: None };
    let mut group = c.benchmark_group("1000 events");
    group.throughput(Throughput::Elements(EVENTS as u64));
    for (name, mask) in [("prepare", true), ("prepare without masking", false)] {
        let preparer = preparer(mask);
        let mut scratch = PrepareScratch::default();
        group.bench_function(name, |b| {
            b.iter(|| {
                for event in &json {
                    black_box(
                        preparer.prepare_with(event.as_bytes(), &context, &mut scratch).expect("valid"),
                    );
                }
            });
        });
    }
    let body = json.join("\n");
    let array = format!("[{}]", json.join(","));
    let preparer = preparer(true);
    group.bench_function("parse_body of NDJSON", |b| {
        b.iter(|| {
            preparer.parse_body(black_box(body.as_bytes()), BodyKind::Ndjson, &context).expect("valid")
        });
    });
    group.bench_function("split an array", |b| {
        b.iter(|| {
            split_body(black_box(array.as_bytes()), BodyKind::Json, preparer.limits())
                .expect("valid")
                .events
                .len()
        });
    });
    let prepared: Vec<_> =
        json.iter().map(|event| preparer.prepare(event.as_bytes(), &context).expect("valid")).collect();
    let mut scratch = DigestScratch::default();
    group.bench_function("units_root", |b| {
        b.iter(|| prepared.iter().for_each(|p| _ = black_box(scratch.units_root(&p.salt, &p.units))));
    });
    let mut sink = TermSink::new();
    group.bench_function("terms of all units", |b| {
        b.iter(|| {
            for (unit, bytes) in prepared.iter().flat_map(|p| p.units.iter()) {
                of_unit(unit, bytes, &mut sink).expect("canonical");
            }
            sink.clear();
        });
    });
    let mut out = Vec::new();
    group.bench_function("render", |b| {
        b.iter(|| {
            out.clear();
            for p in &prepared {
                render(&mut out, &p.id, 1, NOW_MS, &p.units).expect("canonical");
            }
        });
    });
    let masker = Masker::new(&MaskRules::default());
    group.bench_function("is_secret_name of 4 names", |b| {
        b.iter(|| {
            for _ in 0..EVENTS {
                for name in ["ticket", "amount", "environment", "note"] {
                    black_box(masker.is_secret_name(black_box(name)));
                }
            }
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = bench
}
criterion_main!(benches);
