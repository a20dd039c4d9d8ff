//! Secrets do not reach the stored bytes, and the fact of a change does.

use std::sync::Arc;

use tallystick_event::{Limits, MaskRules, Preparer, Unit};
use tallystick_testkit::{FixedClock, SeededRandom};

use crate::{context, prepare, unit, with};

fn metadata_of(metadata: &str) -> String {
    let prepared = prepare(&with(&format!(r#""metadata":{metadata}"#))).expect("valid");
    unit(&prepared, Unit::Metadata).to_owned()
}

#[test]
fn strings_under_secret_names() {
    for (given, expected) in [
        (r#"{"password":"hunter2","user":"ana"}"#, r#"{"password":"[masked]","user":"ana"}"#),
        (r#"{"a":[{"sessionToken":"x1","n":1}]}"#, r#"{"a":[{"n":1,"sessionToken":"[masked]"}]}"#),
        (
            r#"{"token_count":5,"tokens":7,"password_changed":true}"#,
            r#"{"password_changed":true,"token_count":5,"tokens":7}"#,
        ),
        (r#"{"password":null,"token":"","secret":"***"}"#, r#"{"password":null,"secret":"***","token":""}"#),
        (
            r#"{"tokens":["a","b"],"secret":{"data":"x"}}"#,
            r#"{"secret":{"data":"[masked]"},"tokens":["[masked]","[masked]"]}"#,
        ),
        (
            r#"{"credentials":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":"wJal","expiration":"Nov 20"}}"#,
            r#"{"credentials":{"accessKeyId":"AKIAIOSFODNN7EXAMPLE","expiration":"Nov 20","secretAccessKey":"[masked]"}}"#,
        ),
        (r#"{"note":"pay 4111111111111111 now"}"#, r#"{"note":"pay [masked] now"}"#),
    ] {
        assert_eq!(metadata_of(given), expected);
    }
}

#[test]
fn a_change_of_a_secret_keeps_that_it_changed() {
    let json = with(
        r#""changes":[{"path":"/auth/password","old":"a1","new":"b2"},{"path":"/api_keys/0","new":"k"},
        {"path":"/settings","old":{"smtp":{"pwd":"p"}},"new":null},{"path":"/retries","old":1,"new":2}],
        "reason":"used Bearer abc123def456""#,
    );
    let prepared = prepare(&json).unwrap();
    assert_eq!(
        unit(&prepared, Unit::Changes),
        concat!(
            r#"[{"new":"[masked]","old":"[masked]","op":"replace","path":"/auth/password"},"#,
            r#"{"new":"[masked]","op":"add","path":"/api_keys/0"},"#,
            r#"{"new":null,"old":{"smtp":{"pwd":"[masked]"}},"op":"replace","path":"/settings"},"#,
            r#"{"new":2,"old":1,"op":"replace","path":"/retries"}]"#
        )
    );
    assert!(unit(&prepared, Unit::Event).contains(r#""reason":"used Bearer [masked]""#));
}

#[test]
fn metadata_of_actors_and_targets() {
    let json = with(r#""targets":[{"type":"t","id":"1","metadata":{"api_key":"k1"}}]"#).replace(
        r#""id":"u""#,
        r#""id":"u","metadata":{"cookie":"c1"},"on_behalf_of":[{"type":"u","id":"2","metadata":{"jwt":"j1"}}]"#,
    );
    let prepared = prepare(&json).unwrap();
    for which in [Unit::Actor, Unit::Targets] {
        let stored = unit(&prepared, which);
        assert!(
            stored.contains("[masked]") && !["k1", "c1", "j1"].iter().any(|s| stored.contains(s)),
            "{stored}"
        );
    }
}

#[test]
fn masking_can_be_switched_off() {
    let rules = MaskRules { enabled: false, ..MaskRules::default() };
    let clock = Arc::new(FixedClock::default());
    let preparer = Preparer::new(Limits::default(), &rules, clock, Arc::new(SeededRandom::new(1)));
    let json = with(r#""metadata":{"password":"hunter2","n":"4111111111111111"}"#);
    let prepared = preparer.prepare(json.as_bytes(), &context()).unwrap();
    assert_eq!(unit(&prepared, Unit::Metadata), r#"{"n":"4111111111111111","password":"hunter2"}"#);
}
