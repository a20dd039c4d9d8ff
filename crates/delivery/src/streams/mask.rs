//! What of an event does not leave the house: parts that are left out, hashed or blackened before it is rendered.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

use super::limits::{MASK_FIELD_BYTES_MAX, MASK_FIELDS_MAX};

/// In place of what is blackened.
const BLACKENED: &str = "***";
/// Before what was hashed.
const HASHED: &str = "hmac-sha256:";
/// Any member.
const ANY: &str = "*";
/// By these an event is found again, whatever else is masked.
const KEPT: &[&str] = &["id", "seq", "org"];

/// What becomes of a masked part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaskMethod {
    /// It is not there.
    #[default]
    Drop,
    /// HMAC-SHA-256 stands in its place, with a key of the organization: the same value has the same hash.
    Hash,
    /// `***` stands in its place.
    Mask,
}

/// Which parts of events are masked, and how. As JSON: `{"fields": ["actor.email"], "method": "hash"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Parts by their path, such as `actor.email`, `targets.name`, `metadata.*`. Lists are gone through; what a path
    /// leads to is masked with all that is in it.
    #[serde(default)]
    pub fields: Vec<String>,
    /// What becomes of them.
    #[serde(default)]
    pub method: MaskMethod,
}

/// A mask that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMask(String);

impl Mask {
    /// Checks that it can be applied.
    pub fn check(&self) -> Result<(), BadMask> {
        if self.fields.len() > MASK_FIELDS_MAX {
            return Err(BadMask(format!("at most {MASK_FIELDS_MAX} fields")));
        }
        for field in &self.fields {
            let is_path =
                field.len() <= MASK_FIELD_BYTES_MAX && field.split('.').all(|name| !name.is_empty());
            if !is_path {
                return Err(BadMask(format!("{field:?} is not the path of a field, such as actor.email")));
            }
            let first = field.split('.').next().unwrap_or_default();
            if KEPT.contains(&first) || first == ANY {
                let kept = KEPT.join(", ");
                return Err(BadMask(format!(
                    "{field:?}: {kept} stay, because an event is found again by them"
                )));
            }
        }
        Ok(())
    }

    /// Whether nothing is masked.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// What [`Mask::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, BadMask> {
        serde_json::from_str(text).map_err(|error| BadMask(error.to_string()))
    }

    /// Masks an event. `key` is for hashes.
    pub fn apply(&self, event: &mut Value, key: &[u8]) {
        for field in &self.fields {
            let path: Vec<&str> = field.split('.').collect();
            walk(event, &path, self.method, key);
        }
    }
}

fn walk(value: &mut Value, path: &[&str], method: MaskMethod, key: &[u8]) {
    let Some((name, rest)) = path.split_first() else { return };
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, path, method, key)),
        Value::Object(members) => {
            if rest.is_empty() && method == MaskMethod::Drop {
                members.retain(|member, _| *name != ANY && member != name);
                return;
            }
            for (_, member) in members.iter_mut().filter(|(member, _)| *name == ANY || *member == name) {
                if rest.is_empty() { hide(member, method, key) } else { walk(member, rest, method, key) }
            }
        }
        _ => {}
    }
}

/// Hides every value in there; names and shape stay.
fn hide(value: &mut Value, method: MaskMethod, key: &[u8]) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, method, key)),
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| hide(member, method, key)),
        Value::Null => {}
        _ if method == MaskMethod::Mask => *value = Value::from(BLACKENED),
        Value::String(text) => *text = hashed(text, key),
        Value::Bool(_) | Value::Number(_) => *value = hashed(&value.to_string(), key).into(),
    }
}

fn hashed(text: &str, key: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    format!("{HASHED}{}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({ "id": "evt_1", "actor": { "id": "u", "email": "ana@acme.example", "age": 7 },
            "targets": [{ "name": "a" }, { "name": "b", "id": "t" }],
            "metadata": { "deep": { "x": [1, null, "y"] }, "flat": true } })
    }

    fn masked(method: MaskMethod, fields: &[&str]) -> Value {
        let mask = Mask { fields: fields.iter().map(|field| (*field).to_owned()).collect(), method };
        mask.check().unwrap();
        assert_eq!(Mask::from_text(&mask.to_text()), Ok(mask.clone()));
        let mut event = event();
        mask.apply(&mut event, b"key");
        event
    }

    #[test]
    fn parts_are_left_out() {
        let found =
            masked(MaskMethod::Drop, &["actor.email", "targets.name", "metadata.*", "nothing.at.all"]);
        let expected = json!({ "id": "evt_1", "actor": { "id": "u", "age": 7 },
            "targets": [{}, { "id": "t" }], "metadata": {} });
        assert_eq!(found, expected);
    }

    #[test]
    fn parts_are_blackened_with_all_that_is_in_them() {
        let found = masked(MaskMethod::Mask, &["actor.age", "metadata"]);
        assert_eq!(found["actor"]["age"], json!("***"));
        assert_eq!(found["metadata"], json!({ "deep": { "x": ["***", null, "***"] }, "flat": "***" }));
    }

    #[test]
    fn the_same_value_has_the_same_hash() {
        let found = masked(MaskMethod::Hash, &["actor.email"]);
        // openssl dgst -sha256 -hmac key
        let mac = "hmac-sha256:";
        let text = found["actor"]["email"].as_str().unwrap();
        assert!(text.starts_with(mac) && text.len() == mac.len() + 64, "{text}");
        assert_eq!(masked(MaskMethod::Hash, &["actor.email"]), found);
        let mut other = event();
        let mask = Mask { fields: vec!["actor.email".into()], method: MaskMethod::Hash };
        mask.apply(&mut other, b"another key");
        assert_ne!(other, found);
    }

    #[test]
    fn what_finds_an_event_again_is_not_masked() {
        for bad in ["id", "seq", "org", "*", "", "actor..email", "actor."] {
            let mask = Mask { fields: vec![bad.into()], method: MaskMethod::Drop };
            assert!(mask.check().is_err(), "{bad}");
        }
    }
}
