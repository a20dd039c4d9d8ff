//! Append, seal, merge, needle, bodies. Sizes by section: `examples/measure.rs`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use support::{Made, Maker, Numbers, Shape};
use tallystick_event::terms::{Field, key_text};
use tallystick_segment::{Rows, Segment, SegmentSource, Tail, write_segment};

const EVENTS: usize = 32_768;
const SHAPE: Shape = Shape { orgs: 200, actors: 50_000, targets: 500_000, odd: 1 << 40 };

fn tail_of(events: &[Made]) -> Tail {
    let mut tail = Tail::new();
    for made in events {
        tail.append(&made.event()).expect("events of one log each");
    }
    tail
}

fn segment_of(sources: &[&dyn SegmentSource]) -> Segment {
    let mut bytes = Vec::new();
    write_segment(sources, &mut bytes).expect("memory takes every byte");
    Segment::from_bytes(bytes.into()).expect("just written")
}

fn writing(criterion: &mut Criterion) {
    let events = Maker::new(1, SHAPE).take(EVENTS);
    let mut group = criterion.benchmark_group("writing");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS as u64));
    group.bench_function("append", |b| b.iter_batched(|| (), |()| tail_of(&events), BatchSize::LargeInput));
    let tail = tail_of(&events);
    group.bench_function("seal", |b| b.iter_with_large_drop(|| segment_of(&[&tail])));
    let parts: Vec<Segment> = events.chunks(EVENTS / 4).map(|part| segment_of(&[&tail_of(part)])).collect();
    let parts: Vec<&dyn SegmentSource> = parts.iter().map(|part| part as &dyn SegmentSource).collect();
    group.bench_function("merge", |b| b.iter_with_large_drop(|| segment_of(&parts)));
    group.finish();
}

fn reading(criterion: &mut Criterion) {
    let segment = segment_of(&[&tail_of(&Maker::new(1, SHAPE).take(EVENTS * 4))]);
    let mut numbers = Numbers::new(5);
    let mut row = || numbers.below(u64::from(segment.len())) as u32;
    criterion.bench_function("50 bodies", |b| {
        b.iter(|| (0..50).for_each(|_| drop(black_box(segment.units(row()).expect("a row")))));
    });
    let key = key_text(Field::Action, "user.login");
    criterion.bench_function("needle", |b| {
        b.iter(|| {
            let value = segment.lookup(black_box(&key)).expect("undamaged").expect("a usual action");
            segment.postings(value).expect("undamaged")
        });
    });
    let ids: Vec<_> = (0..100).map(|_| segment.meta(row()).expect("a row").id).collect();
    let mut next = ids.iter().cycle();
    criterion.bench_function("find by id", |b| {
        b.iter(|| segment.find_id(next.next().expect("endless")).expect("undamaged"));
    });
}

criterion_group!(benches, writing, reading);
criterion_main!(benches);
