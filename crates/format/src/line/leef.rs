//! Log Event Extended Format 2.0: `LEEF:2.0|vendor|product|version|event id|x09|key=value<TAB>key=value …`.
//!
//! LEEF escapes nothing. So `|` becomes `_` in the header, and in values whatever ends a value or a line becomes a
//! space; `=` can stay, since a key has none.

use super::text::{LONG_CHARS_MAX, VALUE_CHARS_MAX, breaks_lines, cut, member, targets};
use crate::kind::Kind;
use crate::meaning::{Act, Meaning};
use crate::place::Place;
use crate::severity;
use crate::view::{Party, View, rfc3339};

/// Characters of a header field.
const HEADER_CHARS_MAX: usize = 255;
/// How `devTime` is to be read, in the notation that QRadar uses.
const TIME_FORMAT: &str = "yyyy-MM-dd'T'HH:mm:ss.SSSX";

/// Appends the event.
pub(crate) fn write(out: &mut Vec<u8>, view: &View<'_>, place: &Place<'_>) {
    out.extend_from_slice(b"LEEF:2.0");
    for text in [place.product, place.product, place.version, view.action, "x09"] {
        header(out, text);
    }
    out.push(b'|');
    let mut pairs = Pairs { out, first: true };
    let act = Meaning::of(view.action).act;
    stands(&mut pairs, view, place, act);
    who(&mut pairs, view, act);
    what(&mut pairs, view);
}

/// When and where in the log.
fn stands(pairs: &mut Pairs<'_>, view: &View<'_>, place: &Place<'_>, act: Act) {
    pairs.add("devTime", &rfc3339(view.occurred_ms), VALUE_CHARS_MAX);
    pairs.add("devTimeFormat", TIME_FORMAT, VALUE_CHARS_MAX);
    pairs.add("cat", view.action, VALUE_CHARS_MAX);
    pairs.add("sev", &severity::of_ten(view.outcome).to_string(), VALUE_CHARS_MAX);
    pairs.add("eventId", place.event_id, VALUE_CHARS_MAX);
    pairs.add("log", place.log, VALUE_CHARS_MAX);
    pairs.add("seq", &place.seq.to_string(), VALUE_CHARS_MAX);
    pairs.add("leafHash", &hex::encode(place.leaf_hash), VALUE_CHARS_MAX);
    pairs.add("receivedTime", &rfc3339(place.received_ms), VALUE_CHARS_MAX);
    pairs.add("realm", place.org, VALUE_CHARS_MAX);
    pairs.add("outcome", view.outcome.as_str(), VALUE_CHARS_MAX);
    pairs.add("reason", view.reason.unwrap_or(""), VALUE_CHARS_MAX);
    match act {
        Act::Logon | Act::Switch => pairs.add("isLoginEvent", "true", VALUE_CHARS_MAX),
        Act::Logoff => pairs.add("isLogoutEvent", "true", VALUE_CHARS_MAX),
        _ => {}
    }
}

/// Who, to whom, from where.
fn who(pairs: &mut Pairs<'_>, view: &View<'_>, act: Act) {
    if let Some(actor) = &view.actor {
        pairs.add("usrName", actor.email.or(actor.label()).unwrap_or(""), VALUE_CHARS_MAX);
        pairs.add("actorType", actor.kind, VALUE_CHARS_MAX);
        pairs.add("actorId", actor.id.unwrap_or(""), VALUE_CHARS_MAX);
        pairs.add("actorName", actor.name.unwrap_or(""), VALUE_CHARS_MAX);
    }
    let behalf: Vec<&str> = view.on_behalf_of.iter().filter_map(Party::label).collect();
    pairs.add("onBehalfOf", &behalf.join("; "), VALUE_CHARS_MAX);
    let first = |is: fn(Kind) -> bool| view.targets.iter().find(|target| is(Kind::of(target.kind)));
    let label = |target: Option<&Party<'_>>| target.and_then(Party::label).unwrap_or("").to_owned();
    pairs.add("accountName", &label(first(Kind::has_account)), VALUE_CHARS_MAX);
    pairs.add("role", &label(first(|kind| kind == Kind::Role)), VALUE_CHARS_MAX);
    pairs.add("policy", &label(first(|kind| kind == Kind::Policy)), VALUE_CHARS_MAX);
    pairs.add("groupID", &label(first(|kind| kind == Kind::Group)), VALUE_CHARS_MAX);
    pairs.add("resource", &label(view.targets.first()), VALUE_CHARS_MAX);
    if let Some(text) = view.ip {
        let is_address = text.parse::<std::net::IpAddr>().is_ok();
        pairs.add(if is_address { "src" } else { "identHostName" }, text, VALUE_CHARS_MAX);
        if is_address && matches!(act, Act::Logon | Act::Logoff) {
            pairs.add("identSrc", text, VALUE_CHARS_MAX);
        }
    }
    pairs.add("userAgent", view.user_agent.unwrap_or(""), VALUE_CHARS_MAX);
    pairs.add("requestId", view.request_id.unwrap_or(""), VALUE_CHARS_MAX);
    pairs.add("sessionId", view.session_id.unwrap_or(""), VALUE_CHARS_MAX);
}

/// The event in words, to what it was done, and what changed.
fn what(pairs: &mut Pairs<'_>, view: &View<'_>) {
    pairs.add("msg", &view.sentence(), VALUE_CHARS_MAX);
    pairs.add("targets", &targets(&view.targets), LONG_CHARS_MAX);
    pairs.add("changes", &member(view, "changes"), LONG_CHARS_MAX);
    pairs.add("metadata", &member(view, "metadata"), LONG_CHARS_MAX);
}

fn header(out: &mut Vec<u8>, text: &str) {
    out.push(b'|');
    let text = cut(text, HEADER_CHARS_MAX);
    let safe = |c| {
        if breaks_lines(c) {
            ' '
        } else if c == '|' {
            '_'
        } else {
            c
        }
    };
    out.extend_from_slice(text.chars().map(safe).collect::<String>().as_bytes());
}

/// The attributes under construction.
struct Pairs<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl Pairs<'_> {
    /// An attribute, if there is a value.
    fn add(&mut self, key: &str, value: &str, chars_max: usize) {
        let safe = |c| if breaks_lines(c) { ' ' } else { c };
        let value: String = cut(value, chars_max).chars().map(safe).collect();
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        if !self.first {
            self.out.push(b'\t');
        }
        self.first = false;
        self.out.extend_from_slice(key.as_bytes());
        self.out.push(b'=');
        self.out.extend_from_slice(value.as_bytes());
    }
}
