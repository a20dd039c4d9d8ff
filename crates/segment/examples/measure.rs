//! Times and sizes of tail, sealing, merging and reading: `cargo run --release --example measure -p
//! tallystick-segment`.
//! Arguments: events in a tail, number of tails.

#![expect(clippy::print_stdout, reason = "a measurement prints")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{hint::black_box, time::Instant};

use roaring::RoaringBitmap;
use support::{Maker, Numbers, Shape};
use tallystick_event::terms;
use tallystick_segment::{Rows, Segment, SegmentInfo, SegmentSource, Tail, write_segment};

/// As many different people and things as a large installation has.
const LARGE: Shape = Shape { orgs: 200, actors: 50_000, targets: 500_000, odd: 1 << 40 };

/// Events appended at once, as a group commit of a busy server has them.
const BATCH: usize = 64;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let per_tail = arguments.next().unwrap_or(262_144);
    let tails = arguments.next().unwrap_or(4);
    let mut maker = Maker::new(1, LARGE);
    let mut segments = Vec::new();
    for no in 0..tails {
        let mut tail = Tail::new();
        let (mut json, mut batches) = (0, Vec::new());
        for _ in 0..per_tail / BATCH {
            // As in the engine, events are appended just after they were made; a fast batch was not interrupted.
            let events = maker.take(BATCH);
            let start = Instant::now();
            for made in &events {
                tail.append(&made.event()).expect("append");
            }
            batches.push(start.elapsed());
            json += events.iter().map(|made| made.units.total_len()).sum::<usize>();
        }
        batches.sort_unstable();
        let append = batches[batches.len() / 10] / BATCH as u32;
        let start = Cpu::start();
        let mut bytes = Vec::new();
        let info = write_segment(&[&tail], &mut bytes).expect("seal");
        let seal = start.elapsed();
        let each = |time: std::time::Duration| time.as_secs_f64() * 1e6 / per_tail as f64;
        println!(
            "tail {no}: append {:.2} us, seal {:.2} us, memory {} B, {} B an event",
            append.as_secs_f64() * 1e6,
            each(seal),
            tail.memory_bytes() / per_tail,
            info.file_bytes / per_tail as u64
        );
        if no == 0 {
            println!("units {} B an event", json / per_tail);
            report(&info);
        }
        segments.push(Segment::from_bytes(bytes.into()).expect("opens"));
    }
    let sources: Vec<&dyn SegmentSource> =
        segments.iter().map(|segment| segment as &dyn SegmentSource).collect();
    let start = Cpu::start();
    let mut bytes = Vec::new();
    let info = write_segment(&sources, &mut bytes).expect("merge");
    println!(
        "merge of {tails}: {:.2} us an event",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(info.rows)
    );
    report(&info);
    let merged = Segment::from_bytes(bytes.into()).expect("opens");
    read(&merged);
}

/// Time this thread has run: other work on the machine does not count.
struct Cpu(u64);

impl Cpu {
    fn start() -> Self {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
        Self(stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds on the CPU"))
    }

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(Self::start().0 - self.0)
    }
}

fn report(info: &SegmentInfo) {
    println!("rows {} values {} words {}", info.rows, info.values, info.words);
    for (section, bytes) in &info.sections {
        println!("  {:20} {:8.2} B", section.name(), *bytes as f64 / f64::from(info.rows));
    }
    println!("  {:20} {:8.2} B", "all", info.file_bytes as f64 / f64::from(info.rows));
}

fn read(segment: &Segment) {
    let mut numbers = Numbers::new(9);
    let rows: Vec<u32> = (0..1000).map(|_| numbers.below(u64::from(segment.len())) as u32).collect();
    time("one body, scattered", 1000, || rows.iter().for_each(|row| drop(black_box(segment.units(*row)))));
    let ids: Vec<_> = rows.iter().map(|row| segment.meta(*row).expect("meta").id).collect();
    time("find by id", 1000, || ids.iter().for_each(|id| drop(black_box(segment.find_id(id)))));
    let keys: Vec<Vec<u8>> = rows
        .iter()
        .map(|row| {
            let units = segment.units(*row).expect("units");
            let text = String::from_utf8_lossy(units.get(tallystick_event::Unit::Actor).expect("actor"))
                .into_owned();
            let id = text.split("\"id\":\"").nth(1).and_then(|t| t.split('"').next()).expect("id").to_owned();
            terms::key_text(terms::Field::ActorId, &id)
        })
        .collect();
    time("lookup and postings of an actor", 1000, || {
        for key in &keys {
            let value = segment.lookup(key).expect("lookup").expect("is there");
            black_box(segment.postings(value).expect("postings"));
        }
    });
    time("opaque id", 1000, || (0..1000).for_each(|_| drop(black_box(segment.opaque(numbers.next())))));
    let all: RoaringBitmap = (0..segment.len()).collect();
    let third: RoaringBitmap = (0..segment.len()).filter(|row| row % 3 == 0).collect();
    for (name, set) in [("all", &all), ("a third", &third)] {
        for field in [terms::Field::Action, terms::Field::ActorId, terms::Field::TargetId] {
            time(&format!("count {} in {name}", field.name()), 1, || {
                let mut values = 0;
                let mut count = |_: &[u8], _: u32| {
                    values += 1;
                    std::ops::ControlFlow::Continue(())
                };
                segment.count_values(&[field.tag()], set, &mut count).expect("count");
                black_box(values);
            });
        }
    }
    for word in ["payments", "ana", "chrome", "ops"] {
        time(&format!("rows of the word {word}"), 1, || {
            let no = segment.word(word).expect("word").expect("is there");
            black_box(segment.word_rows(no).expect("rows"));
        });
    }
}

fn time(what: &str, count: u32, mut f: impl FnMut()) {
    f();
    let start = Cpu::start();
    f();
    println!("{what}: {:.2} us", start.elapsed().as_secs_f64() * 1e6 / f64::from(count));
}
