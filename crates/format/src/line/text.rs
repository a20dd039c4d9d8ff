//! Texts that must stay on one line, and the texts that both formats make of lists and trees.

use serde_json::Value;

use crate::json::plain;
use crate::view::{Party, View};

/// Characters of a long value (targets, changes, metadata): the length that CEF has for custom strings.
pub(super) const LONG_CHARS_MAX: usize = 4_000;
/// Characters of any other value.
pub(super) const VALUE_CHARS_MAX: usize = 1_023;

/// Whether some reader takes the character for the end of a line, or for a command of a terminal.
pub(super) fn breaks_lines(c: char) -> bool {
    c.is_control() || c == '\u{2028}' || c == '\u{2029}'
}

/// The beginning of a text.
pub(super) fn cut(text: &str, chars_max: usize) -> &str {
    text.char_indices().nth(chars_max).map_or(text, |(end, _)| &text[..end])
}

/// `type/id (name)` of each target.
pub(super) fn targets(targets: &[Party<'_>]) -> String {
    let mut out = String::new();
    for target in targets {
        if out.len() > LONG_CHARS_MAX * 4 {
            break;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(target.kind);
        out.push('/');
        out.push_str(target.id.unwrap_or(""));
        if let Some(name) = target.name {
            out.push_str(" (");
            out.push_str(name);
            out.push(')');
        }
    }
    out
}

/// The JSON of a member of the event, nothing if it is absent or empty.
pub(super) fn member(view: &View<'_>, name: &str) -> String {
    match view.event.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(list)) if list.is_empty() => String::new(),
        Some(Value::Object(members)) if members.is_empty() => String::new(),
        Some(value) => plain(value),
    }
}
