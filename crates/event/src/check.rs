//! What the shape of the JSON cannot say: required members, lengths, times, addresses, words. Normalises in place.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::error::{Errors, code};
use crate::ids::OrgId;
use crate::limits::{
    ACTION_BYTES_MAX, CHANGE_PATH_BYTES_MAX, CHANGES_MAX, CORRELATION_BYTES_MAX, EMAIL_BYTES_MAX,
    ID_BYTES_MAX, IDEMPOTENCY_KEY_BYTES_MAX, NAME_BYTES_MAX, OCCURRED_AT_AHEAD_MS_MAX, OCCURRED_AT_MIN_MS,
    ON_BEHALF_OF_MAX, ORIGIN_BYTES_MAX, REASON_BYTES_MAX, TARGETS_MAX, TYPE_BYTES_MAX, USER_AGENT_BYTES_MAX,
    VERSION_MAX,
};
use crate::model::{
    ActorInput, ChangeInput, ContextInput, Input, Number, Object, TargetInput, Text, nearest,
};
use crate::outcome::Outcome;
use crate::time::{Moment, format_ms};

/// What is known of an event once it has passed.
pub(crate) struct Checked {
    pub(crate) org: OrgId,
    pub(crate) occurred: Moment,
    pub(crate) outcome: Outcome,
    pub(crate) version: Option<u32>,
}

/// Checks an event; `None` if `errors` has what is wrong. `bound_org` is the organization that the caller's key is
/// bound to.
pub(crate) fn check(
    input: &mut Input<'_>,
    bound_org: Option<&OrgId>,
    now_ms: i64,
    errors: &mut Errors,
) -> Option<Checked> {
    let mut c = Checker { errors };
    let org = c.org(input.org.as_deref(), bound_org);
    c.action(input.action.as_deref());
    let occurred = c.occurred_at(input.occurred_at.as_deref(), now_ms);
    let version = c.version(input.version);
    match &mut input.actor {
        Some(actor) => c.actor(actor),
        None => c.missing(format_args!("/actor"), "say who did it: {\"type\": ..., \"id\": ...}"),
    }
    c.targets(&mut input.targets);
    c.context(&mut input.context);
    let outcome = c.outcome(input.outcome.as_deref());
    c.optional(format_args!("/reason"), &mut input.reason, REASON_BYTES_MAX);
    c.changes(&mut input.changes);
    drop_empty(&mut input.metadata);
    c.optional(format_args!("/idempotency_key"), &mut input.idempotency_key, IDEMPOTENCY_KEY_BYTES_MAX);
    if !c.errors.is_empty() {
        return None;
    }
    Some(Checked { org: org?, occurred: occurred?, outcome: outcome?, version })
}

struct Checker<'e> {
    errors: &'e mut Errors,
}

