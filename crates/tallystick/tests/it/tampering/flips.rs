//! Single bytes that change, in every kind of file and every kind of column; with the checksums as they were, and with
//! checksums that fit.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tallystick_segment::{Rows as _, Section, Segment};

use super::{
    base::{ASKED, Base, Start, flip, segments, start},
    frame::{reseal, section},
};
use crate::server::{Server, run, text};

/// Sections that leaves and events are made of.
const DATA: &[Section] = &[
    Section::Orgs,
    Section::Seq,
    Section::Received,
    Section::IdTime,
    Section::Salt,
    Section::UnitsRoot,
    Section::LeafForm,
    Section::Bodies,
    Section::Actors,
];
/// Derived sections.
const INDEX: &[Section] =
    &[Section::Keys, Section::Postings, Section::Words, Section::WordValues, Section::Opaque];

/// A byte in the middle of a section.
fn middle(file: &[u8], wanted: Section) -> usize {
    let (offset, length) = section(file, wanted);
    assert!(length > 0, "{wanted} is empty");
    // Packed numbers end in padding, and the first ones are in a header.
    offset + length / 2
}

/// Everything that leaves and events are made of, as text; nothing if it cannot be read.
fn rows_of(file: &[u8]) -> Option<String> {
    let segment = Segment::from_bytes(file.to_vec().into()).ok()?;
    let row = |row| Some((segment.org_of(row).ok()?, segment.meta(row).ok()?, segment.units(row).ok()?));
    (0..segment.len()).map(|number| row(number).map(|row| format!("{row:?}"))).collect()
}

fn doctor(dir: &std::path::Path, words: &[&str]) -> (i32, String) {
    let output = run(&[&["doctor", "--data-dir", dir.to_str().unwrap()], words].concat());
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

/// One after the other with the same data, which takes longer to make than any of them to judge.
#[test]
fn a_changed_byte_is_found_and_never_proven() {
    let base = Base::new();
    flip_segments(&base);
    flip_and_reseal_segments(&base);
    flip_guard_and_keys(&base);
}

fn flip_segments(base: &Base) {
    for wanted in DATA.iter().chain(INDEX) {
        let copy = base.copy();
        let file = segments(copy.path()).remove(0);
        let at = middle(&std::fs::read(&file).unwrap(), *wanted);
        let name = format!("{wanted} at byte {at}");
        flip(&file, at);
        let (status, told) = doctor(copy.path(), &[]);
        let file_name = file.file_name().unwrap().to_str().unwrap();
        assert!(told.contains(file_name), "{name}: {told}");
        assert_eq!(status, if wanted.is_index() { 0 } else { 5 }, "{name}: {told}");
        match start(copy.path()) {
            Ok(server) => {
                let proven = base.proves_nothing_wrong(&name, &server);
                assert!(!wanted.is_index() || proven == ASKED, "{name}: no more is proven than {proven:?}");
                server.stop();
            }
            Err(told) => assert!(!wanted.is_index() && told.contains(file_name), "{name}: {told}"),
        }
        if wanted.is_index() {
            let damage = Segment::open(&file).unwrap().verify();
            assert!(damage.is_empty(), "{name}: the start has not healed it: {damage:?}");
        }
    }
}

/// With checksums that fit.
fn flip_and_reseal_segments(base: &Base) {
    let mut changed = 0;
    for wanted in DATA {
        let copy = base.copy();
        let file = segments(copy.path()).remove(0);
        let mut bytes = std::fs::read(&file).unwrap();
        let (before, at) = (rows_of(&bytes), middle(&bytes, *wanted));
        let name = format!("{wanted} at byte {at}, resealed");
        bytes[at] ^= 0x10;
        reseal(&mut bytes);
        // A byte may make no difference: a compressed text can be written in many ways.
        let is_changed = before != rows_of(&bytes);
        std::fs::write(&file, bytes).unwrap();
        let (status, told) = doctor(copy.path(), &["--deep"]);
        let findings: Vec<_> = told.lines().filter(|line| line.starts_with("FAIL")).collect();
        println!("{name}: {}", findings.join("; "));
        assert_eq!(status, if is_changed { 5 } else { 0 }, "{name}: {told}");
        changed += u32::from(is_changed);
        match start(copy.path()) {
            Ok(server) => {
                base.proves_nothing_wrong(&name, &server);
                server.stop();
            }
            Err(told) => assert!(!told.contains("panicked"), "{name}: {told}"),
        }
    }
    assert!(changed > 6, "hardly anything was changed");
}

#[test]
fn damage_deep_in_a_large_index_is_told_and_rebuilt_by_the_doctor() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::try_start(dir.path(), &[("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "12000")]).unwrap();
    server.api.make_org("acme");
    let event = |number: u32| {
        json!({
            "org": "acme", "action": "a.b", "actor": {"type": "user", "id": format!("u_{number}")},
            "metadata": {"words": format!("w{} v{}", number * 13, number % 977)},
        })
    };
    for call in 0..3 {
        let batch: Value = (call * 4_000..(call + 1) * 4_000).map(event).collect();
        assert_eq!(server.api.post("/v1/events", &batch).status, 201);
    }
    let deadline = Instant::now() + Duration::from_mins(1);
    while segments(dir.path()).is_empty() {
        assert!(Instant::now() < deadline, "nothing is sealed");
        std::thread::sleep(Duration::from_millis(50));
    }
    server.stop();
    let file = segments(dir.path()).remove(0);
    let whole = std::fs::read(&file).unwrap();
    for wanted in [Section::Keys, Section::Postings, Section::Words, Section::WordValues] {
        flip(&file, middle(&whole, wanted));
        let (status, told) = doctor(dir.path(), &[]);
        assert!(status == 0 && told.contains("doctor --deep rebuilds the index"), "{wanted}: {told}");
        let (status, told) = doctor(dir.path(), &["--deep"]);
        assert!(status == 0 && told.contains("rebuilt the damaged index of segment"), "{wanted}: {told}");
        assert_eq!(std::fs::read(&file).unwrap(), whole, "{wanted}: the index is as it was");
    }
}

fn flip_guard_and_keys(base: &Base) {
    let cases: [(&str, usize, Start); 5] = [
        ("guard", 3, Start::Refused(&["the rollback guard", "is damaged at byte 0"])),
        ("guard", 20, Start::Refused(&["the rollback guard", "is damaged at byte 16"])),
        ("guard", 60, Start::Refused(&["the rollback guard", "is damaged at byte 16"])),
        ("keys/log.keys", 5, Start::Refused(&["line 1 of the log keys"])),
        ("keys/log.keys", 60, Start::Refused(&["keys/log.keys"])),
    ];
    for (file, at, expected) in cases {
        let copy = base.copy();
        flip(&copy.path().join(file), at);
        let name = format!("{file} at byte {at}");
        let Start::Refused(words) = expected else { unreachable!("all of them are refused") };
        let Err(told) = start(copy.path()) else { panic!("{name}: it starts") };
        for word in words {
            assert!(told.contains(word), "{name}: {told}");
        }
    }
}
