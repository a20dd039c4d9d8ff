//! Terms of an event, and that query-side keys are the same bytes.

use std::collections::BTreeSet;

use tallystick_event::terms::{
    Field, Has, Opaque, Side, Term, TermSink, TypedValue, decode_value, key_change, key_code, key_has,
    key_ip, key_path, key_schema, key_target, key_text, of_unit, opaque_hash, order_f64, path_prefix,
    prefix_end, text_of_key,
};
use tallystick_event::{Prepared, Unit};

use crate::{prepare, with};

fn all_terms(prepared: &Prepared) -> TermSink {
    let mut sink = TermSink::new();
    for (unit, bytes) in prepared.units.iter() {
        of_unit(unit, bytes, &mut sink).expect("canonical");
    }
    sink
}

fn keys(sink: &TermSink) -> BTreeSet<Vec<u8>> {
    let key = |term| match term {
        Term::Key { key, .. } => Some(key.to_vec()),
        Term::Opaque(_) => None,
    };
    sink.terms().iter().filter_map(key).collect()
}

const EVENT: &str = r#""targets":[{"type":"Project","id":"P_12","name":"Acme Inc","metadata":{"Tier":"Gold"}}],
    "context":{"ip":"10.0.0.1","user_agent":"Curl/8","origin":"UI","country":"de","request_id":"R1","trace_id":"T1"},
    "outcome":"denied","reason":"No Way","version":3,"idempotency_key":"I1",
    "changes":[{"path":"/Levels/0/a~1b","old":{"x":true},"new":"Ten"}],
    "metadata":{"A":{"B.c":[1.5,"Two",[null,{}]]},"s":"Ünï"}"#;

#[test]
fn every_field_has_its_key() {
    let json = with(EVENT).replace(
        r#""type":"user","id":"u""#,
        r#""type":"User","id":"U","name":"Ana R","email":"Ana@X","metadata":{"role":"Admin"},
           "on_behalf_of":[{"type":"user","id":"Z9"}]"#,
    );
    let sink = all_terms(&prepare(&json.replace("a.b", "user.role_updated")).unwrap());
    let text = |field, value| key_text(field, value);
    let expected = BTreeSet::from([
        text(Field::Action, "user.role_updated"),
        text(Field::ActorId, "U"),
        text(Field::ActorName, "ana r"),
        text(Field::ActorEmail, "ana@x"),
        text(Field::ActorType, "user"),
        text(Field::OnBehalfOf, "Z9"),
        key_path(Field::ActorMetadata, "role", TypedValue::Text("admin")),
        text(Field::TargetId, "P_12"),
        text(Field::TargetName, "ACME inc"),
        text(Field::TargetType, "project"),
        key_target("PROJECT", "P_12"),
        key_path(Field::TargetMetadata, "tier", TypedValue::Text("gold")),
        key_code(Field::Outcome, 2),
        key_code(Field::Crud, 2),
        key_ip("10.0.0.1".parse().unwrap()),
        text(Field::UserAgent, "curl/8"),
        text(Field::Origin, "ui"),
        text(Field::Country, "DE"),
        text(Field::Source, "key:ak_1"),
        key_schema("user.role_updated", 3),
        text(Field::Reason, "no way"),
        text(Field::Changed, "levels.0.a/b"),
        key_change("levels.0.a/b.x", Side::Before, TypedValue::Bool(true)),
        key_change("levels.0.a/b", Side::After, TypedValue::Text("TEN")),
        key_path(Field::Metadata, "a.b.c", TypedValue::Number(1.5)),
        key_path(Field::Metadata, "A.b.C", TypedValue::Text("two")),
        key_path(Field::Metadata, "s", TypedValue::Text("ünï")),
        key_has(Has::Diff),
        key_has(Has::Reason),
        key_has(Has::Ip),
        key_has(Has::Target),
        key_has(Has::Correlation),
    ]);
    assert_eq!(keys(&sink), expected);
    let opaque: Vec<_> = sink
        .terms()
        .iter()
        .filter_map(|t| if let Term::Opaque(hash) = t { Some(hash) } else { None })
        .collect();
    for (kind, id) in [(Opaque::Request, "R1"), (Opaque::Trace, "T1"), (Opaque::IdempotencyKey, "I1")] {
        assert!(opaque.contains(&opaque_hash(kind, id.as_bytes())), "{id}");
    }
    assert_eq!(opaque.len(), 3);
}

#[test]
fn words_of_text_values_only() {
    let sink = all_terms(&prepare(&with(EVENT)).unwrap());
    let mut words = BTreeSet::new();
    for term in sink.terms() {
        if let Term::Key { words: source, .. } = term {
            source.for_each_word(|word| {
                words.insert(word.to_owned());
            });
        }
    }
    let expected = [
        "0", "1", "10", "12", "8", "a", "acme", "b", "curl", "gold", "inc", "no", "p", "ten", "two", "u",
        "way", "ünï",
    ];
    assert_eq!(words, expected.into_iter().map(str::to_owned).collect());
}

