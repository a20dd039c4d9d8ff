//! The event as the API shows it, with its place in the log added: `"integrity":{"log":…,"seq":…,"leaf_hash":…}` as the
//! last member. With it a reader can ask for the inclusion proof of what it was sent.

use serde_json::{Map, Value};

use crate::json;
use crate::place::Place;
use crate::render::Unrenderable;

/// The members of an event in the order of the API. Others follow in the order of their names.
pub(crate) const MEMBERS: [&str; 16] = [
    "id",
    "seq",
    "org",
    "action",
    "occurred_at",
    "received_at",
    "version",
    "actor",
    "targets",
    "context",
    "outcome",
    "reason",
    "changes",
    "metadata",
    "source",
    "idempotency_key",
];

/// The member that is added.
const INTEGRITY: &str = "integrity";

/// Bytes that are added to an event, roughly.
const ADDED_BYTES: usize = 192;

/// Appends the event without looking into it: `event` is one JSON object on one line, as `tallystick_event::render`
/// writes it. Gives the same bytes as [`crate::render`] with [`crate::FormatName::Native`] does for that event.
///
/// # Errors
/// Something that is not an object or has line breaks between its members. `out` is as it was then.
pub fn render_native(event: &[u8], place: &Place<'_>, out: &mut Vec<u8>) -> Result<(), Unrenderable> {
    let event = event.trim_ascii();
    let inside = event.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    let Some(inside) = inside else { return Err(Unrenderable::NotAnObject) };
    // A line break inside a string is escaped, so these can only stand between members.
    if inside.contains(&b'\n') || inside.contains(&b'\r') {
        return Err(Unrenderable::NotOneLine);
    }
    out.reserve(event.len() + ADDED_BYTES);
    out.push(b'{');
    out.extend_from_slice(inside);
    if !inside.trim_ascii().is_empty() {
        out.push(b',');
    }
    write_integrity(out, place);
    out.push(b'}');
    Ok(())
}

/// [`render_native`] for an event that was parsed.
pub(crate) fn write(out: &mut Vec<u8>, event: &Map<String, Value>, place: &Place<'_>) {
    out.push(b'{');
    for name in MEMBERS {
        match (event.get(name), name) {
            (Some(value), _) => member(out, name, value),
            (None, "id") => member(out, name, &place.event_id.into()),
            (None, "seq") => member(out, name, &place.seq.into()),
            (None, _) => {}
        }
    }
    let mut others: Vec<(&String, &Value)> =
        event.iter().filter(|(name, _)| !MEMBERS.contains(&name.as_str()) && *name != INTEGRITY).collect();
    others.sort_by(|a, b| tallystick_event::name_order(a.0, b.0));
    for (name, value) in others {
        member(out, name, value);
    }
    write_integrity(out, place);
    out.push(b'}');
}

fn member(out: &mut Vec<u8>, name: &str, value: &Value) {
    json::write_text(out, name);
    out.push(b':');
    json::write(out, value);
    out.push(b',');
}

/// Appends the member by which an event is found in its log.
pub(crate) fn write_integrity(out: &mut Vec<u8>, place: &Place<'_>) {
    out.extend_from_slice(b"\"integrity\":{\"log\":");
    json::write_text(out, place.log);
    out.extend_from_slice(b",\"seq\":");
    out.extend_from_slice(place.seq.to_string().as_bytes());
    out.extend_from_slice(b",\"leaf_hash\":\"");
    let mut digits = [0u8; 64];
    hex::encode_to_slice(place.leaf_hash, &mut digits).expect("64 digits for 32 bytes");
    out.extend_from_slice(&digits);
    out.extend_from_slice(b"\"}");
}
