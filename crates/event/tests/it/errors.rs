//! Every refusal has a place and a code, and one answer has all of them.

use tallystick_event::error::code;
use tallystick_event::{BodyError, BodyKind, OrgId, PrepareContext};

use crate::{context, prepare, preparer, with};

fn found(json: &str) -> Vec<(String, &'static str)> {
    let Err(error) = prepare(json) else { panic!("accepted: {json}") };
    error.errors.into_iter().map(|e| (e.path, e.code)).collect()
}

fn check(json: &str, expected: &[(&str, &str)]) {
    let found = found(json);
    let found: Vec<(&str, &str)> = found.iter().map(|(path, code)| (path.as_str(), *code)).collect();
    assert_eq!(found, expected, "{json}");
}

#[test]
fn all_errors_at_once() {
    let json = r#"{"actr":{},"action":"a b","actor":{"type":7,"id":""},"targets":[{"type":"t","id":"1"},{"id":null}],
        "context":{"ip":"1.2.3","country":"Germany"},"outcome":"sucess","occurred_at":"yesterday","version":0}"#;
    check(
        json,
        &[
            ("/actor/type", code::WRONG_TYPE),
            ("/actr", code::UNKNOWN_FIELD),
            ("/org", code::MISSING_FIELD),
            ("/action", code::BAD_CHARACTERS),
            ("/occurred_at", code::BAD_TIMESTAMP),
            ("/version", code::BAD_VERSION),
            ("/actor/id", code::MISSING_FIELD),
            ("/targets/1/type", code::MISSING_FIELD),
            ("/targets/1/id", code::MISSING_FIELD),
            ("/context/ip", code::BAD_IP),
            ("/context/country", code::BAD_COUNTRY),
            ("/outcome", code::BAD_ENUM),
        ],
    );
}

