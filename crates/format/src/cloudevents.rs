//! CloudEvents 1.0.2, structured JSON mode (`application/cloudevents+json`): the envelope, and in `data` the native
//! event. Extension attributes: `sequence` (of the documented extension of that name), `partitionkey`, and `log` and
//! `leafhash` of our own. Attribute names are lower-case letters and digits, as the specification demands.

use std::fmt::Write as _;

use crate::json::write_text;
use crate::native;
use crate::place::Place;
use crate::view::View;

/// Appends the envelope with the event.
pub(crate) fn write(out: &mut Vec<u8>, view: &View<'_>, place: &Place<'_>) {
    out.extend_from_slice(b"{\"specversion\":\"1.0\"");
    attribute(out, "id", place.event_id);
    attribute(out, "source", &reference(place.log));
    attribute(out, "type", view.action);
    let subject = view.targets.first().and_then(|target| Some(format!("{}/{}", target.kind, target.id?)));
    if let Some(subject) = subject {
        attribute(out, "subject", &subject);
    }
    attribute(out, "time", &view.occurred_text());
    attribute(out, "datacontenttype", "application/json");
    attribute(out, "partitionkey", place.org);
    // The extension wants texts that sort in the order of the events.
    attribute(out, "sequence", &format!("{:020}", place.seq));
    attribute(out, "log", place.log);
    attribute(out, "leafhash", &hex::encode(place.leaf_hash));
    out.extend_from_slice(b",\"data\":");
    native::write(out, view.event, place);
    out.push(b'}');
}

fn attribute(out: &mut Vec<u8>, name: &str, value: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    if value.chars().any(is_forbidden) {
        let clean: String = value.chars().map(|c| if is_forbidden(c) { '\u{fffd}' } else { c }).collect();
        write_text(out, &clean);
    } else {
        write_text(out, value);
    }
}

/// What a String of CloudEvents must not have: control characters and noncharacters.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

/// A text as a relative URI reference (RFC 3986), percent-encoded where it must be.
fn reference(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/+=@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("memory takes everything");
        }
    }
    // A reference must not be empty.
    if out.is_empty() { "/".to_owned() } else { out }
}