#[test]
fn long_values_are_cut_and_keep_their_words() {
    let long = format!("Start {} needle", "é".repeat(150));
    let prepared = prepare(&with(&format!(r#""metadata":{{"k":"{long}"}}"#))).unwrap();
    let key = key_path(Field::Metadata, "k", TypedValue::Text(&long));
    let mut found = false;
    for term in &prepared.terms {
        if let Term::Key { key: stored, words } = term
            && stored == key
        {
            found = true;
            assert_eq!(words.text().as_deref(), Some(long.as_str()));
        }
    }
    assert!(found);
    let decoded = decode_value(&key).unwrap();
    assert!(decoded.cut && decoded.value.display(decoded.field).starts_with("start é"));
    assert_eq!(decoded.value.display(decoded.field).len(), 200);
    assert!(text_of_key(&key).unwrap().1);
    let other = key_path(Field::Metadata, "k", TypedValue::Text(&format!("{long}s")));
    assert_ne!(key, other);
}

#[test]
fn keys_can_be_shown() {
    let shown = |key: &[u8]| {
        let d = decode_value(key).unwrap();
        (d.field, d.path.as_deref().map(str::to_owned), d.value.display(d.field))
    };
    let path = |p: &str| Some(p.to_owned());
    for (key, field, at, value) in [
        (key_text(Field::Action, "A.b"), Field::Action, None, "A.b"),
        (key_code(Field::Outcome, 2), Field::Outcome, None, "denied"),
        (key_code(Field::Crud, 3), Field::Crud, None, "delete"),
        (key_has(Has::Target), Field::Has, None, "target"),
        (key_ip("::ffff:10.0.0.1".parse().unwrap()), Field::Ip, None, "10.0.0.1"),
        (key_ip("2001:db8::1".parse().unwrap()), Field::Ip, None, "2001:db8::1"),
        (key_target("T", "I\u{1f}"), Field::TargetTypeId, path("t"), "I\u{1f}"),
        (
            key_path(Field::Metadata, "A.b", TypedValue::Number(-1.5e-9)),
            Field::Metadata,
            path("a.b"),
            "-1.5e-9",
        ),
        (key_path(Field::Metadata, "n", TypedValue::Number(1e3)), Field::Metadata, path("n"), "1000"),
        (key_path(Field::Metadata, "b", TypedValue::Bool(false)), Field::Metadata, path("b"), "false"),
        (key_change("p", Side::After, TypedValue::Text("X")), Field::ChangeValue, path("p"), "x"),
    ] {
        assert_eq!(shown(&key), (field, at, value.to_owned()));
    }
    assert_eq!(
        decode_value(&key_change("p", Side::Before, TypedValue::Bool(true))).unwrap().side,
        Some(Side::Before)
    );
    for bad in [&b""[..], b"\x00x", b"\x63x", b"\x13nopath", b"\x12p\x1fx\x1f\x01\x01", b"\x0b123"] {
        assert_eq!(decode_value(bad), None, "{bad:?}");
    }
}

#[test]
fn a_path_cannot_pretend_to_be_two() {
    let key = key_path(Field::Metadata, "a\u{1f}b", TypedValue::Bool(true));
    assert_eq!(decode_value(&key).unwrap().path.as_deref(), Some("a\u{fffd}b"));
    let long = "p".repeat(300);
    let key = key_path(Field::Metadata, &long, TypedValue::Text("v"));
    assert_eq!(decode_value(&key).unwrap().value.display(Field::Metadata), "v");
    assert!(key.starts_with(&path_prefix(Field::Metadata, &long)));
}

#[test]
fn numbers_sort_in_keys() {
    let numbers = [-1e300, -1.5, -1e-300, 0.0, 5e-324, 1.0, 1.5, 9_007_199_254_740_991.0, 1e21];
    assert!(numbers.map(order_f64).is_sorted_by(|a, b| a < b));
    assert_eq!(order_f64(-0.0), order_f64(0.0));
}

#[test]
fn ends_of_prefixes() {
    assert_eq!(prefix_end(b"\x13ab"), Some(b"\x13ac".to_vec()));
    assert_eq!(prefix_end(b"\x13\xff\xff"), Some(b"\x14".to_vec()));
    assert_eq!((prefix_end(b"\xff"), prefix_end(b"")), (None, None));
}

#[test]
fn damaged_units_are_errors() {
    let mut sink = TermSink::new();
    for (unit, bytes) in [
        (Unit::Actor, &b"{\"id\":\"u\",\"x\":1}"[..]),
        (Unit::Actor, b"{\"id\":\"u\""),
        (Unit::Context, b"{\"ip\":\"1.2.3\"}"),
        (Unit::Event, b"{\"outcome\":\"success\"}"),
        (Unit::Event, b"{\"action\":\"a\",\"outcome\":\"maybe\"}"),
        (Unit::Changes, b"[{\"op\":\"add\"}]"),
        (Unit::Targets, b"[{\"type\":\"t\"}]"),
        (Unit::Metadata, b"{\"a\":1}{}"),
    ] {
        assert!(of_unit(unit, bytes, &mut sink).is_err(), "{}", String::from_utf8_lossy(bytes));
    }
}