impl Checker<'_> {
    fn push(&mut self, path: fmt::Arguments<'_>, code: &'static str, message: impl Into<String>) {
        self.errors.push(path.to_string(), code, message);
    }

    /// Not said again of a member that is there with a wrong type.
    fn missing(&mut self, path: fmt::Arguments<'_>, advice: &str) {
        let path = path.to_string();
        if !self.errors.mention(&path) {
            self.errors.push(path, code::MISSING_FIELD, format!("this is required; {advice}"));
        }
    }

    fn length(&mut self, path: fmt::Arguments<'_>, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            let message = format!("this has {} bytes, at most {bytes_max} fit; shorten it", text.len());
            self.push(path, code::STRING_TOO_LONG, message);
        }
    }

    fn required(&mut self, path: fmt::Arguments<'_>, text: Option<&str>, bytes_max: usize, advice: &str) {
        match text {
            None | Some("") => self.missing(path, advice),
            Some(text) => self.length(path, text, bytes_max),
        }
    }

    /// An empty optional string is the same as an absent one.
    fn optional(&mut self, path: fmt::Arguments<'_>, text: &mut Option<Text<'_>>, bytes_max: usize) {
        match text {
            None => {}
            Some(empty) if empty.is_empty() => *text = None,
            Some(text) => self.length(path, text, bytes_max),
        }
    }

    fn org(&mut self, given: Option<&str>, bound: Option<&OrgId>) -> Option<OrgId> {
        match (given, bound) {
            (None | Some(""), Some(bound)) => Some(bound.clone()),
            (Some(given), Some(bound)) if given == bound.as_str() => Some(bound.clone()),
            (Some(given), Some(bound)) => {
                let message =
                    format!("your key belongs to {bound}, not {given}; remove org or use another key");
                self.push(format_args!("/org"), code::ORG_MISMATCH, message);
                None
            }
            (None, None) => {
                self.missing(format_args!("/org"), "your key is not bound to one organization");
                None
            }
            (Some(given), None) => {
                let org = OrgId::new(given);
                org.map_err(|e| self.push(format_args!("/org"), code::BAD_ORG_ID, e.to_string())).ok()
            }
        }
    }

    fn action(&mut self, action: Option<&str>) {
        let path = format_args!("/action");
        self.required(path, action, ACTION_BYTES_MAX, "say what was done, for example \"user.created\"");
        let printable = action.unwrap_or_default().bytes().all(|b| b.is_ascii_graphic());
        if !printable {
            let message = "an action is printable ASCII without spaces, for example \"user.created\"";
            self.push(path, code::BAD_CHARACTERS, message);
        }
    }

    fn occurred_at(&mut self, text: Option<&str>, now_ms: i64) -> Option<Moment> {
        let path = format_args!("/occurred_at");
        let Some(text) = text.filter(|t| !t.is_empty()) else { return Some(Moment::from_ms(now_ms)) };
        let Some(moment) = Moment::parse(text) else {
            let message = "this must be an RFC 3339 time with a zone, for example 2026-11-20T10:00:00.123Z";
            self.push(path, code::BAD_TIMESTAMP, message);
            return None;
        };
        if moment.ms() < OCCURRED_AT_MIN_MS {
            let message = "this is before 2000-01-01; check the producer's clock and the unit of its time";
            self.push(path, code::OCCURRED_AT_TOO_OLD, message);
            return None;
        }
        if moment.ms() > now_ms + OCCURRED_AT_AHEAD_MS_MAX {
            let message = format!(
                "this is more than 15 minutes ahead of this server, where it is {}; check both clocks",
                format_ms(now_ms)
            );
            self.push(path, code::OCCURRED_AT_IN_FUTURE, message);
            return None;
        }
        Some(moment)
    }

    fn version(&mut self, version: Option<Number>) -> Option<u32> {
        let Number(number) = version?;
        let whole = number as u32;
        if number.fract() > 0.0 || !(1.0..=f64::from(VERSION_MAX)).contains(&number) {
            let message = format!("this must be an integer from 1 to {VERSION_MAX}");
            self.push(format_args!("/version"), code::BAD_VERSION, message);
        }
        Some(whole)
    }

    fn outcome(&mut self, outcome: Option<&str>) -> Option<Outcome> {
        let Some(text) = outcome.filter(|t| !t.is_empty()) else { return Some(Outcome::Unknown) };
        let parsed = text.parse();
        if parsed.is_err() {
            self.bad_enum(format_args!("/outcome"), text, &Outcome::ALL.map(Outcome::as_str));
        }
        parsed.ok()
    }

    fn bad_enum(&mut self, path: fmt::Arguments<'_>, text: &str, known: &[&str]) {
        let hint = nearest(text, known).map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        self.push(path, code::BAD_ENUM, format!("this must be one of {}{hint}", known.join(", ")));
    }

    fn kind(&mut self, path: fmt::Arguments<'_>, kind: Option<&str>, example: &str) {
        self.required(path, kind, TYPE_BYTES_MAX, example);
        if kind.unwrap_or_default().chars().any(char::is_control) {
            self.push(path, code::BAD_CHARACTERS, "a type has no control characters");
        }
    }

    fn actor(&mut self, actor: &mut ActorInput<'_>) {
        self.kind(format_args!("/actor/type"), actor.kind.as_deref(), "for example \"user\" or \"service\"");
        self.required(
            format_args!("/actor/id"),
            actor.id.as_deref(),
            ID_BYTES_MAX,
            "give the actor's own id",
        );
        self.optional(format_args!("/actor/name"), &mut actor.name, NAME_BYTES_MAX);
        self.optional(format_args!("/actor/email"), &mut actor.email, EMAIL_BYTES_MAX);
        drop_empty(&mut actor.metadata);
        let principals = actor.on_behalf_of.as_deref_mut().unwrap_or_default();
        if principals.len() > ON_BEHALF_OF_MAX {
            let message = format!("{} actors are given, at most {ON_BEHALF_OF_MAX} fit", principals.len());
            self.push(format_args!("/actor/on_behalf_of"), code::TOO_MANY_ON_BEHALF_OF, message);
        }
        for (i, principal) in principals.iter_mut().enumerate() {
            let kind = principal.kind.as_deref();
            self.kind(format_args!("/actor/on_behalf_of/{i}/type"), kind, "for example \"user\"");
            let id = principal.id.as_deref();
            self.required(format_args!("/actor/on_behalf_of/{i}/id"), id, ID_BYTES_MAX, "give its id");
            self.optional(format_args!("/actor/on_behalf_of/{i}/name"), &mut principal.name, NAME_BYTES_MAX);
            self.optional(
                format_args!("/actor/on_behalf_of/{i}/email"),
                &mut principal.email,
                EMAIL_BYTES_MAX,
            );
            drop_empty(&mut principal.metadata);
        }
    }

    fn targets(&mut self, targets: &mut Option<Vec<TargetInput<'_>>>) {
        let list = targets.as_deref_mut().unwrap_or_default();
        if list.len() > TARGETS_MAX {
            let message =
                format!("{} targets are given, at most {TARGETS_MAX} fit; send several events", list.len());
            self.push(format_args!("/targets"), code::TOO_MANY_TARGETS, message);
        }
        for (i, target) in list.iter_mut().enumerate() {
            let (kind, id) = (target.kind.as_deref(), target.id.as_deref());
            self.kind(format_args!("/targets/{i}/type"), kind, "for example \"project\"");
            self.required(format_args!("/targets/{i}/id"), id, ID_BYTES_MAX, "give the target's own id");
            self.optional(format_args!("/targets/{i}/name"), &mut target.name, NAME_BYTES_MAX);
            drop_empty(&mut target.metadata);
        }
    }

    fn context(&mut self, context: &mut Option<ContextInput<'_>>) {
        let Some(context) = context else { return };
        self.ip(&mut context.ip);
        self.country(&mut context.country);
        self.optional(format_args!("/context/user_agent"), &mut context.user_agent, USER_AGENT_BYTES_MAX);
        self.optional(format_args!("/context/origin"), &mut context.origin, ORIGIN_BYTES_MAX);
        self.optional(format_args!("/context/request_id"), &mut context.request_id, CORRELATION_BYTES_MAX);
        self.optional(format_args!("/context/session_id"), &mut context.session_id, CORRELATION_BYTES_MAX);
        self.optional(format_args!("/context/trace_id"), &mut context.trace_id, CORRELATION_BYTES_MAX);
    }

    fn ip(&mut self, ip: &mut Option<Text<'_>>) {
        let Some(text) = ip.take().filter(|t| !t.is_empty()) else { return };
        match text.parse::<IpAddr>() {
            // Only one spelling of a v4 address parses.
            Ok(IpAddr::V4(_)) => *ip = Some(text),
            Ok(IpAddr::V6(v6)) => *ip = Some(Cow::Owned(v6.to_canonical().to_string())),
            Err(_) => {
                let message =
                    "this must be one IPv4 or IPv6 address without port or zone, such as 203.0.113.9";
                self.push(format_args!("/context/ip"), code::BAD_IP, message);
            }
        }
    }

    fn country(&mut self, country: &mut Option<Text<'_>>) {
        let Some(text) = country.take().filter(|t| !t.is_empty()) else { return };
        if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_alphabetic()) {
            let message = "this must be a two-letter country code (ISO 3166), such as DE";
            self.push(format_args!("/context/country"), code::BAD_COUNTRY, message);
            return;
        }
        let is_upper = text.bytes().all(|b| b.is_ascii_uppercase());
        *country = Some(if is_upper { text } else { Cow::Owned(text.to_ascii_uppercase()) });
    }

    fn changes(&mut self, changes: &mut Option<Vec<ChangeInput<'_>>>) {
        let list = changes.as_deref_mut().unwrap_or_default();
        if list.len() > CHANGES_MAX {
            let message =
                format!("{} changes are given, at most {CHANGES_MAX} fit; send several events", list.len());
            self.push(format_args!("/changes"), code::TOO_MANY_CHANGES, message);
        }
        for (i, change) in list.iter_mut().enumerate() {
            let path = change.path.as_deref();
            self.required(format_args!("/changes/{i}/path"), path, CHANGE_PATH_BYTES_MAX, "say what changed");
            self.op(i, change);
        }
    }

    /// Says what kind of change it is if the producer did not.
    fn op(&mut self, i: usize, change: &mut ChangeInput<'_>) {
        const OPS: [&str; 3] = ["add", "remove", "replace"];
        let derived = match (&change.old, &change.new) {
            (None, Some(_)) => "add",
            (Some(_), None) => "remove",
            _ => "replace",
        };
        let op = change.op.get_or_insert(Cow::Borrowed(derived));
        if !OPS.contains(&op.as_ref()) {
            self.bad_enum(format_args!("/changes/{i}/op"), op, &OPS);
        }
    }
}

fn drop_empty(object: &mut Option<Object<'_>>) {
    if object.as_ref().is_some_and(|o| o.0.is_empty()) {
        *object = None;
    }
}
