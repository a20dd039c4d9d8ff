//! The vectors in testdata/query, which the browser's tokenizer runs too.

use serde_json::{Value, json};
use tallystick_query::{Diagnostic, parse, time_twice, unknown_actions};

const VALID: &str = include_str!("../../../../testdata/query/valid.json");
const INVALID: &str = include_str!("../../../../testdata/query/invalid.json");
const WARNINGS: &str = include_str!("../../../../testdata/query/warnings.json");

fn vectors(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap()
}

#[test]
fn texts_have_their_tokens() {
    for vector in vectors(include_str!("../../../../testdata/query/tokens.json")) {
        let units: Vec<u16> = query(&vector).encode_utf16().collect();
        let found = tallystick_query::tokens(query(&vector)).into_iter().map(|token| {
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            let kind = serde_json::to_value(token.kind).unwrap();
            format!("{}:{}", kind.as_str().unwrap(), String::from_utf16(&units[start..end]).unwrap())
        });
        assert_eq!(json!(found.collect::<Vec<_>>()), vector["tokens"], "{vector}");
    }
}

fn query(vector: &Value) -> &str {
    vector["query"].as_str().unwrap()
}

#[test]
fn valid_queries_have_their_canonical_form() {
    for vector in vectors(VALID) {
        let canonical = vector["canonical"].as_str().unwrap();
        for text in [query(&vector), canonical] {
            let (parsed, _) = parse(text).into_result().unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
            assert_eq!(parsed.to_string(), canonical, "{text}");
        }
    }
}

fn check(vector: &Value, found: &[Diagnostic]) {
    let found: Vec<Value> = found.iter().map(|found| serde_json::to_value(found).unwrap()).collect();
    let first = found.first().unwrap_or_else(|| panic!("nothing said about {vector}"));
    assert_eq!(first["code"], vector["code"], "{vector}: {first}");
    assert_eq!(first["span"], vector["span"], "{vector}: {first}");
    if vector.get("fix").is_some() {
        assert_eq!(first["fix"], vector["fix"], "{vector}");
    }
}

#[test]
fn invalid_queries_have_their_first_error() {
    for vector in vectors(INVALID) {
        let parsed = parse(query(&vector));
        assert!(parsed.query.is_none(), "{vector}");
        let errors: Vec<Diagnostic> = parsed.diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        check(&vector, &errors);
    }
}

#[test]
fn warnings_do_not_stop_a_query() {
    for vector in vectors(WARNINGS) {
        let (parsed, mut warnings) = parse(query(&vector)).into_result().unwrap();
        if vector["range"] == json!(true) {
            warnings.extend(time_twice(&parsed));
        }
        if let Some(known) = vector["known_actions"].as_array() {
            let known: Vec<&str> = known.iter().map(|action| action.as_str().unwrap()).collect();
            warnings.extend(unknown_actions(&parsed, &known));
        }
        assert_eq!(warnings.len(), 1, "{vector}: {warnings:?}");
        check(&vector, &warnings);
    }
}

/// Following the fix of an error leaves a query with fewer errors, or at least other ones.
#[test]
fn fixes_repair() {
    for vector in vectors(INVALID).iter().chain(&vectors(WARNINGS)) {
        let Some(fix) = vector.get("fix") else { continue };
        let units: Vec<u16> = query(vector).encode_utf16().collect();
        let at = |i: usize| fix["replace"][i].as_u64().unwrap() as usize;
        let mut repaired = units[..at(0)].to_vec();
        repaired.extend(fix["with"].as_str().unwrap().encode_utf16());
        repaired.extend(&units[at(1)..]);
        let repaired = String::from_utf16(&repaired).unwrap();
        let again = parse(&repaired).diagnostics;
        assert!(again.iter().all(|d| json!(d.code) != vector["code"]), "{repaired}: {again:?}");
    }
}

#[test]
fn several_errors_are_reported_at_once_and_at_most_five() {
    let codes =
        |text: &str| -> Vec<Value> { parse(text).diagnostics.iter().map(|d| json!(d.code)).collect() };
    assert_eq!(
        codes("actr:x outcome:sucess (a"),
        [json!("unknown_field"), json!("bad_enum"), json!("unclosed_paren")]
    );
    assert_eq!(codes("x:1 x:1 x:1 x:1 x:1 x:1 x:1").len(), 5);
    assert_eq!(codes(&"(".repeat(4096)), [json!("too_deep")]);
    assert_eq!(codes(&"-".repeat(4096)), [json!("no_words")].map(|_| json!("too_deep")));
}
