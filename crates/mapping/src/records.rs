//! The records of one JSON document: products wrap many records in one object or array.

use serde_json::Value;

use crate::path::Path;

/// The records of a document, one at a time. Made by [`Mapping::records`](crate::Mapping::records).
#[derive(Debug)]
pub struct Records {
    waiting: Vec<Value>,
    unwrap: Vec<Path>,
}

impl Records {
    pub(crate) fn new(document: Value, unwrap: &[Path]) -> Records {
        Records { waiting: vec![document], unwrap: unwrap.to_vec() }
    }
}

impl Iterator for Records {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        loop {
            let mut value = self.waiting.pop()?;
            match wrapped(&mut value, &self.unwrap) {
                Some(mut inner) => {
                    inner.reverse();
                    self.waiting.append(&mut inner);
                }
                None => return Some(value),
            }
        }
    }
}

/// The values inside an array or an envelope; `None` when `value` is a record itself.
fn wrapped(value: &mut Value, unwrap: &[Path]) -> Option<Vec<Value>> {
    if let Value::Array(elements) = value {
        return Some(std::mem::take(elements));
    }
    let path = unwrap.iter().find(|path| path.follow(value).is_some_and(Value::is_array))?;
    match value.pointer_mut(&path.pointer()) {
        Some(Value::Array(elements)) => Some(std::mem::take(elements)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unwraps_arrays_and_envelopes_in_order() {
        let unwrap = [Path::parse("Records", &[]).unwrap()];
        let records = |value| Records::new(value, &unwrap).collect::<Vec<_>>();
        assert_eq!(records(json!({"Records": [{"a": 1}, {"a": 2}]})), [json!({"a": 1}), json!({"a": 2})]);
        assert_eq!(records(json!([{"a": 1}, {"Records": [{"a": 2}]}])), [json!({"a": 1}), json!({"a": 2})]);
        assert_eq!(records(json!({"a": 1})), [json!({"a": 1})]);
        assert_eq!(records(json!({"Records": 5})), [json!({"Records": 5})]);
        assert!(records(json!([])).is_empty());
    }
}
