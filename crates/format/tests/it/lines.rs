//! CEF and LEEF are one line each and read back, whatever the event says.

use proptest::prelude::*;
use serde_json::{Value, json};
use tallystick_format::{FormatName, Place, render};

use crate::events::{LEAF_HASH, made, place, rendered};
use crate::parsers::{cef, leef};

/// What some reader takes for the end of a line.
fn assert_one_line(line: &str) {
    let breaks = |c: char| c.is_control() && c != '\t' || c == '\u{2028}' || c == '\u{2029}';
    assert!(!line.contains(breaks), "{line:?}");
}

/// What a value becomes on its way: line ends kept as escapes in CEF, other controls spaces, ends trimmed, cut.
fn in_cef(text: &str, chars_max: usize) -> String {
    let safe = |c: char| match c {
        '\n' | '\r' => c,
        c if c.is_control() || c == '\u{2028}' || c == '\u{2029}' => ' ',
        c => c,
    };
    let safe: String = text.chars().map(safe).collect();
    let cut: String = safe.trim().chars().take(chars_max).collect();
    cut.trim_end().to_owned()
}

fn in_leef(text: &str, chars_max: usize) -> String {
    let safe = |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    text.chars().take(chars_max).map(safe).collect::<String>().trim().to_owned()
}

fn texts() -> impl Strategy<Value = String> {
    let odd = prop::collection::vec(
        prop_oneof![
            Just("|".to_owned()),
            Just("\\".to_owned()),
            Just("=".to_owned()),
            Just(" act=x".to_owned()),
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("\t".to_owned()),
            Just("\u{2028}\u{85}\0\u{202e}".to_owned()),
            Just("e\u{301}\u{1f469}\u{200d}\u{1f680}".to_owned()),
            any::<String>(),
            "[a-z ]{0,12}",
        ],
        0..8,
    );
    prop_oneof![9 => odd.prop_map(|parts| parts.concat()), 1 => Just("long | = \\ \n".repeat(6_000))]
}

fn event() -> impl Strategy<Value = Value> {
    (texts(), texts(), texts(), texts(), texts()).prop_map(|(action, name, id, reason, agent)| {
        json!({
            "action": action, "outcome": "denied", "reason": reason,
            "actor": {"type": name, "id": id, "name": name},
            "targets": [{"type": "user", "id": name, "name": reason}],
            "context": {"ip": "192.0.2.1", "user_agent": agent, "request_id": id},
            "metadata": {name: reason},
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn cef_reads_back(event in event()) {
        let line = rendered(FormatName::Cef, &event);
        assert_one_line(&line);
        let read = cef(&line);
        prop_assert_eq!(&read.header[0], "CEF:1");
        prop_assert_eq!(&read.header[6], "6");
        prop_assert_eq!(&read.pairs["cn1"], "7");
        prop_assert_eq!(&read.pairs["cs2"], &hex::encode(LEAF_HASH));
        let said = |value: &Value| in_cef(value.as_str().unwrap(), 1_023);
        for (key, value) in [
            ("reason", &event["reason"]), ("suid", &event["actor"]["id"]),
            ("requestClientApplication", &event["context"]["user_agent"]),
        ] {
            prop_assert_eq!(read.pairs.get(key).cloned().unwrap_or_default(), said(value), "{}", key);
        }
        prop_assert!(read.header[4].chars().count() <= 1_023 && read.header[5].chars().count() <= 512);
        prop_assert!(line.len() < 128 * 1_024);
    }

    #[test]
    fn leef_reads_back(event in event()) {
        let line = rendered(FormatName::Leef, &event);
        assert_one_line(&line);
        let read = leef(&line);
        prop_assert_eq!(&read.header[0], "LEEF:2.0");
        prop_assert_eq!(&read.pairs["seq"], "7");
        prop_assert_eq!(&read.pairs["leafHash"], &hex::encode(LEAF_HASH));
        let said = |value: &Value| in_leef(value.as_str().unwrap(), 1_023);
        for (key, value) in [
            ("reason", &event["reason"]), ("actorId", &event["actor"]["id"]),
            ("userAgent", &event["context"]["user_agent"]),
        ] {
            prop_assert_eq!(read.pairs.get(key).cloned().unwrap_or_default(), said(value), "{}", key);
        }
    }

    #[test]
    fn what_surrounds_an_event_may_be_hostile_too(text in texts()) {
        let event = json!({"action": "a.b"});
        let place = Place {
            org: &text, org_name: Some(&text), log: &text, event_id: &text, product: &text, version: &text,
            ..place(&event)
        };
        for format in [FormatName::Cef, FormatName::Leef] {
            let mut out = Vec::new();
            render(format, &event, &place, &mut out).unwrap();
            let line = String::from_utf8(out).unwrap();
            assert_one_line(&line);
            let read = if format == FormatName::Cef { cef(&line) } else { leef(&line) };
            prop_assert_eq!(read.pairs.len(), read.pairs.values().filter(|value| !value.is_empty()).count());
        }
    }
}

#[test]
fn made_events_are_lines() {
    for event in made(300) {
        let line = rendered(FormatName::Cef, &event);
        assert_one_line(&line);
        assert_eq!(cef(&line).pairs["externalId"], event["id"].as_str().unwrap());
        let line = rendered(FormatName::Leef, &event);
        assert_one_line(&line);
        assert_eq!(leef(&line).pairs["eventId"], event["id"].as_str().unwrap());
    }
}
