//! Mapping files: mistakes are found with their place, and the documentation's example works.

use std::path::Path;

use serde_json::Value;
use tallystick_mapping::Mapping;

/// A minimal file with one more line.
fn with(line: &str) -> String {
    format!("version = 1\nname = \"p\"\ndetect = {{ all = [\"a\"] }}\naction = \"a\"\n{line}\n")
}

#[test]
fn mistakes_have_a_place_and_a_remedy() {
    for (line, expected) in [
        (
            "outcom = \"x\"",
            "line 5, column 1: outcom: this key does not exist here (did you mean `outcome`?)",
        ),
        (
            "[actor]\nid = \"x\"\nemial = \"y\"",
            "line 7, column 1: actor.emial: this key does not exist here (did you mean `email`?)",
        ),
        ("[actor]\nname = \"x\"", "line 5, column 1: actor: `id` is missing"),
        ("reason = 5", "line 5, column 10: reason: expected a table, found integer"),
        ("reason = \"a..b\"", "line 5, column 10: reason: a member name is missing or half quoted in `a..b`"),
        ("reason = \"$x.b\"", "line 5, column 10: reason: no alias `x` is defined under [alias]"),
        (
            "reason = { from = \"a\", const = \"b\" }",
            "line 5, column 10: reason: only one of `from`, `template` and `const` can be given",
        ),
        (
            "reason = { apply = \"lower\" }",
            "line 5, column 10: reason: one of `from`, `template` and `const` is needed",
        ),
        (
            "reason = { from = \"a\", apply = [\"lwer\"] }",
            "line 5, column 33: reason.apply[0]: there is no step `lwer` (did you mean `lower`?)",
        ),
        (
            "reason = { from = \"a\", apply = [\"lower\", { join = \",\" }] }",
            "line 5, column 42: reason.apply[1]: `join` can only be the first step",
        ),
        (
            "reason = { from = \"a\", apply = [{ split = [\",\"] }] }",
            "line 5, column 43: reason.apply[0].split: expected an array of 2 values, found 1",
        ),
        (
            "reason = { template = \"{a\" }",
            "line 5, column 23: reason.template: a brace without its partner; write `{{` or `}}` for the character",
        ),
        (
            "reason = { from = \"a\", when = { path = \"b\" } }",
            "line 5, column 31: reason.when: one of `present`, `equals`, `in`, `like`, `between` and `is` is needed",
        ),
        (
            "reason = { from = \"a\", when = { path = \"b\", is = \"uuid\" } }",
            "line 5, column 50: reason.when.is: `uuid` is not one of ip, email, text, number, object, array",
        ),
        ("[[targets]]\ntype = { const = \"x\" }", "line 5, column 1: targets[0]: `id` is missing"),
        (
            "[[changes]]\npath = \"/x\"",
            "line 5, column 1: changes[0]: `old` or `new` is needed, or `inside` with `pairs` or `set`",
        ),
        (
            "[[changes]]\ninside = \"a\"\npairs = [\"x\", \"y*\"]",
            "line 7, column 10: changes[0].pairs[0]: a name pattern has exactly one `*`",
        ),
        ("name2 =", "line 5, column 8: file: string values must be quoted, expected literal string"),
    ] {
        let error = Mapping::from_toml(&with(line)).expect_err(line);
        assert_eq!(error.to_string(), expected, "{line}");
    }
}

#[test]
fn the_version_comes_first() {
    let error = Mapping::from_toml("name = \"p\"").unwrap_err();
    assert_eq!(error.to_string(), "line 1, column 1: : `version` is missing");
    let error = Mapping::from_toml("version = 2\nname = \"p\"").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 11: version: only version 1 of the mapping format is known"
    );
    let error = Mapping::from_toml("version = 1\nname = \"My Product\"").unwrap_err();
    assert_eq!((error.line, error.col, error.key.as_str()), (2, 8, "name"));
}

#[test]
fn built_in_files_can_be_copied_as_a_start() {
    for name in Mapping::builtin_names() {
        let source = Mapping::builtin_source(name).unwrap();
        assert_eq!(Mapping::from_toml(source).unwrap().name(), *name);
    }
    assert!(Mapping::builtin("nothing").is_none());
}

/// The worked example of docs/importing.md: its blocks are the mapping, the record and the event.
#[test]
fn the_documented_example_works() {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/importing.md"));
    let text = std::fs::read_to_string(path).unwrap();
    let block = |language: &str, number: usize| {
        let fence = format!("\n```{language}\n");
        let starts: Vec<usize> = text.match_indices(&fence).map(|(at, _)| at + fence.len()).collect();
        let after = &text[starts[number]..];
        after.split_once("\n```").unwrap().0.to_owned()
    };
    let mapping = Mapping::from_toml(&block("toml", 0)).unwrap();
    let record: Value = serde_json::from_str(&block("json", 0)).unwrap();
    let expected: Value = serde_json::from_str(&block("json", 1)).unwrap();
    let mapped = mapping.map(&record).unwrap();
    let text = serde_json::to_string_pretty(&mapped.event).unwrap();
    assert_eq!(mapped.event, expected, "{text}");
    assert!(mapped.notes.is_empty());
}
