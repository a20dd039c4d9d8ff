//! A stored event as the query language's matcher sees it: for residual checks and for live filters.

use serde_json::Value;
use tallystick_event::{Units, render_value};
use tallystick_query::EventFacts;
use tallystick_segment::Meta;

use crate::error::ReadError;

/// The event's JSON as the API shows it.
pub fn json_of(meta: &Meta, units: &Units) -> Result<Value, ReadError> {
    render_value(&meta.id, meta.seq, meta.received_ms, units)
        .map_err(|error| ReadError::Corrupt(format!("event {}: {error}", meta.id)))
}

/// What queries can ask of the event.
pub fn of(meta: &Meta, units: &Units) -> Result<EventFacts, ReadError> {
    Ok(EventFacts::from_json(&json_of(meta, units)?))
}
