//! Where in a log a stream begins, or goes on.

use tallystick_engine::{Engine, ReadError};
use tallystick_event::{OrgId, format_ms};

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Behind the last event that is there now.
    Now,
    /// At the first event.
    Beginning,
    /// At the first event that was taken in at this time or later, Unix ms.
    Time(i64),
    /// At the event with this seq.
    Seq(u64),
}

/// The text or number names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is now, beginning, a time such as 2026-11-20T08:00:00Z, or {{\"seq\": 7}}")]
pub struct BadStart;

impl Start {
    /// As the API has it: `now`, `beginning`, an RFC 3339 time, or `{"seq": n}`.
    pub fn from_json(value: &serde_json::Value) -> Result<Self, BadStart> {
        match value {
            serde_json::Value::String(text) => text.parse(),
            serde_json::Value::Object(members) if members.len() == 1 => {
                members.get("seq").and_then(serde_json::Value::as_u64).map(Self::Seq).ok_or(BadStart)
            }
            _ => Err(BadStart),
        }
    }

    /// The seq that comes first from here in the log of an organization as it is now. Blocks.
    pub(crate) fn seq(self, engine: &Engine, org: &OrgId) -> Result<u64, ReadError> {
        let size = engine.log_size(org)?;
        Ok(match self {
            Self::Now => size,
            Self::Beginning => 0,
            Self::Seq(seq) => seq.min(size),
            Self::Time(ms) => {
                // Times of receipt never go back within a log.
                let (mut low, mut high) = (0, size);
                while low < high {
                    let middle = low + (high - low) / 2;
                    match engine.read_log(org, middle, 1)?.first() {
                        Some(event) if event.meta.received_ms < ms => low = event.meta.seq.max(middle) + 1,
                        _ => high = middle,
                    }
                }
                low
            }
        })
    }
}

impl std::fmt::Display for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now => f.write_str("now"),
            Self::Beginning => f.write_str("beginning"),
            Self::Time(ms) => f.write_str(&format_ms(*ms)),
            Self::Seq(seq) => write!(f, "seq {seq}"),
        }
    }
}

impl std::str::FromStr for Start {
    type Err = BadStart;

    fn from_str(text: &str) -> Result<Self, BadStart> {
        if let Some(seq) = text.strip_prefix("seq ") {
            return seq.parse().map(Self::Seq).map_err(|_| BadStart);
        }
        match text {
            "now" => Ok(Self::Now),
            "beginning" => Ok(Self::Beginning),
            _ => {
                let time = text.parse::<jiff::Timestamp>().map_err(|_| BadStart)?;
                Ok(Self::Time(time.as_millisecond()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn places_are_read_and_written() {
        for start in [Start::Now, Start::Beginning, Start::Time(1_795_168_900_123), Start::Seq(7)] {
            assert_eq!(start.to_string().parse(), Ok(start));
        }
        assert_eq!(Start::from_json(&json!({ "seq": 7 })), Ok(Start::Seq(7)));
        assert_eq!(Start::from_json(&json!("now")), Ok(Start::Now));
        for bad in
            [json!(7), json!("later"), json!({ "seq": -1 }), json!({ "seq": 1, "org": "a" }), json!(null)]
        {
            assert_eq!(Start::from_json(&bad), Err(BadStart), "{bad}");
        }
    }
}
