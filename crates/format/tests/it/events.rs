//! Where the events of the tests come from, and where they stand.

use std::sync::Arc;

use serde_json::Value;
use tallystick_event::{Limits, MaskRules, OrgId, PrepareContext, Preparer};
use tallystick_format::{FormatName, Place, render};
use tallystick_testkit::{FixedClock, NOW_MS, SeededRandom};

pub(crate) const LEAF_HASH: [u8; 32] = [
    0x6f, 0x2c, 0x91, 0x0e, 0x5b, 0x44, 0xd7, 0x38, 0x9a, 0x01, 0xfe, 0x63, 0xb5, 0x72, 0x18, 0xcc, 0x40,
    0x8d, 0xe9, 0x57, 0x2a, 0x7f, 0x16, 0xb0, 0x93, 0xc4, 0x0d, 0x6e, 0xf1, 0x35, 0x88, 0xa2,
];

/// The place of an event that says its id and seq.
pub(crate) fn place(event: &Value) -> Place<'_> {
    Place {
        org: "acme",
        org_name: Some("Acme"),
        log: "audit.acme.example/logs/0198f2c4",
        seq: event["seq"].as_u64().unwrap_or(7),
        event_id: event["id"].as_str().unwrap_or("evt_00000000000000000000000000000007"),
        leaf_hash: &LEAF_HASH,
        received_ms: NOW_MS,
        product: "Tallystick",
        version: "0.1.0",
    }
}

/// An event in a format.
pub(crate) fn rendered(format: FormatName, event: &Value) -> String {
    let mut out = Vec::new();
    render(format, event, &place(event), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Events as producers send them, as the API shows them once they are stored: bytes, not trees.
pub(crate) fn stored(inputs: impl IntoIterator<Item = String>) -> Vec<Vec<u8>> {
    let clock = Arc::new(FixedClock::new(NOW_MS));
    let preparer =
        Preparer::new(Limits::default(), &MaskRules::default(), clock, Arc::new(SeededRandom::new(1)));
    let show = |(seq, input): (usize, String)| {
        let context = PrepareContext {
            org: Some(OrgId::new("acme").unwrap()),
            source: "key:ak_1",
            default_idempotency: None,
        };
        // Producers may name another organization; the log of a stream is one organization's.
        let mut value: Value = serde_json::from_str(&input).unwrap();
        value.as_object_mut().unwrap().remove("org");
        let prepared = preparer.prepare(value.to_string().as_bytes(), &context).unwrap();
        let mut out = Vec::new();
        tallystick_event::render(&mut out, &prepared.id, seq as u64, NOW_MS, &prepared.units).unwrap();
        out
    };
    inputs.into_iter().enumerate().map(show).collect()
}

/// Everything that testkit makes, ordinary and hostile.
pub(crate) fn made(each: usize) -> Vec<Value> {
    let inputs =
        tallystick_testkit::events(3, each).into_iter().chain(tallystick_testkit::hostile_events(5, each));
    stored(inputs).iter().map(|event| serde_json::from_slice(event).unwrap()).collect()
}

/// The representative events: name and event.
pub(crate) fn representative() -> Vec<(String, Value)> {
    let text = include_str!("../../testdata/golden/events.json");
    let events: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    events.into_iter().collect()
}
