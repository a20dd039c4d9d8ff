//! Audit records of real products, mapped, stored and rendered: nothing is refused by a schema.

use std::io::{BufRead as _, BufReader};
use std::path::Path;

use serde_json::Value;
use tallystick_format::FormatName;
use tallystick_mapping::Mapping;

use crate::events::{rendered, stored};
use crate::parsers::{cef, leef};
use crate::schema::{OCSF, Schemas};

/// The shared records, and how many of each there are at least.
const FILES: &[(&str, usize)] = &[
    ("cloudtrail", 2_900),
    ("github", 98),
    ("okta", 63),
    ("auth0", 49),
    ("slack", 44),
    ("gcp", 196),
    ("kubernetes", 184),
];

/// Records of one file that are looked at, spread over it: validating takes its time.
const RECORDS_MAX: usize = 300;

/// Where the folder is absent the examples of the mappings stand in for it, except in CI.
fn records(name: &str, count: usize) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join(format!("../../../shared/data/{name}.ndjson.gz"));
    if file.exists() {
        let lines = BufReader::new(flate2::read::GzDecoder::new(std::fs::File::open(file).unwrap())).lines();
        let records: Vec<Value> = lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        assert!(records.len() >= count);
        return records;
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "{} is absent: the real records cannot be tested",
        file.display()
    );
    let examples = root.join(format!("../mapping/testdata/{name}.records.json"));
    let document = serde_json::from_slice(&std::fs::read(examples).unwrap()).unwrap();
    Mapping::builtin(name).unwrap().records(document).collect()
}

#[test]
fn real_records_render() {
    let schemas = OCSF.map(Schemas::of);
    for (name, count) in FILES {
        let mapping = Mapping::builtin(name).unwrap();
        let records = records(name, *count);
        let step = records.len() / RECORDS_MAX + 1;
        let inputs =
            records.iter().step_by(step).map(|record| mapping.map(record).unwrap().event.to_string());
        for event in stored(inputs.collect::<Vec<_>>()) {
            let event: Value = serde_json::from_slice(&event).unwrap();
            for (format, schemas) in OCSF.into_iter().zip(&schemas) {
                schemas.check(&serde_json::from_str(&rendered(format, &event)).unwrap());
            }
            for format in [FormatName::Ecs, FormatName::CloudEvents, FormatName::Workos] {
                let record: Value = serde_json::from_str(&rendered(format, &event)).unwrap();
                assert!(record.is_object());
            }
            assert_eq!(cef(&rendered(FormatName::Cef, &event)).pairs["cn1"], event["seq"].to_string());
            assert_eq!(leef(&rendered(FormatName::Leef, &event)).pairs["seq"], event["seq"].to_string());
        }
    }
}
