//! What a record says, as a sentence for people.

use serde_json::Value;

use super::{Disclosure, Record, RecordUnit};

/// Characters of one part of a sentence.
const PART_CHARS_MAX: usize = 200;

/// `2026-11-20T10:00:00.000Z  user Ana (u_1)  user.login  document doc_437  success`, of the units that are shown. None
/// if neither actor nor action is.
pub(crate) fn sentence(record: &Record<'_>) -> Option<String> {
    let mut values: Vec<(String, Value)> = Vec::new();
    let mut room = Vec::new();
    for unit in &record.units {
        let RecordUnit::Disclosed(text) = unit else { continue };
        let found = Disclosure::decode(text, &mut room)?;
        values.push((found.name.into_owned(), serde_json::from_str(found.value).ok()?));
    }
    let unit = |name: &str| values.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    // Records of other producers have units for what is a member of `event` here.
    let of_event = |name: &str| unit("event").and_then(|event| event.get(name)).or_else(|| unit(name));
    let text = |name: &str| of_event(name).and_then(Value::as_str).map(cut);
    let actor = unit("actor").map(thing);
    let action = text("action");
    if actor.is_none() && action.is_none() {
        return None;
    }
    let targets: Vec<String> =
        unit("targets").and_then(Value::as_array).into_iter().flatten().map(thing).collect();
    let mut parts = Vec::new();
    parts.extend(text("occurred_at"));
    parts.push(actor.unwrap_or_else(|| "somebody (not shown)".to_owned()));
    parts.push(action.unwrap_or_else(|| "did something (not shown)".to_owned()));
    if !targets.is_empty() {
        parts.push(format!("on {}", targets.join(", ")));
    }
    parts.extend(text("outcome"));
    parts.extend(text("reason").map(|reason| format!("({reason})")));
    Some(parts.join(" "))
}

fn thing(value: &Value) -> String {
    let part = |name: &str| value.get(name).and_then(Value::as_str).map(cut);
    let kind = part("type").unwrap_or_default();
    let id = part("id").unwrap_or_else(|| "?".to_owned());
    let label = match part("name").or_else(|| part("email")) {
        Some(name) => format!("{name} ({id})"),
        None => id,
    };
    if kind.is_empty() { label } else { format!("{kind} {label}") }
}

fn cut(text: &str) -> String {
    text.chars().take(PART_CHARS_MAX).collect()
}
