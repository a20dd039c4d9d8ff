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
    let mut json = Vec::with_capacity(1_024);
    write_sorted(record, &mut json);
    let mut hex = String::with_capacity(32);
    for byte in &Sha256::digest(&json)[..16] {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
    }
    hex
}

fn write_sorted(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => {
            // Sorted here and not by the map: whether the map is sorted is a build feature of serde_json.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (number, (name, value)) in members.into_iter().enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name).expect("a text is JSON, and memory takes it");
                out.push(b':');
                write_sorted(value, out);
            }
            out.push(b'}');
        }
        Value::Array(elements) => {
            out.push(b'[');
            for (number, value) in elements.iter().enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                write_sorted(value, out);
            }
            out.push(b']');
        }
        scalar => serde_json::to_writer(out, scalar).expect("a scalar is JSON, and memory takes it"),
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
        let expected = u128::from_be_bytes(Sha256::digest(text)[..16].try_into().unwrap());
        assert_eq!(digest(&record), format!("{expected:032x}"));
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
