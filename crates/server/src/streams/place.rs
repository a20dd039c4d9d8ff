//! Where a stream begins or goes on, from what somebody asks for to a place in each log.

use serde_json::{Value, json};
use tallystick_engine::{Engine, ReadError};
use tallystick_event::{OrgId, format_ms};

use crate::{
    error::ApiError,
    http::{json::nearest, v1::streams::bad},
};

/// Where a stream begins or goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Behind what is in the log.
    Now,
    /// Before the first event.
    Beginning,
    /// Before the first event that was taken in at this time or later, Unix ms.
    Time(i64),
    /// Before this event.
    Seq(u64),
}

/// Why a log has no such place.
#[derive(Debug)]
pub enum NoPlace {
    /// The log has only so many events.
    Beyond(u64),
    /// The log cannot be read.
    Read(ReadError),
}

impl Place {
    /// Reads what somebody asks for in this member of a body.
    pub fn read(value: &Value, path: &str) -> Result<Self, ApiError> {
        let expected = "\"now\", \"beginning\", a time in RFC 3339, or {\"seq\": n}";
        match value {
            Value::String(text) => match text.as_str() {
                "now" => Ok(Self::Now),
                "beginning" => Ok(Self::Beginning),
                text => match text.parse::<jiff::Timestamp>() {
                    Ok(time) => Ok(Self::Time(time.as_millisecond())),
                    Err(_) => {
                        let near = nearest(text, ["now", "beginning"]);
                        let hint = near.map(|near| format!("; did you mean \"{near}\"?")).unwrap_or_default();
                        Err(bad(path, format!("\"{text}\" is none of {expected}{hint}")))
                    }
                },
            },
            Value::Object(members) => match (members.len(), members.get("seq").and_then(Value::as_u64)) {
                (1, Some(seq)) => Ok(Self::Seq(seq)),
                _ => Err(bad(path, format!("it is {expected}"))),
            },
            _ => Err(bad(path, format!("it is {expected}"))),
        }
    }

    /// As it was asked for, for the catalog and for events.
    pub fn value(self) -> Value {
        match self {
            Self::Now => json!("now"),
            Self::Beginning => json!("beginning"),
            Self::Time(ms) => json!(format_ms(ms)),
            Self::Seq(seq) => json!({ "seq": seq }),
        }
    }

    /// The seq in a log. Blocks.
    pub fn seq(self, engine: &Engine, org: &OrgId) -> Result<u64, NoPlace> {
        let size = engine.log_size(org).map_err(NoPlace::Read)?;
        match self {
            Self::Now => Ok(size),
            Self::Beginning => Ok(0),
            Self::Seq(seq) if seq > size => Err(NoPlace::Beyond(size)),
            Self::Seq(seq) => Ok(seq),
            Self::Time(ms) => first_received(engine, org, size, ms).map_err(NoPlace::Read),
        }
    }
}

impl NoPlace {
    /// For whoever asked in this member of a body.
    pub fn told(self, org: &OrgId, path: &str) -> ApiError {
        match self {
            Self::Beyond(size) => {
                bad(path, format!("the log of {org} has {size} events, so the last place in it is {size}"))
            }
            Self::Read(error) => error.into(),
        }
    }
}

/// The first event that was taken in at `ms` or later: times of receipt never go back within a log.
fn first_received(engine: &Engine, org: &OrgId, size: u64, ms: i64) -> Result<u64, ReadError> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let is_before = engine.read_log(org, middle, 1)?.first().is_some_and(|event| event.meta.received_ms < ms);
        if is_before {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written_and_mistakes_say_what_would_be_right() {
        for (value, place) in [
            (json!("now"), Place::Now),
            (json!("beginning"), Place::Beginning),
            (json!({ "seq": 7 }), Place::Seq(7)),
            (json!("2026-11-20T10:00:00.000Z"), Place::Time(1_795_168_800_000)),
        ] {
            assert_eq!(Place::read(&value, "/to").expect("a place"), place, "{value}");
            assert_eq!(Place::read(&place.value(), "/to").expect("a place"), place, "{value}");
        }
        for (value, part) in [
            (json!("begining"), "did you mean \"beginning\"?"),
            (json!("yesterday"), "RFC 3339"),
            (json!({ "seq": -1 }), "seq"),
            (json!({ "seq": 1, "org": "acme" }), "seq"),
            (json!(7), "seq"),
            (Value::Null, "beginning"),
        ] {
            let error = Place::read(&value, "/to").expect_err("no place");
            assert_eq!(error.errors()[0].path, "/to");
            assert!(error.detail().contains(part), "{value}: {}", error.detail());
        }
    }
}
