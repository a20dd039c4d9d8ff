//! docs/query-language.md names every field, every alias and every code that the vectors know.

use tallystick_query::{FIELDS, Kind, parse};

const DOCUMENT: &str = include_str!("../../../../docs/query-language.md");
const VECTORS: [&str; 2] = [
    include_str!("../../../../testdata/query/invalid.json"),
    include_str!("../../../../testdata/query/warnings.json"),
];

#[test]
fn every_field_is_documented() {
    for def in FIELDS {
        let aliases = def.aliases.iter().filter(|alias| !alias.starts_with("user."));
        for name in std::iter::once(&def.name).chain(aliases) {
            let after = if def.kind == Kind::Open { "." } else { "`" };
            assert!(DOCUMENT.contains(&format!("`{name}{after}")), "{name}");
        }
    }
}

#[test]
fn every_code_is_documented() {
    for vectors in VECTORS {
        let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
        for vector in vectors {
            let code = vector["code"].as_str().unwrap();
            assert!(DOCUMENT.contains(&format!("`{code}`")), "{code}");
        }
    }
}

#[test]
fn the_example_of_the_canonical_form_is_true() {
    let (from, to) = ("User:\"alice\"   AND NOT status:SUCCESS", "actor:alice -outcome:success");
    assert!(DOCUMENT.contains(&format!("`{from}` becomes `{to}`")));
    assert_eq!(parse(from).query.unwrap().to_string(), to);
}

#[test]
fn the_examples_at_the_top_parse() {
    let block = DOCUMENT.split("```").nth(1).unwrap();
    for line in block.trim().lines() {
        // Explanations stand behind several spaces, as further examples do.
        let example = line.split("   ").next().unwrap();
        assert!(parse(example).query.is_some(), "{example}");
    }
}
