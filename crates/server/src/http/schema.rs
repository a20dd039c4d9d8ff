//! Shapes of bodies and answers, for the OpenAPI document. Answers that are rendered by hand are described here too;
//! the tests compare what is described with what is sent.

use serde::Serialize;
use serde_json::Value;
use tallystick_query::Diagnostic;
use utoipa::ToSchema;

use super::told::SentencePart;

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actor {
    /// What kind of actor: `user`, `service`, `api_key`, `system` or any other word.
    #[schema(example = "user")]
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, never used for anybody else.
    #[schema(example = "u_1")]
    pub id: String,
    /// For people.
    #[schema(example = "Ana Ruiz")]
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Any JSON object.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// For whom the actor acted, nearest first: `{type, id, name?}`.
    #[schema(value_type = Option<Vec<Object>>)]
    pub on_behalf_of: Option<Value>,
}

/// What something was done to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Target {
    /// What kind of thing.
    #[schema(example = "escalation_policy")]
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    #[schema(example = "ep_7")]
    pub id: String,
    /// For people.
    pub name: Option<String>,
    /// Any JSON object.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

/// From where something was done, and what belongs together.
#[derive(Debug, Serialize, ToSchema)]
pub struct Context {
    /// IPv4 or IPv6 address.
    #[schema(example = "203.0.113.9")]
    pub ip: Option<String>,
    /// ISO 3166 alpha-2.
    pub country: Option<String>,
    /// As sent by the client.
    pub user_agent: Option<String>,
    /// `ui`, `api`, `cli`, ...
    pub origin: Option<String>,
    /// Of the request.
    pub request_id: Option<String>,
    /// Of the session.
    pub session_id: Option<String>,
    /// Of the trace.
    pub trace_id: Option<String>,
}

/// One thing that was changed, as in JSON Patch.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// JSON pointer.
    #[schema(example = "/levels/0/timeout")]
    pub path: String,
    /// `add`, `remove` or `replace`.
    pub op: String,
    /// Any JSON.
    pub old: Option<Value>,
    /// Any JSON.
    pub new: Option<Value>,
}

/// An event as it is written. Members that are not listed are errors.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventInput {
    /// Whose log it goes to; may be left out if the key is bound to an organization.
    #[schema(example = "acme")]
    pub org: Option<String>,
    /// What was done, dotted: noun first, verb last.
    #[schema(example = "escalation_policy.updated")]
    pub action: String,
    /// When, RFC 3339; now, if it is left out.
    pub occurred_at: Option<String>,
    /// Version of the action's schema.
    pub version: Option<u32>,
    /// Who.
    pub actor: Actor,
    /// To what.
    pub targets: Option<Vec<Target>>,
    /// From where.
    pub context: Option<Context>,
    /// `success`, `failure`, `denied` or `unknown`, which is the default.
    pub outcome: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What was changed.
    pub changes: Option<Vec<Change>>,
    /// Any JSON object; searchable at any depth.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// At most one event of the organization is stored with this key.
    pub idempotency_key: Option<String>,
}

/// An event as it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// `evt_` and 32 hexadecimal digits.
    pub id: String,
    /// Its place in its organization's log, from 0, without gaps.
    pub seq: u64,
    /// When the service took it in, RFC 3339.
    pub received_at: String,
    /// Who wrote it: `key:<id>`, `import:<product>`.
    pub source: String,
    /// What it reads as, where it is asked for.
    #[schema(value_type = Option<Vec<SentencePart>>)]
    pub sentence: Option<Vec<SentencePart>>,
    /// What was written.
    #[serde(flatten)]
    pub event: EventInput,
}

/// The result of one event of a write.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoredEvent {
    /// Its id.
    pub id: String,
    /// Its place in its organization's log.
    pub seq: u64,
    /// When it was taken in.
    pub received_at: String,
    /// RFC 6962 hash of its leaf, 64 hexadecimal digits.
    pub leaf_hash: String,
    /// Only if its idempotency key was seen before: this is the event stored then.
    pub duplicate: Option<bool>,
}

/// The answer to a write.
#[derive(Debug, Serialize, ToSchema)]
pub struct Stored {
    /// In the order of the body. With `partial=true` an entry may be `{"error": {"code", "detail", "errors"}}`.
    pub events: Vec<StoredEvent>,
    /// Only with `partial=true`: how many were stored.
    pub accepted: Option<u64>,
    /// Only with `partial=true`: how many were not.
    pub rejected: Option<u64>,
}

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// In the order asked for.
    pub events: Vec<Event>,
    /// Give it back as `cursor` to go on; null at the end.
    pub next_cursor: Option<String>,
    /// Not null if time ran out: events are complete only up to this time of occurrence. `next_cursor` goes on.
    pub searched_until: Option<String>,
    /// Milliseconds that the search took.
    pub took_ms: u64,
    /// What may not be as meant in the query.
    pub warnings: Vec<QueryNote>,
}

/// An error or a warning about a query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueryNote {
    /// `error` or `warning`.
    pub severity: String,
    /// Stable code.
    pub code: String,
    /// For people.
    pub message: String,
    /// The place in the query: from, to, in UTF-16 code units.
    #[schema(value_type = Vec<u32>)]
    pub span: Value,
    /// The repair: put `with` in place of `replace`.
    #[serde(skip_serializing_if = "Value::is_null")]
    #[schema(value_type = Option<Object>)]
    pub fix: Value,
}

impl From<&Diagnostic> for QueryNote {
    fn from(diagnostic: &Diagnostic) -> Self {
        let json = serde_json::to_value(diagnostic).unwrap_or_default();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        Self {
            severity: text("severity"),
            code: text("code"),
            message: text("message"),
            span: json["span"].clone(),
            fix: json["fix"].clone(),
        }
    }
}

/// The notes of an answer.
pub fn notes(diagnostics: &[Diagnostic]) -> Vec<QueryNote> {
    diagnostics.iter().map(QueryNote::from).collect()
}

/// A time in microseconds as RFC 3339 in UTC.
pub fn time_text(us: i64) -> String {
    // Times outside of the years -9999 to 9999 cannot come from events.
    jiff::Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_have_the_form_of_diagnostics() {
        let parsed = tallystick_query::parse("outcom:failure");
        let note = notes(&parsed.diagnostics).remove(0);
        assert_eq!((note.severity.as_str(), note.code.as_str()), ("error", "unknown_field"));
        assert_eq!(note.span.as_array().map(Vec::len), Some(2), "{note:?}");
        assert!(note.fix["with"].is_string(), "{note:?}");
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time_text(1_795_168_800_123_456), "2026-11-20T10:00:00.123456Z");
    }
}
