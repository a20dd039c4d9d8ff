//! Small records written for these tests, one file a product, each with the events it must become.

use std::path::Path;

use serde_json::Value;
use tallystick_mapping::Mapping;

use crate::leaves;

fn read(name: &str) -> String {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn check(product: &str) {
    let mapping = Mapping::builtin(product).unwrap();
    let document: Value = serde_json::from_str(&read(&format!("{product}.records.json"))).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&read(&format!("{product}.events.json"))).unwrap();
    let records: Vec<Value> = mapping.records(document).collect();
    let events: Vec<Value> = records.iter().map(|record| mapping.map(record).unwrap().event).collect();
    let text = serde_json::to_string_pretty(&events).unwrap();
    assert_eq!(events, expected, "{product}.events.json would be:\n{text}");
    for (record, event) in records.iter().zip(&events).filter(|_| product != "ndjson") {
        assert_eq!(leaves::lost(record, event), Vec::<String>::new(), "{record}");
    }
}

#[test]
fn cloudtrail() {
    check("cloudtrail");
}

#[test]
fn github() {
    check("github");
}

#[test]
fn okta() {
    check("okta");
}

#[test]
fn auth0() {
    check("auth0");
}

#[test]
fn slack() {
    check("slack");
}

#[test]
fn gcp() {
    check("gcp");
}

#[test]
fn kubernetes() {
    check("kubernetes");
}

#[test]
fn ndjson() {
    check("ndjson");
}

#[test]
fn envelopes_are_opened() {
    for (product, member) in [("cloudtrail", "Records"), ("kubernetes", "items"), ("slack", "entries")] {
        let mapping = Mapping::builtin(product).unwrap();
        let list: Value = serde_json::from_str(&read(&format!("{product}.records.json"))).unwrap();
        let count = list.as_array().unwrap().len();
        let envelope = serde_json::json!({ "kind": "EventList", member: list });
        assert_eq!(
            mapping.records(envelope).filter(|record| mapping.detects(record)).count(),
            count,
            "{product}"
        );
    }
}

#[test]
fn a_file_of_another_product_is_named() {
    let okta: Value = serde_json::from_str(&read("okta.records.json")).unwrap();
    let error = Mapping::builtin("cloudtrail").unwrap().map(&okta[0]).unwrap_err();
    let expected =
        "/eventSource: not a record of AWS CloudTrail: `eventSource` is missing; it looks like okta";
    assert_eq!(error.to_string(), expected);
    let error = Mapping::builtin("okta").unwrap().map(&serde_json::json!(["x"])).unwrap_err();
    assert_eq!(error.to_string(), ": a record must be a JSON object, this is an array");
}
