//! JSON out: canonical (RFC 8785), so that the same event gives the same bytes whatever built its tree; and objects
//! that never get an empty member.

use serde_json::{Map, Number, Value};
use tallystick_event::name_order;

/// 2^53: above it, RFC 8785 has integers as the nearest double.
const EXACT_INTEGERS: u64 = 1 << 53;

/// Appends a value, canonical.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_text(out, text),
        Value::Array(elements) => {
            out.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(out, element);
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(out, members),
    }
}

/// Appends an object, canonical.
pub(crate) fn write_object(out: &mut Vec<u8>, members: &Map<String, Value>) {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_by(|a, b| name_order(a.0, b.0));
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(out, name);
        out.push(b':');
        write(out, value);
    }
    out.push(b'}');
}

/// Appends a string. What serde_json escapes, and how, is what RFC 8785 asks for.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a string is always written to memory");
}

/// A value's JSON, or what a string says.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => {
            let mut out = Vec::new();
            write(&mut out, other);
            String::from_utf8(out).expect("written from strings")
        }
    }
}

fn write_number(out: &mut Vec<u8>, number: &Number) {
    let exact = number.as_i64().is_some_and(|n| n.unsigned_abs() <= EXACT_INTEGERS);
    if exact {
        out.extend_from_slice(number.to_string().as_bytes());
        return;
    }
    // Numbers beyond double precision cannot come out of a log; here they only have to stay numbers.
    let double = number.as_f64().filter(|n| n.is_finite()).unwrap_or(0.0);
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(double).as_bytes());
}

/// An object under construction. Nothing empty gets in: schemas that demand one of several members would refuse it.
#[derive(Debug, Default, Clone)]
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl Object {
    /// Sets a member.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Sets a text, if there is one.
    pub(crate) fn text(&mut self, name: &str, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) if !text.is_empty() => self.set(name, text),
            _ => self,
        }
    }

    /// Sets an object, if anything is in it.
    pub(crate) fn object(&mut self, name: &str, object: Self) -> &mut Self {
        if object.is_empty() { self } else { self.set(name, object.0) }
    }

    /// Sets a list, if anything is in it.
    pub(crate) fn list(&mut self, name: &str, list: Vec<Value>) -> &mut Self {
        if list.is_empty() { self } else { self.set(name, list) }
    }

    /// Sets a value as it is, unless it is null or empty.
    pub(crate) fn value(&mut self, name: &str, value: Option<&Value>) -> &mut Self {
        match value {
            None | Some(Value::Null) => self,
            Some(Value::String(text)) if text.is_empty() => self,
            Some(Value::Array(list)) if list.is_empty() => self,
            Some(Value::Object(members)) if members.is_empty() => self,
            Some(value) => self.set(name, value.clone()),
        }
    }

    /// Whether nothing was set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn canonical() {
        // Names in the order of their UTF-16 code units: a surrogate pair comes before U+E000.
        assert_eq!(
            text(
                &json!({"b": 1.0, "a": [1e21, -0.0, null], "\u{e000}": 1, "\u{1f600}": 2, "c": "\u{7}\n/\u{7f}"})
            ),
            "{\"a\":[1e+21,0,null],\"b\":1,\"c\":\"\\u0007\\n/\u{7f}\",\"\u{1f600}\":2,\"\u{e000}\":1}"
        );
        assert_eq!(text(&json!(u64::MAX)), "18446744073709552000");
        assert_eq!(text(&json!(9_007_199_254_740_991_i64)), "9007199254740991");
    }

    #[test]
    fn nothing_empty_gets_in() {
        let mut object = Object::default();
        object.text("a", Some("")).text("b", None).object("c", Object::default()).list("d", vec![]);
        object.value("e", Some(&json!({}))).value("f", Some(&Value::Null)).value("g", None);
        assert!(object.is_empty());
    }
}
