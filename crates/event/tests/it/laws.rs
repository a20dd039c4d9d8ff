//! What holds for every event, tried on random ones.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tallystick_event::terms::{TermSink, of_unit};
use tallystick_event::{Prepared, Unit, Units};
use tallystick_testkit::{events, hostile_events};

use crate::{prepare, rendered, unit, with};

/// Any JSON that events accept.
fn free_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i32>().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        (-1e15f64..1e15).prop_map(Value::from),
        (1e21f64..1e308).prop_map(Value::from),
        (-1e-300f64..1e-300).prop_map(Value::from),
    ];
    let text = prop_oneof!["\\PC{0,20}", "[\u{0}-\u{7f}]{0,20}", any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        // Names that no masking rule can match: they end in x.
        let name = "[a-z\u{80}-\u{10ffff}\"\\\\\u{0}-\u{1f}]{0,6}x";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name, inner, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn event_with_metadata(metadata: &Value) -> String {
    let mut event: Value = serde_json::from_str(&with("")).expect("JSON");
    event["metadata"] = metadata.clone();
    event.to_string()
}

/// The members of a rendered event that a producer may send.
fn sendable(event: &Value) -> String {
    let mut members = event.as_object().expect("an object").clone();
    for made_here in ["id", "seq", "received_at", "source"] {
        members.remove(made_here).expect("always there");
    }
    Value::Object(members).to_string()
}

fn terms_of_stored(prepared: &Prepared) -> TermSink {
    let mut encoded = Vec::new();
    prepared.units.encode(&mut encoded);
    let (units, used) = Units::decode(&encoded).expect("just encoded");
    assert_eq!((&units, used), (&prepared.units, encoded.len()));
    let mut sink = TermSink::new();
    for which in [Unit::Event, Unit::Context, Unit::Changes, Unit::Metadata] {
        if let Some(bytes) = units.get(which) {
            of_unit(which, bytes, &mut sink).expect("canonical");
        }
    }
    sink
}

fn check_event(json: &str) {
    let prepared = prepare(json).unwrap_or_else(|e| panic!("{e}\n{json}"));
    let sent_again = prepare(&sendable(&rendered(&prepared))).expect("sent before");
    assert_eq!(sent_again.units, prepared.units, "{json}");
    assert_eq!(terms_of_stored(&prepared).terms(), &prepared.terms, "{json}");
    for (which, bytes) in prepared.units.iter() {
        let value: Value = serde_json::from_slice(bytes).expect("JSON");
        let oracle = serde_json_canonicalizer::to_string(&value).expect("JSON");
        assert_eq!(unit(&prepared, which), oracle, "{json}");
    }
}

#[test]
fn random_events_keep_their_laws() {
    for json in events(11, 2_000) {
        check_event(&json);
    }
}

#[test]
fn hostile_events_keep_their_laws() {
    for json in hostile_events(12, 3_000) {
        check_event(&json);
    }
}

proptest! {
    #[test]
    fn canonical_json_equals_the_oracle(metadata in free_json()) {
        let metadata = json!({ "x": metadata });
        let prepared = prepare(&event_with_metadata(&metadata)).unwrap();
        let oracle = serde_json_canonicalizer::to_string(&metadata).unwrap();
        // Numbers that look like cards are masked only inside strings, and random strings have no 13 digits.
        prop_assert_eq!(unit(&prepared, Unit::Metadata), oracle);
    }

    #[test]
    fn whitespace_and_escapes_do_not_matter(metadata in free_json()) {
        let metadata = json!({ "x": metadata });
        let compact = event_with_metadata(&metadata);
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&compact).unwrap()).unwrap();
        let escaped: String = compact
            .encode_utf16()
            .map(|u| if u < 0x80 { char::from(u as u8).to_string() } else { format!("\\u{u:04x}") })
            .collect();
        let expected = prepare(&compact).unwrap().units;
        prop_assert_eq!(&prepare(&pretty).unwrap().units, &expected);
        prop_assert_eq!(&prepare(&escaped).unwrap().units, &expected);
    }

    /// A parser of outside bytes never panics, and what it accepts another parser accepts too.
    #[test]
    fn damaged_json_is_refused_or_is_json(seed in 0u64..50, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = hostile_events(seed, 1).remove(0).into_bytes();
        let at = at.index(json.len());
        json[at] = byte;
        if crate::preparer().prepare(&json, &crate::context()).is_ok() {
            prop_assert!(serde_json::from_slice::<Value>(&json).is_ok());
        }
    }
}
