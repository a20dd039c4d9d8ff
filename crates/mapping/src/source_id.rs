//! Ids that stay the same when a record is imported again, so that it is skipped.

use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::limits::SOURCE_ID_BYTES_MAX;

/// `<mapping>:<id>` when the product's ids are unique, else `<mapping>:<id>:<digest>`, and
/// `<mapping>:<digest>` for a record without an id (or with an unusably long one).
pub(crate) fn source_id(mapping: &str, id: Option<&str>, unique: bool, record: &Value) -> String {
    match id.filter(|id| id.len() <= SOURCE_ID_BYTES_MAX) {
        Some(id) if unique => format!("{mapping}:{id}"),
        Some(id) => format!("{mapping}:{id}:{}", digest(record)),
        None => format!("{mapping}:{}", digest(record)),
    }
}

/// The first 16 bytes, in hex, of SHA-256 over the record as compact JSON with members sorted by name.
pub(crate) fn digest(record: &Value) -> String {
    let mut hasher = Sha256::new();
    feed(record, &mut hasher);
    let mut hex = String::with_capacity(32);
    for byte in &hasher.finalize()[..16] {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
    }
    hex
}

fn feed(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(members) => {
            // Sorted here and not by the map: whether the map is sorted is a build feature of serde_json.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            hasher.update(b"{");
            for (number, (name, value)) in members.into_iter().enumerate() {
                hasher.update(if number == 0 { "" } else { "," });
                hasher.update(Value::from(name.as_str()).to_string());
                hasher.update(b":");
                feed(value, hasher);
            }
            hasher.update(b"}");
        }
        Value::Array(elements) => {
            hasher.update(b"[");
            for (number, value) in elements.iter().enumerate() {
                hasher.update(if number == 0 { "" } else { "," });
                feed(value, hasher);
            }
            hasher.update(b"]");
        }
        scalar => hasher.update(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn digests_the_sorted_compact_json() {
        let record = json!({"b": [1, "x\"y"], "a": {"d": null, "c": 1.5}});
        let text = r#"{"a":{"c":1.5,"d":null},"b":[1,"x\"y"]}"#;
        let expected: String = Sha256::digest(text)[..16].iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest(&record), expected);
    }

    #[test]
    fn same_id_with_other_content_is_another_record() {
        let (one, two) = (json!({"id": "x", "n": 1}), json!({"id": "x", "n": 2}));
        assert_ne!(source_id("p", Some("x"), false, &one), source_id("p", Some("x"), false, &two));
        assert_eq!(source_id("p", Some("x"), true, &one), "p:x");
        assert_eq!(source_id("p", None, true, &one), format!("p:{}", digest(&one)));
        let long = "x".repeat(SOURCE_ID_BYTES_MAX + 1);
        assert_eq!(source_id("p", Some(&long), true, &one), format!("p:{}", digest(&one)));
    }
}
