//! What a file says of itself: which events are in it, as of when.

use jiff::Timestamp;
use serde_json::{Value, json};
use tallystick_catalog::Export;
use tallystick_event::format_ms;

use crate::spec::Spec;

/// Version of the statement; new members may be added without another one.
const VERSION: u32 = 1;
/// Characters of an export's name in that of its file.
const NAME_CHARS_MAX: usize = 80;

/// What is known before the first event is written.
pub fn statement(export: &Export, spec: &Spec) -> Value {
    json!({
        "version": VERSION,
        "id": export.id.as_str(),
        "name": export.name,
        "org": export.org.as_str(),
        "query": export.query,
        "from": spec.from_us.map(time),
        "to": spec.to_us.map(time),
        "order": if spec.ascending { "asc" } else { "desc" },
        "format": spec.format.as_str(),
        "compression": spec.compression.as_str(),
        "time_zone": spec.time_zone,
        "columns": spec.columns,
        "formula_guard": spec.formula_guard,
        // All events of the log that match and have a smaller seq; none that came later.
        "log_size": export.end_seq,
        "schedule": spec.schedule.as_ref().map(|of| json!({
            "id": of.id,
            "run": of.run,
            "first_seq": of.received.as_ref().map(|received| received.first_seq),
            "received_from": of.received.as_ref().map(|received| format_ms(received.from_ms)),
            "received_to": of.received.as_ref().map(|received| format_ms(received.to_ms)),
        })),
        "created_at": format_ms(export.created_ms),
        "requested_by": { "id": export.created_by, "name": export.created_by_name },
    })
}

/// The statement with what is known of the whole file.
pub fn manifest(export: &Export, spec: &Spec) -> Value {
    let mut manifest = statement(export, spec);
    manifest["file"] = json!(file_name(export, spec));
    manifest["rows"] = json!(export.rows);
    manifest["bytes"] = json!(export.bytes);
    manifest["sha256"] = json!(export.sha256);
    manifest["completed_at"] = json!(export.finished_ms.map(format_ms));
    manifest
}

/// What the file is called for whoever downloads it: letters, digits, `-`, `_` and `.` only.
pub fn file_name(export: &Export, spec: &Spec) -> String {
    let name = slug(&export.name, "export");
    let day = format_ms(export.created_ms);
    let (format, packed) = (spec.format.extension(), spec.compression.extension());
    format!("{name}-{}.{format}{packed}", &day[..10])
}

/// A text as it can stand in the name of a file; `other` if nothing is left of it.
pub(crate) fn slug(text: &str, other: &str) -> String {
    let mut name = String::new();
    for c in text.chars().take(NAME_CHARS_MAX) {
        let kept = if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        if kept != '-' || !(name.is_empty() || name.ends_with('-')) {
            name.push(kept);
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { other.to_owned() } else { name.to_owned() }
}

fn time(us: i64) -> String {
    // Times outside of the years -9999 to 9999 cannot come from events.
    Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| time.to_string())
}
