//! Every limit on an event, named and with its unit. The settable ones are in [`Limits`], which the
//! service publishes.

use serde::{Deserialize, Serialize};

/// Default for [`Limits::event_bytes_max`]: the JSON text of one event, bytes.
pub const EVENT_BYTES_DEFAULT: usize = 262_144;
/// The most that [`Limits::event_bytes_max`] may be set to, bytes.
pub const EVENT_BYTES_CEILING: usize = 1_048_576;
/// The least that [`Limits::event_bytes_max`] may be set to, bytes.
pub const EVENT_BYTES_FLOOR: usize = 1_024;
/// Default for [`Limits::batch_events_max`]: events in one call.
pub const BATCH_EVENTS_DEFAULT: usize = 10_000;
/// Default for [`Limits::batch_bytes_max`]: the decompressed body of one call, bytes.
pub const BATCH_BYTES_DEFAULT: usize = 16 * 1_048_576;

/// Nesting of arrays and objects inside one free JSON value (`metadata`, `old`, `new`), levels.
pub const JSON_DEPTH_MAX: usize = 32;
/// Targets of one event.
pub const TARGETS_MAX: usize = 64;
/// Actors in `on_behalf_of`.
pub const ON_BEHALF_OF_MAX: usize = 8;
/// Changes of one event.
pub const CHANGES_MAX: usize = 256;

/// An organization id, characters (all ASCII).
pub const ORG_ID_CHARS_MAX: usize = 64;
/// An action, bytes of printable ASCII without space.
pub const ACTION_BYTES_MAX: usize = 256;
/// `type` of an actor or target, bytes.
pub const TYPE_BYTES_MAX: usize = 128;
/// `id` of an actor or target, bytes.
pub const ID_BYTES_MAX: usize = 1_024;
/// `name` of an actor or target, bytes.
pub const NAME_BYTES_MAX: usize = 1_024;
/// An e-mail address, bytes.
pub const EMAIL_BYTES_MAX: usize = 320;
/// `context.user_agent`, bytes.
pub const USER_AGENT_BYTES_MAX: usize = 4_096;
/// `context.origin`, bytes.
pub const ORIGIN_BYTES_MAX: usize = 128;
/// `context.request_id`, `session_id` and `trace_id`, bytes each.
pub const CORRELATION_BYTES_MAX: usize = 1_024;
/// `reason`, bytes.
pub const REASON_BYTES_MAX: usize = 16_384;
/// `path` of a change, bytes.
pub const CHANGE_PATH_BYTES_MAX: usize = 1_024;
/// `idempotency_key`, bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 512;
/// A member name in free JSON, bytes.
pub const MEMBER_NAME_BYTES_MAX: usize = 1_024;
/// `version` of an action's schema.
pub const VERSION_MAX: u32 = 1_000_000;

/// 2^53-1: the largest integer that every JSON implementation reads back unchanged.
pub const SAFE_INTEGER_MAX: i64 = 9_007_199_254_740_991;
/// 2000-01-01T00:00:00Z in Unix ms: an earlier `occurred_at` is a clock fault, not an event.
pub const OCCURRED_AT_MIN_MS: i64 = 946_684_800_000;
/// How far ahead of our clock `occurred_at` may be, ms.
pub const OCCURRED_AT_AHEAD_MS_MAX: i64 = 15 * 60 * 1_000;

/// Errors reported for one event; more would only hide the first.
pub const ERRORS_PER_EVENT_MAX: usize = 32;

/// The limits an operator can set, and what `/v1/limits` publishes of this crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// JSON text of one event, bytes.
    pub event_bytes_max: usize,
    /// Events in one call.
    pub batch_events_max: usize,
    /// Decompressed body of one call, bytes.
    pub batch_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            event_bytes_max: EVENT_BYTES_DEFAULT,
            batch_events_max: BATCH_EVENTS_DEFAULT,
            batch_bytes_max: BATCH_BYTES_DEFAULT,
        }
    }
}

/// Why a [`Limits`] cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {value}, but must be between {min} and {max}")]
pub struct LimitsError {
    /// The setting.
    pub name: &'static str,
    /// What it was set to.
    pub value: usize,
    /// The least allowed.
    pub min: usize,
    /// The most allowed.
    pub max: usize,
}

impl Limits {
    /// Checks that every setting is within its bounds.
    pub fn validate(&self) -> Result<(), LimitsError> {
        let check = |name, value, min, max| {
            if (min..=max).contains(&value) { Ok(()) } else { Err(LimitsError { name, value, min, max }) }
        };
        check("event_bytes_max", self.event_bytes_max, EVENT_BYTES_FLOOR, EVENT_BYTES_CEILING)?;
        check("batch_events_max", self.batch_events_max, 1, 100_000)?;
        check("batch_bytes_max", self.batch_bytes_max, self.event_bytes_max, 256 * 1_048_576)
    }

    /// All limits with their names and values, for publication. The unit is part of the name.
    pub fn published(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("event_bytes_max", self.event_bytes_max as u64),
            ("batch_events_max", self.batch_events_max as u64),
            ("batch_bytes_max", self.batch_bytes_max as u64),
            ("json_depth_max", JSON_DEPTH_MAX as u64),
            ("targets_max", TARGETS_MAX as u64),
            ("on_behalf_of_max", ON_BEHALF_OF_MAX as u64),
            ("changes_max", CHANGES_MAX as u64),
            ("org_id_chars_max", ORG_ID_CHARS_MAX as u64),
            ("action_bytes_max", ACTION_BYTES_MAX as u64),
            ("type_bytes_max", TYPE_BYTES_MAX as u64),
            ("id_bytes_max", ID_BYTES_MAX as u64),
            ("name_bytes_max", NAME_BYTES_MAX as u64),
            ("email_bytes_max", EMAIL_BYTES_MAX as u64),
            ("user_agent_bytes_max", USER_AGENT_BYTES_MAX as u64),
            ("origin_bytes_max", ORIGIN_BYTES_MAX as u64),
            ("correlation_bytes_max", CORRELATION_BYTES_MAX as u64),
            ("reason_bytes_max", REASON_BYTES_MAX as u64),
            ("change_path_bytes_max", CHANGE_PATH_BYTES_MAX as u64),
            ("idempotency_key_bytes_max", IDEMPOTENCY_KEY_BYTES_MAX as u64),
            ("member_name_bytes_max", MEMBER_NAME_BYTES_MAX as u64),
            ("version_max", u64::from(VERSION_MAX)),
            ("occurred_at_ahead_ms_max", OCCURRED_AT_AHEAD_MS_MAX as u64),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_named() {
        assert_eq!(Limits::default().validate(), Ok(()));
        let low = Limits { event_bytes_max: 10, ..Limits::default() };
        assert_eq!(
            low.validate().unwrap_err().to_string(),
            "event_bytes_max is 10, but must be between 1024 and 1048576"
        );
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<Limits>(r#"{"event_bytes":1}"#).is_err());
        let set: Limits = serde_json::from_str(r#"{"event_bytes_max":2048}"#).unwrap();
        assert_eq!((set.event_bytes_max, set.batch_events_max), (2048, BATCH_EVENTS_DEFAULT));
    }
}
