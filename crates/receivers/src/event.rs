//! What tests want to know of an event that has arrived.

use serde_json::Value;

/// An event that has arrived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// Its place in its log.
    pub seq: u64,
    /// Its id.
    pub id: String,
}

impl Event {
    /// Of an event in the native format.
    pub fn of_native(event: &Value) -> Event {
        Self::of_whole(event).unwrap_or_else(|| panic!("this is no event: {event}"))
    }

    /// Of an event in the native format, if it is whole: a sender that is killed in the middle of a request leaves its
    /// beginning, and some receivers keep as much of it as they can read.
    pub(crate) fn of_whole(event: &Value) -> Option<Event> {
        Some(Event { seq: event["seq"].as_u64()?, id: event["id"].as_str()?.to_owned() })
    }
}

/// A number, which some receivers make a text of.
pub(crate) fn number(value: &Value) -> u64 {
    let of_text = || value.as_str()?.parse().ok();
    value.as_u64().or_else(of_text).unwrap_or_else(|| panic!("{value} is no number"))
}