#[test]
fn messages_say_what_to_do() {
    let message = |members: &str| prepare(&with(members)).unwrap_err().errors.remove(0).message;
    assert_eq!(
        message(r#""actr":1"#),
        "there is no field \"actr\" here; did you mean \"actor\"? Data of your own belongs into metadata"
    );
    assert_eq!(message(r#""outcome":"sucess""#), {
        "this must be one of success, failure, denied, unknown; did you mean \"success\"?"
    });
    assert!(
        message(r#""occurred_at":"2026-11-20T10:15:01Z""#).contains("where it is 2026-11-20T10:00:00.000Z")
    );
}

#[test]
fn json_that_readers_disagree_about() {
    check(&with(r#""metadata":{"a":{"b":1,"b":2}}"#), &[("/metadata/a/b", code::DUPLICATE_MEMBER)]);
    check(&with(r#""org":"p""#), &[("/org", code::DUPLICATE_MEMBER)]);
    check(&with(r#""\u006frg":"p""#), &[("/org", code::DUPLICATE_MEMBER)]);
    check(&with(r#""org":null"#), &[("/org", code::DUPLICATE_MEMBER)]);
    check(&with(r#""metadata":{"a":"\ud800"}"#), &[("/metadata/a", code::LONE_SURROGATE)]);
}

#[test]
fn numbers_that_are_not_kept_exactly() {
    for number in ["9007199254740992", "-9007199254740993", "18446744073709551616", "1e20", "1e400", "-1e999"]
    {
        check(
            &with(&format!(r#""metadata":{{"n":[{number}]}}"#)),
            &[("/metadata/n/0", code::NUMBER_OUT_OF_RANGE)],
        );
    }
    for number in ["NaN", "Infinity", "01", "1.", ".5", "+1", "0x1", "1e"] {
        check(&with(&format!(r#""metadata":{{"n":{number}}}"#)), &[("", code::BAD_JSON)]);
    }
}

#[test]
fn not_json_at_all() {
    for json in ["", "{", "nul", "{\"a\":1}}", "{'a':1}", "{\"a\":1,}", "\u{feff}{}", "{\"a\":\"\u{1}\"}"] {
        check(json, &[("", code::BAD_JSON)]);
    }
    let error = preparer().prepare(b"{\"org\":\"\xff\"}", &context()).unwrap_err();
    assert_eq!((error.errors[0].code, error.errors.len()), (code::BAD_JSON, 1));
    assert!(error.errors[0].message.contains("byte 8"), "{}", error.errors[0].message);
    for json in ["null", "[]", "7", "\"x\"", "true"] {
        check(json, &[("", code::WRONG_TYPE)]);
    }
    check(&"[".repeat(100_000), &[("", code::TOO_DEEP)]);
    let deep = preparer().parse_body("[".repeat(100_000).as_bytes(), BodyKind::Json, &context());
    assert!(matches!(deep, Err(BodyError::BadJson { offset: 129, .. })), "{deep:?}");
}

#[test]
fn wrong_types() {
    for (members, path) in [
        (r#""targets":{}"#, "/targets"),
        (r#""targets":[null]"#, "/targets/0"),
        (r#""targets":[["t","1"]]"#, "/targets/0"),
        (r#""metadata":[]"#, "/metadata"),
        (r#""changes":"x""#, "/changes"),
        (r#""context":["203.0.113.9"]"#, "/context"),
        (r#""version":"1""#, "/version"),
        (r#""occurred_at":1795168803059"#, "/occurred_at"),
    ] {
        check(&with(members), &[(path, code::WRONG_TYPE)]);
    }
}

#[test]
fn times_out_of_range() {
    let at = |time: &str| with(&format!(r#""occurred_at":"{time}""#));
    for time in ["1970-01-01T00:00:00Z", "1999-12-31T23:59:59.999Z"] {
        check(&at(time), &[("/occurred_at", code::OCCURRED_AT_TOO_OLD)]);
    }
    for time in ["2026-11-20T10:15:00.001Z", "2026-11-20T11:00:00Z", "2100-01-01T00:00:00Z"] {
        check(&at(time), &[("/occurred_at", code::OCCURRED_AT_IN_FUTURE)]);
    }
    for time in ["2000-01-01T00:00:00Z", "2026-11-20T10:15:00Z"] {
        assert!(prepare(&at(time)).is_ok(), "{time}");
    }
}

#[test]
fn too_much_of_something() {
    let list = |element: &str, n: usize| vec![element; n].join(",");
    let target = r#"{"type":"t","id":"1"}"#;
    check(&with(&format!(r#""targets":[{}]"#, list(target, 65))), &[("/targets", code::TOO_MANY_TARGETS)]);
    assert!(prepare(&with(&format!(r#""targets":[{}]"#, list(target, 64)))).is_ok());
    let change = r#"{"path":"/a"}"#;
    check(&with(&format!(r#""changes":[{}]"#, list(change, 257))), &[("/changes", code::TOO_MANY_CHANGES)]);
    let name = "n".repeat(1_025);
    let named = format!(r#""targets":[{{"type":"t","id":"1","name":"{name}"}}]"#);
    check(&with(&named), &[("/targets/0/name", code::STRING_TOO_LONG)]);
    check(
        &with(&format!(r#""metadata":{{"{name}":1}}"#)),
        &[(&format!("/metadata/{name}"), code::STRING_TOO_LONG)],
    );
    let nested =
        |levels: usize| with(&format!(r#""metadata":{}1{}"#, "{\"a\":".repeat(levels), "}".repeat(levels)));
    check(&nested(33), &[("/metadata", code::TOO_DEEP)]);
    assert!(prepare(&nested(32)).is_ok());
    let big = format!(r#""metadata":{{"a":"{}"}}"#, "x".repeat(300_000));
    check(&with(&big), &[("", code::EVENT_TOO_LARGE)]);
    let unknown: Vec<String> = (0..50).map(|i| format!(r#""x{i}":1"#)).collect();
    assert_eq!(found(&with(&unknown.join(","))).last().unwrap().1, code::MORE_ERRORS);
}

#[test]
fn organizations() {
    let bound = PrepareContext { org: Some(OrgId::new("mine").unwrap()), ..context() };
    let error = preparer().prepare(with("").as_bytes(), &bound).unwrap_err();
    assert_eq!((error.errors[0].path.as_str(), error.errors[0].code), ("/org", code::ORG_MISMATCH));
    let none = r#"{"action":"a","actor":{"type":"user","id":"u"}}"#;
    assert_eq!(preparer().prepare(none.as_bytes(), &bound).unwrap().org.as_str(), "mine");
    check(none, &[("/org", code::MISSING_FIELD)]);
    check(&none.replace("{\"action", "{\"org\":\"a b\",\"action"), &[("/org", code::BAD_ORG_ID)]);
}

#[test]
fn a_body_numbers_its_errors() {
    let body = format!("{}\n\n{{\"org\":}}\n{}\n", with(""), with("\"x\":1"));
    let results = preparer().parse_body(body.as_bytes(), BodyKind::Ndjson, &context()).unwrap();
    let errors: Vec<_> =
        results.iter().map(|r| r.as_ref().err().map(|e| (e.index, e.errors[0].code))).collect();
    assert_eq!(errors, [None, Some((1, code::BAD_JSON)), Some((2, code::UNKNOWN_FIELD))]);
    let broken = preparer().parse_body(b"[{}, {]", BodyKind::Json, &context());
    assert!(matches!(broken, Err(BodyError::BadJson { offset: 6, .. })), "{broken:?}");
}

#[test]
fn every_code_is_listed_once() {
    let mut codes = code::ALL.to_vec();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), code::ALL.len());
    assert!(codes.iter().all(|c| c.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
}
