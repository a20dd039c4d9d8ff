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
        let (Some(seq), Some(id)) = (event["seq"].as_u64(), event["id"].as_str()) else {
            panic!("this is no event: {event}")
        };
        Event { seq, id: id.to_owned() }
    }
}

/// A number, which some receivers make a text of.
pub(crate) fn number(value: &Value) -> u64 {
    let of_text = || value.as_str()?.parse().ok();
    value.as_u64().or_else(of_text).unwrap_or_else(|| panic!("{value} is no number"))
}
