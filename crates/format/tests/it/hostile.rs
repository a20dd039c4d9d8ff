//! Whatever an event is, each JSON format is one JSON object on one line that says where the event stands.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tallystick_format::{FormatName, Media, Unrenderable, render, render_native};

use crate::events::{LEAF_HASH, made, place, rendered, representative, stored};
use crate::schema::{OCSF, Schemas};

fn json_formats() -> impl Iterator<Item = FormatName> {
    FormatName::ALL.into_iter().filter(|format| format.media() == Media::Json)
}

/// Where a format says the four things by which an event is found in its log: log, seq, leaf hash, event id.
fn stands(format: FormatName, record: &Value) -> [Value; 4] {
    let paths = match format {
        FormatName::Native | FormatName::Workos => {
            ["/integrity/log", "/integrity/seq", "/integrity/leaf_hash", "/id"]
        }
        FormatName::Ocsf18 | FormatName::Ocsf19 => {
            ["/metadata/log_name", "/metadata/sequence", "/raw_data_hash/value", "/metadata/uid"]
        }
        FormatName::Ecs => ["/labels/log", "/event/sequence", "/event/hash", "/event/id"],
        FormatName::CloudEvents => ["/log", "/data/integrity/seq", "/leafhash", "/id"],
        FormatName::Cef | FormatName::Leef => unreachable!("lines have tests of their own"),
    };
    paths.map(|path| record.pointer(path).cloned().unwrap_or_default())
}

fn check(format: FormatName, event: &Value) {
    let line = rendered(format, event);
    assert!(!line.contains(['\n', '\r']), "{line}");
    let record: Value = serde_json::from_str(&line).unwrap();
    assert!(record.is_object());
    let place = place(event);
    let expected = [json!(place.log), json!(place.seq), json!(hex::encode(LEAF_HASH)), json!(place.event_id)];
    assert_eq!(stands(format, &record), expected, "{format}: {line}");
    assert_eq!(line, rendered(format, event), "the same event twice");
}

/// Any JSON, with names that mean something to a format where it hurts.
fn anything() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("type".to_owned()),
        Just("id".to_owned()),
        Just("name".to_owned()),
        Just("email".to_owned()),
        Just("ip".to_owned()),
        Just("old".to_owned()),
        Just("path".to_owned()),
        Just("metadata".to_owned()),
        Just("on_behalf_of".to_owned()),
        any::<String>(),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("user")),
        Just(json!("10.0.0.1")),
        Just(json!("a@b.example")),
        Just(json!("")),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn odd_event() -> impl Strategy<Value = Value> {
    let member = prop_oneof![
        Just("action"),
        Just("occurred_at"),
        Just("version"),
        Just("actor"),
        Just("targets"),
        Just("context"),
        Just("outcome"),
        Just("reason"),
        Just("changes"),
        Just("metadata"),
        Just("source"),
        Just("integrity"),
        Just("sentence"),
        Just("received_at"),
        Just("org"),
    ];
    let action = prop_oneof![
        Just(json!("user.signed_in")),
        Just(json!("user.role_assigned")),
        Just(json!("file.shared")),
        Just(json!("role.deleted")),
        Just(json!("record.exported")),
        Just(json!("team.member_added")),
        anything(),
    ];
    (prop::collection::vec((member, anything()), 0..10), action).prop_map(|(members, action)| {
        let mut event: Map<String, Value> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        event.insert("action".to_owned(), action);
        Value::Object(event)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn odd_events_render(event in odd_event()) {
        for format in json_formats() {
            check(format, &event);
        }
        rendered(FormatName::Cef, &event);
        rendered(FormatName::Leef, &event);
    }
}

#[test]
fn odd_events_are_valid_ocsf() {
    for format in OCSF {
        let schemas = Schemas::of(format);
        proptest!(ProptestConfig::with_cases(256), |(event in odd_event())| {
            schemas.check(&serde_json::from_str(&rendered(format, &event)).unwrap());
        });
    }
}

#[test]
fn made_events_render() {
    let schemas = OCSF.map(Schemas::of);
    for event in made(300) {
        json_formats().for_each(|format| check(format, &event));
        for (format, schemas) in OCSF.into_iter().zip(&schemas) {
            schemas.check(&serde_json::from_str(&rendered(format, &event)).unwrap());
        }
    }
}

/// The way that looks into nothing gives the bytes of the way that parses.
#[test]
fn spliced_is_rendered() {
    let inputs =
        tallystick_testkit::events(11, 300).into_iter().chain(tallystick_testkit::hostile_events(13, 300));
    for bytes in stored(inputs) {
        let event: Value = serde_json::from_slice(&bytes).unwrap();
        let mut spliced = Vec::new();
        render_native(&bytes, &place(&event), &mut spliced).unwrap();
        assert_eq!(String::from_utf8(spliced).unwrap(), rendered(FormatName::Native, &event));
    }
}

#[test]
fn what_is_no_event_is_refused_and_leaves_nothing() {
    let (_, event) = representative().remove(0);
    let place = place(&event);
    for bad in [&b""[..], b"[]", b"7", b"{", b"}", b"null"] {
        let mut out = b"before".to_vec();
        assert_eq!(render_native(bad, &place, &mut out), Err(Unrenderable::NotAnObject));
        assert_eq!(out, b"before");
    }
    let mut out = Vec::new();
    assert_eq!(render_native(b"{\n\"a\":1}", &place, &mut out), Err(Unrenderable::NotOneLine));
    for format in FormatName::ALL {
        assert_eq!(render(format, &json!([event]), &place, &mut out), Err(Unrenderable::NotAnObject));
    }
    assert!(out.is_empty());
    render_native(b" {} ", &place, &mut out).unwrap();
    assert!(out.starts_with(b"{\"integrity\":{\"log\":"));
}
