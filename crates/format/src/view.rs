//! The event by its places, read leniently: what is missing or of another type than the API gives is absent here. The
//! formats look at this and not at the JSON, so that none of them can stumble over an odd event.

use serde_json::{Map, Value, json};
use tallystick_event::Outcome;
use tallystick_event::sentence::sentence_text;

use crate::native::MEMBERS;
use crate::place::Place;

/// What an event without an action is called.
pub(crate) const NO_ACTION: &str = "unknown";

/// An actor, somebody for whom it acted, or a target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Party<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: Option<&'a str>,
    pub(crate) name: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
    pub(crate) metadata: Option<&'a Value>,
}

impl<'a> Party<'a> {
    fn of(value: &'a Value) -> Option<Self> {
        let party = Self {
            kind: text(value.get("type")).unwrap_or(""),
            id: text(value.get("id")),
            name: text(value.get("name")),
            email: text(value.get("email")),
            metadata: value.get("metadata"),
        };
        (party.label().is_some() || !party.kind.is_empty()).then_some(party)
    }

    /// What it is called, by the best that is known.
    pub(crate) fn label(&self) -> Option<&'a str> {
        self.name.or(self.email).or(self.id)
    }
}

/// An event by its places.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) event: &'a Map<String, Value>,
    pub(crate) action: &'a str,
    pub(crate) version: Option<u64>,
    /// Unix ms; the time of receipt if the event says nothing that is a time.
    pub(crate) occurred_ms: i64,
    /// The time as the event has it, if it is one.
    pub(crate) occurred_at: Option<&'a str>,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Option<&'a str>,
    pub(crate) actor: Option<Party<'a>>,
    pub(crate) on_behalf_of: Vec<Party<'a>>,
    pub(crate) targets: Vec<Party<'a>>,
    pub(crate) ip: Option<&'a str>,
    pub(crate) user_agent: Option<&'a str>,
    pub(crate) origin: Option<&'a str>,
    pub(crate) country: Option<&'a str>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) session_id: Option<&'a str>,
    pub(crate) trace_id: Option<&'a str>,
    pub(crate) changes: &'a [Value],
    pub(crate) metadata: Option<&'a Value>,
}

/// A text that says something.
fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// Whether a time is spelled as the log spells it; others are understood and spelled anew.
fn is_plain_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= "0000-00-00T00:00:00Z".len()
        && bytes[4] == b'-'
        && bytes[10] == b'T'
        && bytes.ends_with(b"Z")
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl<'a> View<'a> {
    pub(crate) fn of(event: &'a Map<String, Value>, place: &Place<'_>) -> Self {
        let context = event.get("context");
        let of_context = |name: &str| text(context.and_then(|context| context.get(name)));
        let actor = event.get("actor");
        let occurred_at = text(event.get("occurred_at"));
        let occurred: Option<jiff::Timestamp> = occurred_at.and_then(|text| text.parse().ok());
        Self {
            event,
            action: text(event.get("action")).unwrap_or(NO_ACTION),
            version: event.get("version").and_then(Value::as_u64),
            occurred_ms: occurred.map_or(place.received_ms, jiff::Timestamp::as_millisecond),
            occurred_at: occurred_at.filter(|text| occurred.is_some() && is_plain_time(text)),
            outcome: text(event.get("outcome")).and_then(|text| text.parse().ok()).unwrap_or_default(),
            reason: text(event.get("reason")),
            actor: actor.and_then(Party::of),
            on_behalf_of: list(actor.and_then(|actor| actor.get("on_behalf_of")))
                .iter()
                .filter_map(Party::of)
                .collect(),
            targets: list(event.get("targets")).iter().filter_map(Party::of).collect(),
            ip: of_context("ip"),
            user_agent: of_context("user_agent"),
            origin: of_context("origin"),
            country: of_context("country"),
            request_id: of_context("request_id"),
            session_id: of_context("session_id"),
            trace_id: of_context("trace_id"),
            changes: list(event.get("changes")),
            metadata: event.get("metadata"),
        }
    }

    /// The members that are no part of an event as the API gives it.
    pub(crate) fn others(&self) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.event.iter().filter(|(name, _)| !MEMBERS.contains(&name.as_str()))
    }

    /// The event as a sentence, as the interface says it.
    pub(crate) fn sentence(&self) -> String {
        let party =
            |party: &Party<'_>| json!({"type": party.kind, "id": party.id.unwrap_or(""), "name": party.name});
        let actor = self.actor.as_ref().map(|actor| {
            let mut said = party(actor);
            said["email"] = actor.email.into();
            said["on_behalf_of"] = self.on_behalf_of.iter().map(party).collect();
            said
        });
        let said = json!({
            "action": self.action,
            "outcome": self.outcome.as_str(),
            "actor": actor,
            "targets": self.targets.iter().map(party).collect::<Vec<_>>(),
        });
        sentence_text(said.to_string().as_bytes())
    }

    /// When it happened, as RFC 3339: as the event says it, or else in milliseconds.
    pub(crate) fn occurred_text(&self) -> String {
        self.occurred_at.map_or_else(|| rfc3339(self.occurred_ms), str::to_owned)
    }
}

/// Unix ms as RFC 3339. A time that no calendar has is the nearest that it has.
pub(crate) fn rfc3339(ms: i64) -> String {
    /// 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z.
    const CALENDAR: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;
    tallystick_event::format_ms(ms.clamp(*CALENDAR.start(), *CALENDAR.end()))
}
