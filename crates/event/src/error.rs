//! What is wrong with an event, said so that the sender can repair it: where, a stable code, what to do.

/// Stable codes of [`FieldError::code`]. A code is never renamed; new ones may be added.
pub mod code {
    /// The text is not JSON, or not UTF-8; the message has the byte offset.
    pub const BAD_JSON: &str = "bad_json";
    /// The event is larger than `event_bytes_max`.
    pub const EVENT_TOO_LARGE: &str = "event_too_large";
    /// Arrays and objects are nested too deeply.
    pub const TOO_DEEP: &str = "too_deep";
    /// A member occurs twice in one object.
    pub const DUPLICATE_MEMBER: &str = "duplicate_member";
    /// `\ud800` to `\udfff` without its other half.
    pub const LONE_SURROGATE: &str = "lone_surrogate";
    /// A number that other JSON readers would change.
    pub const NUMBER_OUT_OF_RANGE: &str = "number_out_of_range";
    /// A member that events do not have.
    pub const UNKNOWN_FIELD: &str = "unknown_field";
    /// A required member is absent, null or empty.
    pub const MISSING_FIELD: &str = "missing_field";
    /// A member has another JSON type than it must.
    pub const WRONG_TYPE: &str = "wrong_type";
    /// A string is longer than its limit.
    pub const STRING_TOO_LONG: &str = "string_too_long";
    /// An action or type has characters that it may not have.
    pub const BAD_CHARACTERS: &str = "bad_characters";
    /// More than 64 targets.
    pub const TOO_MANY_TARGETS: &str = "too_many_targets";
    /// More than 8 actors in `on_behalf_of`.
    pub const TOO_MANY_ON_BEHALF_OF: &str = "too_many_on_behalf_of";
    /// More than 256 changes.
    pub const TOO_MANY_CHANGES: &str = "too_many_changes";
    /// Not an RFC 3339 time.
    pub const BAD_TIMESTAMP: &str = "bad_timestamp";
    /// Before the year 2000.
    pub const OCCURRED_AT_TOO_OLD: &str = "occurred_at_too_old";
    /// More than 15 minutes ahead.
    pub const OCCURRED_AT_IN_FUTURE: &str = "occurred_at_in_future";
    /// Not an IP address.
    pub const BAD_IP: &str = "bad_ip";
    /// Not a two-letter country code.
    pub const BAD_COUNTRY: &str = "bad_country";
    /// Not one of the allowed words.
    pub const BAD_ENUM: &str = "bad_enum";
    /// Not an organization id.
    pub const BAD_ORG_ID: &str = "bad_org_id";
    /// The key is bound to another organization than the event names.
    pub const ORG_MISMATCH: &str = "org_mismatch";
    /// `version` is not an integer from 1 to 1,000,000.
    pub const BAD_VERSION: &str = "bad_version";
    /// The rest of the errors is left out.
    pub const MORE_ERRORS: &str = "more_errors";

    /// Every code, for the published list.
    pub const ALL: &[&str] = &[
        BAD_JSON,
        EVENT_TOO_LARGE,
        TOO_DEEP,
        DUPLICATE_MEMBER,
        LONE_SURROGATE,
        NUMBER_OUT_OF_RANGE,
        UNKNOWN_FIELD,
        MISSING_FIELD,
        WRONG_TYPE,
        STRING_TOO_LONG,
        BAD_CHARACTERS,
        TOO_MANY_TARGETS,
        TOO_MANY_ON_BEHALF_OF,
        TOO_MANY_CHANGES,
        BAD_TIMESTAMP,
        OCCURRED_AT_TOO_OLD,
        OCCURRED_AT_IN_FUTURE,
        BAD_IP,
        BAD_COUNTRY,
        BAD_ENUM,
        BAD_ORG_ID,
        ORG_MISMATCH,
        BAD_VERSION,
        MORE_ERRORS,
    ];
}

/// One thing that is wrong with an event.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// Where: a JSON pointer (RFC 6901) from the event's root, empty for the event as a whole.
    pub path: String,
    /// What: one of [`code::ALL`].
    pub code: &'static str,
    /// What to do about it, for a person.
    pub message: String,
}

/// Why one event was refused. Nothing of it was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {index} is refused: {}", summary(.errors))]
pub struct EventError {
    /// Which event of the body, from 0.
    pub index: usize,
    /// At least one, at most [`crate::limits::ERRORS_PER_EVENT_MAX`] and one that says there are more.
    pub errors: Vec<FieldError>,
}

fn summary(errors: &[FieldError]) -> String {
    errors.iter().map(|e| format!("{}: {}", e.path, e.message)).collect::<Vec<_>>().join("; ")
}

/// Why a body could not even be split into events.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// There is no event in it.
    #[error("the body has no event; send a JSON object, an array of objects, or one object a line")]
    Empty,
    /// It is not JSON.
    #[error("the body is not valid JSON at byte {offset}: {message}")]
    BadJson {
        /// Bytes from the start of the body.
        offset: usize,
        /// What was expected there.
        message: String,
    },
    /// It is larger than `batch_bytes_max`.
    #[error("the body has {bytes} bytes, but at most {max} are accepted in one call; send smaller batches")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// It has more events than `batch_events_max`.
    #[error("the body has more than {max} events; send smaller batches")]
    TooManyEvents {
        /// The limit.
        max: usize,
    },
}

/// Collects the errors of one event.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    list: Vec<FieldError>,
    more: usize,
}

impl Errors {
    pub(crate) fn push(&mut self, path: impl Into<String>, code: &'static str, message: impl Into<String>) {
        if self.list.len() < crate::limits::ERRORS_PER_EVENT_MAX {
            self.list.push(FieldError { path: path.into(), code, message: message.into() });
        } else {
            self.more += 1;
        }
    }

    /// Whether something was said of this place already.
    pub(crate) fn mention(&self, path: &str) -> bool {
        self.list.iter().any(|e| e.path == path)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(crate) fn into_event_error(mut self) -> EventError {
        if self.more > 0 {
            let message = format!("{} more errors are not listed", self.more);
            self.list.push(FieldError { path: String::new(), code: code::MORE_ERRORS, message });
        }
        EventError { index: 0, errors: self.list }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let mut errors = Errors::default();
        for i in 0..40 {
            errors.push(format!("/x{i}"), code::UNKNOWN_FIELD, "remove it");
        }
        let error = errors.into_event_error();
        assert_eq!(error.errors.len(), crate::limits::ERRORS_PER_EVENT_MAX + 1);
        assert_eq!(error.errors.last().unwrap().message, "8 more errors are not listed");
    }
}
