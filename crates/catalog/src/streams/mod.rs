//! Streams: events that are sent on to other systems as they arrive. Here is what they are; how far each log is there
//! stands in `steps.rs`, what was tried, refused and left out in `history.rs` and `letters.rs`.
//!
//! What a kind of destination, a format, a mask or a start means is nothing to the catalog.

mod history;
mod letters;
mod rows;
mod steps;

use tallystick_event::{Clock, OrgId, Random};

pub use self::history::{
    GAP_RETENTION, GAP_REWOUND, STREAM_ATTEMPTS_KEPT, STREAM_GAPS_KEPT, StreamAttempt, StreamGap, TriedBatch,
};
pub use self::letters::{
    DEAD_LETTERS_MAX, DEAD_LETTERS_REPLAYED_KEPT, DeadLetter, NewDeadLetter, Replay, ReplayEnd,
};
pub use self::rows::STREAMS_MAX;
pub(crate) use self::rows::delete_all_of;
pub use self::steps::{Stepped, StreamCursor, StreamHealthChange, StreamStep};
use crate::{BadId, SegmentId};

pub(crate) const TABLE: &str = "streams";

/// Id of a stream: `stream_` and a UUID (version 7).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(std::sync::Arc<str>);

impl StreamId {
    /// Makes a new id.
    pub fn generate(clock: &dyn Clock, random: &dyn Random) -> Self {
        let uuid = uuid::Uuid::from_bytes(SegmentId::generate(clock, random).0);
        Self(format!("stream_{uuid}").into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for StreamId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let uuid = text.strip_prefix("stream_").and_then(|uuid| uuid::Uuid::try_parse(uuid).ok());
        // One spelling only: hyphens, lower case.
        match uuid {
            Some(uuid) if format!("stream_{uuid}") == text => Ok(Self(text.into())),
            _ => Err(BadId::new("a stream id (stream_ and a UUID)")),
        }
    }
}

impl std::fmt::Display for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for StreamId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StreamState {
    /// It sends.
    Active,
    /// The other side fails; it is tried again.
    Error,
    /// Somebody has to mend its settings, or the other side's; it is tried again, more seldom.
    Invalid,
    /// The other side wants nothing any more; it is not tried again until somebody resumes it.
    Inactive,
    /// Somebody paused it.
    Paused,
}

impl StreamState {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Active, Self::Error, Self::Invalid, Self::Inactive, Self::Paused];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Error => "error",
            Self::Invalid => "invalid",
            Self::Inactive => "inactive",
            Self::Paused => "paused",
        }
    }

    /// Whether it sends, or tries to.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Active | Self::Error | Self::Invalid)
    }
}

impl std::str::FromStr for StreamState {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(BadId::new("the state of a stream"))
    }
}

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamFault {
    /// For programs, such as `retry`, `misconfigured`, `gone`, `dead_letters_full`.
    pub code: String,
    /// The status of HTTP, or the code of the protocol.
    pub status: Option<u16>,
    /// For people: what the other side said.
    pub detail: String,
    /// Unix ms.
    pub at_ms: i64,
}

/// How a stream gets on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StreamHealth {
    /// When something last arrived, Unix ms.
    pub last_ok_ms: Option<i64>,
    /// What went wrong last; it stays when things go well again.
    pub last_error: Option<StreamFault>,
    /// Attempts that failed since something arrived.
    pub failures: u64,
    /// It is left alone until then, Unix ms.
    pub next_attempt_ms: Option<i64>,
    /// Events that have arrived.
    pub delivered: u64,
    /// Events that were refused for good.
    pub rejected: u64,
    /// Events that were refused for good and have not arrived by another attempt since.
    pub dead_letters: u64,
}

/// A stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its id.
    pub id: StreamId,
    /// Whose events; none: those of every organization.
    pub org: Option<OrgId>,
    /// For people.
    pub name: String,
    /// The kind of its destination.
    pub kind: String,
    /// Name of the format.
    pub format: String,
    /// Which events, as a query; empty: all.
    pub query: String,
    /// What of them is left out or hidden, as JSON.
    pub mask: String,
    /// Settings of the destination with secrets, sealed.
    pub settings_sealed: Vec<u8>,
    /// The same without secrets, as JSON.
    pub settings_shown: String,
    /// Where it began, as it was asked for.
    pub start: String,
    /// How it is.
    pub state: StreamState,
    /// Grows with every change of what it is.
    pub version: u64,
    /// Grows with every change by somebody: what was under way before has no effect any more.
    pub generation: u64,
    /// Unix ms.
    pub created_ms: i64,
    /// The id of a person or a key, or `root`.
    pub created_by: String,
    /// Their name at that time.
    pub created_by_name: String,
    /// When what it is was changed last, Unix ms.
    pub updated_ms: i64,
    /// How it gets on.
    pub health: StreamHealth,
}

/// What a stream is made of.
#[derive(Debug, Clone)]
pub struct NewStream {
    /// Made by [`crate::Catalog::new_stream_id`], because its settings are sealed for it.
    pub id: StreamId,
    /// See [`Stream`].
    pub org: Option<OrgId>,
    /// See [`Stream`].
    pub name: String,
    /// See [`Stream`].
    pub kind: String,
    /// See [`Stream`].
    pub format: String,
    /// See [`Stream`].
    pub query: String,
    /// See [`Stream`].
    pub mask: String,
    /// See [`Stream`].
    pub settings_sealed: Vec<u8>,
    /// See [`Stream`].
    pub settings_shown: String,
    /// See [`Stream`].
    pub start: String,
    /// It begins paused.
    pub is_paused: bool,
    /// See [`Stream`].
    pub created_by: String,
    /// See [`Stream`].
    pub created_by_name: String,
    /// Where each log begins. One that is not named, because its organization is made later, begins at 0.
    pub cursors: Vec<(OrgId, u64)>,
}

/// What of a stream becomes different; none: it stays.
#[derive(Debug, Clone, Default)]
pub struct StreamChange {
    /// See [`Stream`].
    pub name: Option<String>,
    /// Sealed, and shown.
    pub settings: Option<(Vec<u8>, String)>,
    /// See [`Stream`].
    pub format: Option<String>,
    /// See [`Stream`].
    pub query: Option<String>,
    /// See [`Stream`].
    pub mask: Option<String>,
}

/// Which streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamsOf<'a> {
    /// All of them.
    Everybody,
    /// Those over all organizations.
    Instance,
    /// Those of one organization.
    Org(&'a OrgId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_spelling() {
        let good = "stream_0192d3f0-7c1a-7000-8000-000000000001";
        assert_eq!(good.parse::<StreamId>().unwrap().as_str(), good);
        for bad in [
            "stream_0192D3F0-7C1A-7000-8000-000000000001",
            "stream_0192d3f07c1a70008000000000000001",
            "0192d3f0-7c1a-7000-8000-000000000001",
            "stream_",
        ] {
            assert!(bad.parse::<StreamId>().is_err(), "{bad}");
        }
    }
}
