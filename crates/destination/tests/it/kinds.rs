//! What holds for all kinds: names, fields, pages, and that no setting is taken that leads to a place that may not be
//! asked.

use std::collections::BTreeSet;
use std::path::Path;

use tallystick_destination::{FieldKind, kinds};

/// Formats that there are.
const FORMATS: [&str; 8] = ["native", "ocsf_1_8", "ocsf_1_9", "ecs", "cef", "leef", "cloudevents", "workos"];

#[test]
fn every_kind_is_complete() {
    let mut names = BTreeSet::new();
    for kind in kinds() {
        assert!(names.insert(kind.name), "{} is there twice", kind.name);
        assert!(kind.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'));
        assert!(!kind.title.is_empty() && kind.summary.ends_with('.'), "{}", kind.name);
        assert!(kind.shape.events_max > 0 && kind.shape.bytes_max > 0, "{}", kind.name);
        for format in kind.formats {
            assert!(FORMATS.contains(format), "{}: there is no format {format}", kind.name);
        }
        let mut fields = BTreeSet::new();
        for field in kind.fields {
            assert!(fields.insert(field.name), "{}: {} is there twice", kind.name, field.name);
            assert!(!field.title.is_empty() && field.help.ends_with('.'), "{}: {}", kind.name, field.name);
            assert!(!field.kind.is_secret() || field.default.is_empty(), "{}: {}", kind.name, field.name);
            if let FieldKind::Choice(choices) = field.kind {
                assert!(field.default.is_empty() || choices.contains(&field.default), "{}", field.name);
            }
        }
    }
}

#[test]
fn every_kind_has_a_page_that_names_its_fields() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/streams");
    for kind in kinds() {
        let path = docs.join(format!("{}.md", kind.name.replace('_', "-")));
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(!page.is_empty(), "{} is missing", path.display());
        for field in kind.fields {
            assert!(
                page.contains(&format!("`{}`", field.name)),
                "{}: nothing of {}",
                path.display(),
                field.name
            );
        }
    }
}
