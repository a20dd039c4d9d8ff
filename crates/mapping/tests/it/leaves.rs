//! An independent check that an event holds everything its record held: it knows nothing of mappings,
//! only the record and the event.

use serde_json::{Value, json};

/// The scalar leaves of `record` that cannot be found in `event`, each with its path.
pub(crate) fn lost(record: &Value, event: &Value) -> Vec<String> {
    let mut placed = Vec::new();
    for (name, value) in event.as_object().expect("an event is an object") {
        if name != "metadata" {
            texts(value, &mut placed);
        }
    }
    let mut lost = Vec::new();
    walk(record, event.get("metadata"), "", &placed, &mut lost);
    lost
}

/// Every leaf and member name of the event outside `metadata`, as text.
fn texts(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                out.push(name.clone());
                texts(value, out);
            }
        }
        Value::Array(elements) if !elements.is_empty() => elements.iter().for_each(|value| texts(value, out)),
        leaf => out.push(plain(leaf)),
    }
}

fn plain(scalar: &Value) -> String {
    scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned)
}

fn walk(record: &Value, rest: Option<&Value>, path: &str, placed: &[String], lost: &mut Vec<String>) {
    match record {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                walk(value, rest.and_then(|rest| rest.get(name)), &format!("{path}/{name}"), placed, lost);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            // Placed elements leave gaps, so an element may have moved towards the front.
            for (number, value) in elements.iter().enumerate() {
                let path = format!("{path}/{number}");
                let found = (0..=number).rev().any(|at| {
                    let mut missing = Vec::new();
                    walk(value, rest.and_then(|rest| rest.get(at)), &path, placed, &mut missing);
                    missing.is_empty()
                });
                if !found {
                    walk(value, rest.and_then(|rest| rest.get(number)), &path, placed, lost);
                }
            }
        }
        leaf => {
            if !is_kept(leaf, rest) && !is_placed(leaf, placed) {
                lost.push(format!("{path} = {leaf}"));
            }
        }
    }
}

/// Equal at the same place in `metadata`; numbers beyond 2^53-1 as text.
fn is_kept(leaf: &Value, rest: Option<&Value>) -> bool {
    rest.is_some_and(|rest| rest == leaf || (leaf.is_number() && rest.as_str() == Some(&leaf.to_string())))
}

/// Readable in some field: the same text, part of a longer one, spelt with other case or separators, or
/// the same time.
fn is_placed(leaf: &Value, placed: &[String]) -> bool {
    let text = plain(leaf);
    let spelling = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let wanted = spelling(&text);
    placed.iter().any(|one| {
        one.contains(&text)
            || (!wanted.is_empty() && spelling(one).contains(&wanted))
            || is_same_time(&text, one)
    })
}

/// Compares by the digits of date and time, or by Unix time.
fn is_same_time(text: &str, placed: &str) -> bool {
    let Ok(placed) = placed.parse::<jiff::Timestamp>() else { return false };
    let number: Option<i128> = text.strip_suffix(".0").unwrap_or(text).parse().ok();
    if let Some(number) = number {
        let nanos = placed.as_nanosecond();
        return [1, 1_000, 1_000_000, 1_000_000_000].iter().any(|unit| number * unit == nanos);
    }
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let trimmed = |text: &str| digits(text).trim_end_matches('0').to_owned();
    let with_offset = text.parse::<jiff::Timestamp>().is_ok_and(|time| time == placed);
    with_offset || trimmed(text) == trimmed(&placed.to_string())
}

#[test]
fn notices_what_is_missing() {
    let time = "2024-01-01T00:00:01.000Z";
    let record = json!({"a": "x1", "b": {"c": [1, {"d": "y2"}]}, "t": "2024-01-01 00:00:01"});
    let whole = json!({"action": "p.X1", "occurred_at": time, "metadata": {"b": {"c": [1, {"d": "y2"}]}}});
    assert!(lost(&record, &whole).is_empty());
    let rest = json!({"b": {"c": [{"d": "y2"}]}});
    let moved = json!({"action": "x1", "reason": "1", "occurred_at": time, "metadata": rest});
    assert!(lost(&record, &moved).is_empty());
    let lossy = json!({"action": "z", "metadata": {"b": {"c": [1, {}]}}});
    assert_eq!(lost(&record, &lossy), ["/a = \"x1\"", "/b/c/1/d = \"y2\"", "/t = \"2024-01-01 00:00:01\""]);
}
