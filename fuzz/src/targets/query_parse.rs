//! The query language: any text is answered with a query or with errors that point into it, and the canonical form
//! of a
//! query is that query.

use serde_json::json;
use tallystick_query::{EventFacts, LowerOptions, Me, lower, matches, parse, render_diagnostic, zone};

use crate::Target;

pub(crate) const TARGET: Target = Target { name: "query_parse", seeds, run };

/// The vectors that the crate's own tests check; each is a feature of the language.
const VECTORS: [&str; 2] = [
    include_str!("../../../testdata/query/valid.json"),
    include_str!("../../../testdata/query/invalid.json"),
];

fn seeds() -> Vec<Vec<u8>> {
    let vectors = VECTORS.iter().flat_map(|json| {
        let list: Vec<serde_json::Value> = serde_json::from_str(json).expect("the vectors are JSON");
        list
    });
    vectors.filter_map(|vector| Some(vector["query"].as_str()?.as_bytes().to_vec())).collect()
}

fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let units = text.encode_utf16().count() as u32;
    let parsed = parse(&text);
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.span;
        assert!(span.start < span.end && span.end <= units, "a diagnostic points into the text");
        let fix_end = diagnostic.fix.as_ref().map_or(0, |fix| fix.replace.end);
        assert!(fix_end <= units, "a fix changes the text");
        render_diagnostic(&text, diagnostic);
    }
    let failed = parsed.diagnostics.iter().any(tallystick_query::Diagnostic::is_error);
    assert_eq!(parsed.query.is_none(), failed, "a query or an error");
    let Some(query) = parsed.query else { return };
    let canonical = query.to_string();
    let again = parse(&canonical).query.expect("the canonical form parses");
    assert_eq!(again.to_string(), canonical, "the canonical form is its own canonical form");
    let tz = zone("America/New_York").expect("a zone of the database");
    let options = LowerOptions { now_us: 0, tz: &tz, me: Some(Me { id: "a", email: Some("b") }) };
    let lowered = lower(&query, &options).expect("only a missing @me fails");
    assert_eq!(lower(&again, &options).as_ref(), Ok(&lowered), "both mean the same");
    matches(&lowered, &EventFacts::from_json(&json!({"action": "a.b", "metadata": {"x": [1, "a b"]}})));
}
