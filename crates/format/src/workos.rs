//! The event as WorkOS log streams send it, for receivers that were made for those:
//! `{"id","action","targets","actor","context":{"location","user_agent"},"occurred_at","version","metadata"}`, and last
//! our `integrity`.

use serde_json::{Map, Value};

use crate::json::{self, Object, write_text};
use crate::native;
use crate::place::Place;
use crate::view::{Party, View};

/// The version of an action's schema when the event names none.
const FIRST_VERSION: u64 = 1;
/// What an event without an address has as its location: the member is required there.
const NO_LOCATION: &str = "unknown";

/// Appends the event.
pub(crate) fn write(out: &mut Vec<u8>, view: &View<'_>, place: &Place<'_>) {
    let mut context = Object::default();
    context.set("location", view.ip.unwrap_or(NO_LOCATION)).text("user_agent", view.user_agent);
    out.extend_from_slice(b"{\"id\":");
    write_text(out, place.event_id);
    member(out, "action", &view.action.into());
    member(out, "targets", &view.targets.iter().map(party).collect());
    member(out, "actor", &party(view.actor.as_ref().unwrap_or(&Party::default())));
    member(out, "context", &Value::Object(context.0));
    member(out, "occurred_at", &view.occurred_text().into());
    member(out, "version", &view.version.unwrap_or(FIRST_VERSION).into());
    let metadata = view.metadata.filter(|metadata| metadata.is_object());
    member(out, "metadata", metadata.unwrap_or(&Value::Object(Map::new())));
    out.push(b',');
    native::write_integrity(out, place);
    out.push(b'}');
}

/// Actors and targets have an id and a type in every event there.
fn party(party: &Party<'_>) -> Value {
    let mut object = Object::default();
    object.set("id", party.id.unwrap_or("unknown"));
    object.set("type", if party.kind.is_empty() { "unknown" } else { party.kind });
    object.text("name", party.name);
    object.value("metadata", party.metadata.filter(|metadata| metadata.is_object()));
    Value::Object(object.0)
}

fn member(out: &mut Vec<u8>, name: &str, value: &Value) {
    out.push(b',');
    write_text(out, name);
    out.push(b':');
    json::write(out, value);
}
