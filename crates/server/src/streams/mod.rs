//! Streams as the server knows them: what is recorded of them, and where they begin. The sending itself is in
//! `tallystick-delivery`.

pub mod lag;
pub mod metrics;
pub mod place;
pub mod settings;

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tallystick_catalog::Stream;
use tallystick_event::OrgId;

use self::place::Place;
use crate::{admin_events::Act, error::ApiError, state::AppState};

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
/// One fails.
pub const AUDIT_STREAM_DEGRADED: &str = "audit_stream.degraded";
/// One works again.
pub const AUDIT_STREAM_RECOVERED: &str = "audit_stream.recovered";
/// The destination has refused events for good.
pub const AUDIT_STREAM_EVENTS_REJECTED: &str = "audit_stream.events_rejected";
/// Events were left out.
pub const AUDIT_STREAM_GAP_RECORDED: &str = "audit_stream.gap_recorded";

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
    let stored = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    [
        json!(stream.name),
        json!(stream.state.as_str()),
        json!(stream.format),
        json!(stream.query),
        stored(&stream.mask),
        stored(&stream.settings_shown),
    ]
}

/// The settings of a stream without secrets.
pub fn shown(stream: &Stream) -> Map<String, Value> {
    serde_json::from_str(&stream.settings_shown).unwrap_or_default()
}

/// The place in each log of `org`, or of every organization.
pub async fn places(
    state: &Arc<AppState>,
    org: Option<&OrgId>,
    place: Place,
    path: &'static str,
) -> Result<Vec<(OrgId, u64)>, ApiError> {
    let orgs = match org {
        Some(org) => vec![org.clone()],
        None if matches!(place, Place::Seq(_)) => {
            let why = "a place by its number is one in a single log; give \"now\", \"beginning\" or a time";
            return Err(crate::http::v1::streams::bad(path, why));
        }
        None => state.engine.orgs(),
    };
    let found = state.read(move |engine| {
        let found = orgs.into_iter().map(|org| match place.seq(engine, &org) {
            Ok(seq) => Ok((org, seq)),
            Err(missing) => Err((missing, org)),
        });
        Ok(found.collect::<Result<Vec<_>, _>>())
    });
    found.await?.map_err(|(missing, org)| missing.told(&org, path))
}
