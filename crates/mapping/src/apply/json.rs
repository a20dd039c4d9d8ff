//! Copies JSON from a record into an event, within what an event's free JSON may hold.

use serde_json::{Map, Number, Value};

use crate::limits::{JSON_DEPTH_MAX, MEMBER_NAME_BYTES_MAX, SAFE_INTEGER_MAX};

/// A copy with numbers beyond 2^53-1 as text, and what is too deep, or has too long a member name, as
/// JSON text. `level` is where the copy goes: 1 for a value on its own, 2 for a member of `metadata`.
pub(super) fn copy(value: &Value, level: usize) -> Value {
    copy_level(value, level, &|_| false).expect("nothing is left out")
}

/// The same without the values for which `skip` holds; objects and arrays that become empty by that are
/// left out too. `None` when nothing is left.
pub(super) fn copy_without(value: &Value, skip: &impl Fn(&Value) -> bool) -> Option<Value> {
    copy_level(value, 1, skip)
}

fn copy_level(value: &Value, level: usize, skip: &impl Fn(&Value) -> bool) -> Option<Value> {
    if skip(value) {
        return None;
    }
    let copied = match value {
        Value::Object(_) | Value::Array(_) if level > JSON_DEPTH_MAX => Value::String(value.to_string()),
        Value::Object(members) if members.keys().any(|name| name.len() > MEMBER_NAME_BYTES_MAX) => {
            Value::String(value.to_string())
        }
        Value::Object(members) if !members.is_empty() => {
            let copied: Map<_, _> = members
                .iter()
                .filter_map(|(name, value)| Some((name.clone(), copy_level(value, level + 1, skip)?)))
                .collect();
            return (!copied.is_empty()).then_some(Value::Object(copied));
        }
        Value::Array(elements) if !elements.is_empty() => {
            let copied: Vec<_> =
                elements.iter().filter_map(|value| copy_level(value, level + 1, skip)).collect();
            return (!copied.is_empty()).then_some(Value::Array(copied));
        }
        Value::Number(number) if !is_safe(number) => Value::String(number.to_string()),
        other => other.clone(),
    };
    Some(copied)
}

/// Whether every JSON reader gives back the same number.
fn is_safe(number: &Number) -> bool {
    if let Some(n) = number.as_u64() {
        return n <= SAFE_INTEGER_MAX;
    }
    if let Some(n) = number.as_i64() {
        return n.unsigned_abs() <= SAFE_INTEGER_MAX;
    }
    number.as_f64().is_some_and(|n| n.abs() <= SAFE_INTEGER_MAX as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn large_numbers_become_text() {
        let value = json!([
            9_007_199_254_740_991_u64,
            9_007_199_254_740_992_u64,
            -9_007_199_254_740_993_i64,
            1.5,
            1e300
        ]);
        let expected =
            json!([9_007_199_254_740_991_u64, "9007199254740992", "-9007199254740993", 1.5, "1e+300"]);
        assert_eq!(copy(&value, 1), expected);
    }

    #[test]
    fn what_is_too_deep_becomes_text() {
        let mut value = json!("x");
        for _ in 0..=JSON_DEPTH_MAX {
            value = json!([value]);
        }
        let mut at = &copy(&value, 1);
        for _ in 0..JSON_DEPTH_MAX {
            at = &at[0];
        }
        assert_eq!(at, "[\"x\"]");
    }

    #[test]
    fn a_long_member_name_makes_its_object_text() {
        let name = "n".repeat(MEMBER_NAME_BYTES_MAX + 1);
        let object = json!({ &name: 1 });
        assert_eq!(copy(&json!([object]), 1), json!([format!("{{\"{name}\":1}}")]));
    }

    #[test]
    fn leaves_out_what_was_placed_but_keeps_what_was_empty() {
        let value = json!({"a": {"b": 1}, "c": {}, "d": [], "e": null, "f": [1, 2]});
        let rest = copy_without(&value, &|v| *v == json!(1));
        assert_eq!(rest, Some(json!({"c": {}, "d": [], "e": null, "f": [2]})));
        assert_eq!(copy_without(&json!({"a": {"b": 1}}), &|v| *v == json!(1)), None);
    }
}
