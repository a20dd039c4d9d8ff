//! How much of an event a caller is shown. Without the feature `raw`, a viewer sees what happened: who did what to
//! what, when, from which address, and what changed. How it was recorded (metadata, what the producer correlates by,
//! the program that wrote it) is left out, and cannot be asked about by name either.

use serde_json::{Map, Value};
use tallystick_auth::{Caller, Feature, Operation};
use tallystick_engine::{ReadError, search::StoredEvent};
use tallystick_query::{Field, FieldRef, Query};

use super::{caller::Authenticated, told};
use crate::error::ApiError;

/// Members of an event, an actor or a target, and of the context that are left out. What a newer version adds stays in
/// until somebody decides, as fields of a query do.
const HIDDEN: &[&str] = &["metadata", "source", "idempotency_key", "version"];
const HIDDEN_CONTEXT: &[&str] = &["user_agent", "origin", "request_id", "session_id", "trace_id"];
/// What of a query is about them.
const HIDDEN_FIELDS: &[Field] = &[
    Field::ActorMetadata,
    Field::TargetMetadata,
    Field::Metadata,
    Field::Ua,
    Field::Origin,
    Field::Request,
    Field::Session,
    Field::Trace,
    Field::IdempotencyKey,
    Field::Source,
    Field::Schema,
];

/// How much of events is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All.
    Whole,
    /// Without what [`HIDDEN`] and [`HIDDEN_CONTEXT`] name.
    Reduced,
}

impl Shown {
    /// To this caller.
    pub fn to(caller: &Caller) -> Self {
        match caller.viewer() {
            Some(viewer) if !viewer.features.has(Feature::Raw) => Self::Reduced,
            _ => Self::Whole,
        }
    }

    /// Appends the event's JSON, with the sentence that it reads as if that is wanted.
    pub fn render(
        self,
        event: &StoredEvent,
        with_sentence: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        if self == Self::Whole {
            return told::render(event, with_sentence, out);
        }
        let start = out.len();
        let mut whole = Vec::new();
        event.render(&mut whole)?;
        let corrupt =
            |error: serde_json::Error| ReadError::Corrupt(format!("event {}: {error}", event.meta.id));
        let mut shown = serde_json::from_slice::<Map<String, Value>>(&whole).map_err(corrupt)?;
        reduce(&mut shown);
        serde_json::to_writer(&mut *out, &shown).map_err(corrupt)?;
        // Of what is shown, so that it says nothing else.
        if with_sentence { told::tell(event, start, out) } else { Ok(()) }
    }

    /// Refuses a query that asks about what is not shown.
    pub fn check_query(
        self,
        caller: &Authenticated,
        operation: Operation,
        query: &Query,
    ) -> Result<(), ApiError> {
        query.fields().into_iter().try_for_each(|field| self.check_field(caller, operation, field))
    }

    /// Refuses a field that is not shown.
    pub fn check_field(
        self,
        caller: &Authenticated,
        operation: Operation,
        field: &FieldRef,
    ) -> Result<(), ApiError> {
        if self == Self::Reduced && HIDDEN_FIELDS.contains(&field.field) {
            return caller.needs(operation, Feature::Raw);
        }
        Ok(())
    }
}

fn reduce(event: &mut Map<String, Value>) {
    event.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    let actor = event.get_mut("actor").into_iter();
    for one in actor.filter_map(Value::as_object_mut) {
        one.retain(|name, _| !HIDDEN.contains(&name.as_str()));
        let others = one.get_mut("on_behalf_of").and_then(Value::as_array_mut).into_iter().flatten();
        for other in others.filter_map(Value::as_object_mut) {
            other.retain(|name, _| !HIDDEN.contains(&name.as_str()));
        }
    }
    let targets = event.get_mut("targets").and_then(Value::as_array_mut).into_iter().flatten();
    for one in targets.filter_map(Value::as_object_mut) {
        one.retain(|name, _| !HIDDEN.contains(&name.as_str()));
    }
    if let Some(context) = event.get_mut("context").and_then(Value::as_object_mut) {
        context.retain(|name, _| !HIDDEN_CONTEXT.contains(&name.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_happened_is_left_and_how_it_was_recorded_is_not() {
        let mut event = json!({
            "id": "evt_1", "seq": 1, "org": "acme", "action": "a.b", "outcome": "success", "reason": "why",
            "source": "key:ak_1", "idempotency_key": "k", "version": 2, "metadata": { "secret": 1 },
            "actor": {
                "type": "user", "id": "u", "email": "e", "metadata": { "secret": 1 },
                "on_behalf_of": [{ "type": "user", "id": "v", "metadata": { "secret": 1 } }],
            },
            "targets": [{ "type": "t", "id": "x", "name": "n", "metadata": { "secret": 1 } }],
            "context": {
                "ip": "203.0.113.9", "country": "ES", "user_agent": "secret", "origin": "secret",
                "request_id": "secret", "session_id": "secret", "trace_id": "secret",
            },
            "changes": [{ "path": "/a", "op": "replace", "old": 1, "new": 2 }],
        });
        reduce(event.as_object_mut().unwrap());
        let expected = json!({
            "id": "evt_1", "seq": 1, "org": "acme", "action": "a.b", "outcome": "success", "reason": "why",
            "actor": { "type": "user", "id": "u", "email": "e", "on_behalf_of": [{ "type": "user", "id": "v" }] },
            "targets": [{ "type": "t", "id": "x", "name": "n" }],
            "context": { "ip": "203.0.113.9", "country": "ES" },
            "changes": [{ "path": "/a", "op": "replace", "old": 1, "new": 2 }],
        });
        assert_eq!(event, expected);
    }
}
