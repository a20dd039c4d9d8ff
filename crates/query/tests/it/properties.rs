//! Properties of any text, and of queries made from pieces of the language.

use proptest::prelude::*;
use serde_json::{Value, json};
use tallystick_query::{EventFacts, LowerOptions, Lowered, Me, Query, lower, matches, parse, zone};

const NOW_US: i64 = 1_795_000_000_000_000;

fn lowered(query: &Query) -> Lowered {
    let tz = zone("Europe/Madrid").unwrap();
    lower(query, &LowerOptions { now_us: NOW_US, tz: &tz, me: Some(Me { id: "u_1", email: None }) }).unwrap()
}

/// The same query without places, which differ between a text and its canonical form.
fn without_spans(query: &Query) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(object) => {
                object.remove("span");
                object.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(query).unwrap();
    strip(&mut value);
    value
}

fn check(text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    let parsed = parse(text);
    let errors = parsed.diagnostics.iter().filter(|d| d.is_error()).count();
    assert!(errors <= 5);
    assert_eq!(parsed.query.is_none(), errors > 0, "{text:?}");
    for diagnostic in &parsed.diagnostics {
        let places = std::iter::once(diagnostic.span).chain(diagnostic.fix.iter().map(|fix| fix.replace));
        for span in places {
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= units.len(), "{text:?} {diagnostic:?}");
            for part in [&units[..start], &units[start..end]] {
                assert!(String::from_utf16(part).is_ok(), "{text:?} {diagnostic:?} splits a character");
            }
        }
        assert!(diagnostic.span.start < diagnostic.span.end, "{text:?} {diagnostic:?}");
        tallystick_query::render_diagnostic(text, diagnostic);
    }
    let Some(query) = parsed.query else { return };
    let canonical = query.to_string();
    let again = parse(&canonical)
        .query
        .unwrap_or_else(|| panic!("{text:?} gives {canonical:?}, which does not parse"));
    assert_eq!(again.to_string(), canonical, "{text:?}");
    assert_eq!(without_spans(&again), without_spans(&query), "{text:?} {canonical:?}");
    assert_eq!(lowered(&again), lowered(&query), "{text:?} {canonical:?}");
}

/// Pieces that make valid queries likely and edges certain.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "a",
        "b",
        ":",
        "*",
        "\"",
        "“",
        "(",
        ")",
        "\\",
        ",",
        ".",
        "..",
        " ",
        "-",
        "<",
        ">",
        "=",
        "OR ",
        " AND ",
        "NOT ",
        "/",
        "1",
        "é",
        "日",
        "😀",
        "\u{3000}",
        "actor:",
        "target:(",
        "ip:10.",
        "created:",
        "now",
        "-7d",
        "metadata.x",
        "outcome:",
        "success",
        "seq:",
        "action:",
        "user.",
        "type:",
        "2026-01",
        "0.0.0.0/8",
        "changes.a.before:",
        "\"odd key\"",
        "@me",
        "or",
        "id:",
        "request:",
        "has:diff",
        "is:late",
        "\u{2003}",
        "\n",
        "ua:",
        "reason:",
        "changed:",
        "schema:",
        "country:",
    ];
    let fixed = proptest::sample::select(fixed.to_vec());
    prop_oneof![9 => fixed.prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)]
}

fn event() -> impl Strategy<Value = Value> {
    let words = vec!["a", "b", "user", "user.a", "u_1", "日", "1", "A b", "success"];
    let word = move || proptest::sample::select(words.clone());
    let reason = proptest::option::of(word());
    (word(), word(), word(), word(), reason, 0..3_i64).prop_map(|(action, id, target, x, reason, n)| {
        json!({
            "id": "evt_0199aabbccdd7000800000000000000a", "seq": n, "org": "acme", "source": "key:ak_1",
            "action": action, "outcome": "success", "reason": reason,
            "occurred_at": "2026-01-31T09:30:00.000Z", "received_at": format!("2026-01-31T09:3{n}:30.000Z"),
            "actor": {"type": "user", "id": id, "name": "A b"},
            "targets": [{"type": "a", "id": target}, {"type": "b", "id": "1", "name": x}],
            "context": {"ip": "10.0.0.1", "request_id": x},
            "metadata": {"x": [n, x, {"y": true}]},
            "changes": [{"path": "/a", "op": "replace", "old": x, "new": n}]
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn pieces_of_the_language(pieces in proptest::collection::vec(piece(), 0..14)) {
        check(&pieces.concat());
    }

    #[test]
    fn canonical_form_matches_the_same_events(pieces in proptest::collection::vec(piece(), 0..8), event in event()) {
        if let Some(query) = parse(&pieces.concat()).query {
            let facts = EventFacts::from_json(&event);
            let again = parse(&query.to_string()).query.unwrap();
            prop_assert_eq!(matches(&lowered(&query), &facts), matches(&lowered(&again), &facts));
        }
    }

    #[test]
    fn negation_and_junctions_are_those_of_logic(
        left in proptest::collection::vec(piece(), 1..4),
        right in proptest::collection::vec(piece(), 1..4),
        event in event(),
    ) {
        let facts = EventFacts::from_json(&event);
        let answer = |text: &str| parse(text).query.map(|query| matches(&lowered(&query), &facts));
        let (a, b) = (left.concat(), right.concat());
        let is_one = |text: &str| parse(text).query.is_some_and(|query| query.root.is_some());
        if is_one(&a) && is_one(&b) {
            let (is_a, is_b) = (answer(&a).unwrap(), answer(&b).unwrap());
            prop_assert_eq!(answer(&format!("-({a}\n)")), Some(!is_a));
            prop_assert_eq!(answer(&format!("({a} ) ({b} )")), Some(is_a && is_b));
            prop_assert_eq!(answer(&format!("({a} ) OR ({b} )")), Some(is_a || is_b));
        }
    }
}
