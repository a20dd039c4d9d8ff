//! Streams as the server knows them: what is recorded of them, what is counted, and how errors about them are told. The
//! sending itself is in `tallystick-delivery`.

pub mod host;
pub mod metrics;
pub mod settings;

use serde_json::{Map, Value, json};
use tallystick_catalog::Stream;

use crate::admin_events::Act;

/// Somebody made a stream.
pub const AUDIT_STREAM_CREATED: &str = "audit_stream.created";
/// Somebody changed one.
pub const AUDIT_STREAM_UPDATED: &str = "audit_stream.updated";
/// Somebody deleted one.
pub const AUDIT_STREAM_DELETED: &str = "audit_stream.deleted";
/// Somebody stopped one where it is.
pub const AUDIT_STREAM_PAUSED: &str = "audit_stream.paused";
/// Somebody has one send, now.
pub const AUDIT_STREAM_RESUMED: &str = "audit_stream.resumed";
/// Somebody has one go on elsewhere.
pub const AUDIT_STREAM_REWOUND: &str = "audit_stream.rewound";
/// Somebody tried a destination.
pub const AUDIT_STREAM_TESTED: &str = "audit_stream.tested";
/// Somebody has dead letters sent again.
pub const AUDIT_STREAM_REPLAYED: &str = "audit_stream.replayed";

/// What is recorded of an act on a stream, with members of `more` beside what says which it is.
pub fn act(
    action: &'static str,
    stream: &Stream,
    changes: Vec<(&'static str, Value, Value)>,
    more: Value,
) -> Act {
    let mut metadata = json!({ "kind": stream.kind });
    if stream.org.is_none() {
        metadata["all_organizations"] = json!(true);
    }
    if let (Value::Object(members), Value::Object(more)) = (&mut metadata, more) {
        members.extend(more);
    }
    Act {
        action,
        org: stream.org.clone(),
        target_type: "audit_stream",
        target_id: stream.id.to_string(),
        target_name: stream.name.clone(),
        changes,
        metadata,
    }
}

/// What became different of a stream that was made, changed or deleted. Of secrets only whether they are there.
pub fn changes(before: Option<&Stream>, after: Option<&Stream>) -> Vec<(&'static str, Value, Value)> {
    let paths = ["/name", "/state", "/format", "/query", "/mask", "/settings"];
    let pairs = paths.into_iter().zip(facts(before).into_iter().zip(facts(after)));
    let changes = pairs.map(|(path, (before, after))| (path, before, after));
    changes.filter(|(_, before, after)| before != after).collect()
}

fn facts(stream: Option<&Stream>) -> [Value; 6] {
    let Some(stream) = stream else { return Default::default() };
    [
        json!(stream.name),
        json!(stream.state.as_str()),
        json!(stream.format),
        json!(stream.query),
        serde_json::from_str(&stream.mask).unwrap_or(Value::Null),
        shown(stream).into(),
    ]
}

/// The settings of a stream without secrets.
pub fn shown(stream: &Stream) -> Map<String, Value> {
    serde_json::from_str(&stream.settings_shown).unwrap_or_default()
}
