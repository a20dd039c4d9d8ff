//! All records of the shared test data: none refused, nothing lost, all different, all sensible.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use tallystick_mapping::{Mapping, Note};

use crate::leaves;

pub(crate) const FILES: &[(&str, usize)] = &[
    ("cloudtrail", 2_900),
    ("github", 98),
    ("okta", 63),
    ("auth0", 49),
    ("slack", 44),
    ("gcp", 196),
    ("kubernetes", 184),
];

/// The folder of the records. Where it is absent the test is skipped with a message, except in CI, where
/// that would be a hole.
pub(crate) fn data() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if folder.is_dir() {
        return Some(folder.to_owned());
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{} is absent: the real records cannot be tested",
        folder.display()
    );
    println!("SKIPPED: no real records at {}", folder.display());
    None
}

pub(crate) fn records(folder: &Path, name: &str) -> Vec<Value> {
    let file = std::fs::File::open(folder.join(format!("{name}.ndjson.gz"))).unwrap();
    let lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

#[test]
fn none_is_refused_and_nothing_is_lost() {
    let Some(folder) = data() else { return };
    for (name, count) in FILES {
        let mapping = Mapping::builtin(name).unwrap();
        let records = records(&folder, name);
        assert_eq!(records.len(), *count, "{name}");
        for (number, record) in records.iter().enumerate() {
            let mapped = mapping.map(record).unwrap_or_else(|error| panic!("{name} {number}: {error}"));
            let lost = leaves::lost(record, &mapped.event);
            assert!(lost.is_empty(), "{name} {number} lost {lost:#?}\nof {record}\nin {}", mapped.event);
        }
    }
}

#[test]
fn source_ids_are_stable_and_different() {
    let Some(folder) = data() else { return };
    for (name, count) in FILES {
        let mapping = Mapping::builtin(name).unwrap();
        let records = records(&folder, name);
        let ids = || records.iter().map(|record| mapping.map(record).unwrap().source_id.unwrap());
        assert_eq!(ids().collect::<HashSet<_>>().len(), *count, "{name}");
        assert!(ids().eq(ids()), "{name}");
        assert!(ids().all(|id| id.starts_with(&format!("{name}:")) && id.len() < 512), "{name}");
    }
}

#[test]
fn records_are_recognised_as_their_product_and_no_other() {
    let Some(folder) = data() else { return };
    for (name, _) in FILES {
        for (number, record) in records(&folder, name).iter().enumerate() {
            let detecting: Vec<_> = Mapping::builtin_names()
                .iter()
                .filter(|other| Mapping::builtin(other).unwrap().detects(record))
                .collect();
            assert!(detecting.contains(&name), "{name} {number}: {record}");
            // A record of two members is hardly one of any product.
            if record.as_object().unwrap().len() > 2 {
                assert_eq!(detecting, [name], "{name} {number}: {record}");
            }
        }
    }
}

/// What the mapping of each file comes to, so that a change of a mapping shows what it changes.
#[test]
fn outcomes_actors_and_notes_of_each_file() {
    let Some(folder) = data() else { return };
    let mut summary = String::new();
    for (name, _) in FILES {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |key: String| *counts.entry(key).or_default() += 1;
        for record in records(&folder, name) {
            let mapped = Mapping::builtin(name).unwrap().map(&record).unwrap();
            let event = &mapped.event;
            count(format!("outcome {}", event["outcome"].as_str().unwrap_or("none")));
            count(format!("actor {}", event["actor"]["type"].as_str().unwrap()));
            count(format!("targets {}", event["targets"].as_array().map_or(0, Vec::len).min(3)));
            for member in ["ip", "country", "request_id", "session_id"] {
                if event["context"][member].is_string() {
                    count(format!("context {member}"));
                }
            }
            for member in ["changes", "reason"] {
                if !event[member].is_null() {
                    count(member.to_owned());
                }
            }
            for note in mapped.notes {
                assert!(!matches!(note, Note::TargetsCut { .. } | Note::ChangesCut { .. }), "{record}");
                count(format!("note {note}"));
            }
        }
        writeln!(summary, "{name}").unwrap();
        for (key, count) in counts {
            writeln!(summary, "  {count:5} {key}").unwrap();
        }
    }
    let golden = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/real-summary.txt"));
    let expected = std::fs::read_to_string(golden).unwrap_or_default();
    assert_eq!(summary, expected, "if the change is meant, put this into {}:\n{summary}", golden.display());
}

/// Prints how many records one core maps in a second of CPU time. Run with `--release`; nothing is
/// asserted, because machines differ.
#[test]
#[ignore = "a measurement"]
fn rate() {
    let Some(folder) = data() else { return };
    for (name, _) in FILES {
        let mapping = Mapping::builtin(name).unwrap();
        let records = records(&folder, name);
        let rounds = 30_000 / records.len() + 1;
        let start = cpu_seconds();
        for record in std::iter::repeat_n(&records, rounds).flatten() {
            std::hint::black_box(mapping.map(record).unwrap());
        }
        let each = (cpu_seconds() - start) / (rounds * records.len()) as f64;
        println!("{name}: {:.0} records/s, {:.1} us each", 1.0 / each, each * 1e6);
    }
}

/// CPU time of this thread, which other programs on the machine do not stretch.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanos / 1e9
}
