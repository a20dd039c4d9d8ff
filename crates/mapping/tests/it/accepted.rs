//! Mapped records pass the strict checks of the event crate: what is mapped can be stored.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tallystick_event::{Limits, MaskRules, OrgId, PrepareContext, Preparer};
use tallystick_mapping::Mapping;
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom};

use crate::real::{FILES, data, records};

fn preparer() -> Preparer {
    let clock = Arc::new(FixedClock::new(NOW_MS));
    Preparer::new(Limits::default(), &MaskRules::default(), clock, Arc::new(SeededRandom::new(1)))
}

fn assert_accepted(preparer: &Preparer, mapping: &Mapping, record: &Value) {
    let mapped = mapping.map(record).unwrap();
    let text = serde_json::to_vec(&mapped.event).unwrap();
    let context = PrepareContext {
        org: Some(OrgId::new("acme").unwrap()),
        source: "import:test",
        default_idempotency: None,
    };
    let prepared = preparer
        .prepare(&text, &context)
        .unwrap_or_else(|error| panic!("{error}\n{record}\n{}", mapped.event));
    assert_eq!(prepared.idempotency_key.as_deref(), mapped.source_id.as_deref());
}

#[test]
fn every_real_record_can_be_stored() {
    let Some(folder) = data() else { return };
    let preparer = preparer();
    for (name, _) in FILES {
        let mapping = Mapping::builtin(name).unwrap();
        for record in records(&folder, name) {
            assert_accepted(&preparer, mapping, &record);
        }
    }
}

#[test]
fn every_example_can_be_stored() {
    let preparer = preparer();
    for name in Mapping::builtin_names() {
        let mapping = Mapping::builtin(name).unwrap();
        let path =
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata")).join(format!("{name}.records.json"));
        let document = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for record in mapping.records(document) {
            assert_accepted(&preparer, mapping, &record);
        }
    }
}

/// A mapping that puts the member `v` into every field.
const EVERYWHERE: &str = r#"
version = 1
name = "any"
detect = { all = ["v"] }
source_id = { from = "v" }
action = "v"
occurred_at = "v"
outcome = "v"
reason = "v"
[actor]
type = "v"
id = "v"
name = "v"
email = "v"
metadata = { v = "v", long = "w" }
[[actor.on_behalf_of]]
id = "v"
type = "v"
[context]
ip = "v"
user_agent = "v"
origin = "v"
request_id = "v"
session_id = "v"
trace_id = "v"
country = "v"
[[targets]]
type = "v"
id = "v"
name = "v"
[[targets]]
each = "w"
type = { const = "w" }
id = "."
[[changes]]
path = "/{v}"
new = "v"
[[changes]]
path = ""
old = "w"
[[changes]]
inside = "."
set = true
"#;

/// Values at and beyond every limit, in every place that a mapping of its own chooses.
#[test]
fn whatever_a_record_holds_can_be_stored() {
    let mapping = Mapping::from_toml(EVERYWHERE).unwrap();
    let mut deep = json!("x");
    for _ in 0..60 {
        deep = json!({ "d": [deep] });
    }
    let long_name = "n".repeat(2_000);
    let values = [
        json!(""),
        json!(" "),
        json!("\u{0}\u{1}\n"),
        json!("a b"),
        json!("ü\u{fffd}"),
        json!("x".repeat(20_000)),
        json!("ü".repeat(9_999)),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e300),
        json!(-0.0),
        json!(1e-300),
        json!(true),
        json!(null),
        json!([]),
        json!({}),
        deep,
        json!({ &long_name: 1 }),
        json!("1999-12-31T23:59:59Z"),
        json!("203.0.113.9"),
        json!("::ffff:203.0.113.9"),
        json!("de"),
        json!("a@b"),
        json!("success"),
        json!("2026-03-01T09:00:00+14:00"),
        json!((0..100).collect::<Vec<_>>()),
    ];
    let preparer = preparer();
    for value in &values {
        assert_accepted(&preparer, &mapping, &json!({ "v": value }));
        assert_accepted(&preparer, &mapping, &json!({ "v": "v", "w": [value, value] }));
    }
}
