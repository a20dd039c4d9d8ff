//! Open Cybersecurity Schema Framework 1.8.0 and 1.9.0. The class is chosen by what the action means
//! (`crate::meaning`); an event that lacks what its class demands is an API Activity, which anything can be.
//!
//! How the log's proof is carried: `metadata.uid`, `metadata.sequence` and `metadata.log_name` say where the event is;
//! `raw_data_hash` is its leaf hash, under an algorithm name of its own because OCSF knows only hashes of texts; and
//! the three together stand in `unmapped.integrity` as in the native format. In 1.9 the profile `record_integrity` is
//! applied besides: `attestation_list[0].fingerprint` is SHA-256 over the canonical JSON (RFC 8785) of the record
//! without that fingerprint, as the schema defines it, so that a receiver can check the record it has. It is not
//! chained (`chain_uid`, `prev_event`): the chain is the log, and a stream may leave events out.

mod application;
mod class;
mod iam;
mod integrity;
mod observables;
mod parts;

use serde_json::{Map, Value};
use tallystick_event::Outcome;

use self::class::Class;
use crate::json::Object;
use crate::meaning::{Act, Meaning};
use crate::place::Place;
use crate::severity;
use crate::view::View;

/// A version of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    V18,
    V19,
}

impl Release {
    const fn number(self) -> &'static str {
        match self {
            Self::V18 => "1.8.0",
            Self::V19 => "1.9.0",
        }
    }
}

/// A class with what is particular to it.
struct Record {
    class: &'static Class,
    activity: u32,
    caption: String,
    own: Object,
}

impl Record {
    /// A record if the class knows the act.
    fn of(class: &'static Class, act: Act, own: Object) -> Option<Self> {
        let (activity, caption) = class.activity(act)?;
        Some(Self { class, activity, caption: caption.to_owned(), own })
    }
}

/// The event as a record of OCSF.
pub(crate) fn record(view: &View<'_>, place: &Place<'_>, release: Release) -> Map<String, Value> {
    let meaning = Meaning::of(view.action);
    let Record { class, activity, caption, mut own } = iam::record(view, place, meaning, release)
        .or_else(|| application::record(view, meaning, release))
        .unwrap_or_else(|| application::api(view, meaning.act));
    let mut profiles = if class.actor_of_host { vec!["host"] } else { Vec::new() };
    classified(&mut own, class, activity, &caption);
    outcome(&mut own, view, &mut profiles);
    origin(&mut own, view, class);
    if release == Release::V19 {
        let agent = parts::ai_agent(view);
        if !agent.is_empty() {
            own.object("ai_agent", agent);
            profiles.push("ai_operation");
        }
        profiles.push("record_integrity");
    }
    own.set("time", view.occurred_ms).set("message", view.sentence());
    let leaf_hash = hex::encode(place.leaf_hash);
    own.object("raw_data_hash", parts::leaf_hash(&leaf_hash, release));
    own.object("metadata", metadata(view, place, release, &profiles));
    own.object("unmapped", unmapped(view, place, class, &leaf_hash));
    let observables = observables::of(&own.0);
    own.list("observables", observables);
    if release == Release::V19 {
        integrity::attest(&mut own.0, place);
    }
    own.0
}

/// Class, activity and type, as numbers and in words.
fn classified(own: &mut Object, class: &Class, activity: u32, caption: &str) {
    let (category, category_name) = class.category();
    own.set("category_uid", category).set("category_name", category_name);
    own.set("class_uid", class.uid).set("class_name", class.name);
    own.set("activity_id", activity).set("activity_name", caption);
    own.set("type_uid", class.uid * 100 + activity).set("type_name", format!("{}: {caption}", class.name));
}

/// What came of it.
fn outcome(own: &mut Object, view: &View<'_>, profiles: &mut Vec<&str>) {
    let (status_id, status) = match view.outcome {
        Outcome::Success => (1, "Success"),
        Outcome::Failure | Outcome::Denied => (2, "Failure"),
        Outcome::Unknown => (0, "Unknown"),
    };
    own.set("status_id", status_id).set("status", status);
    own.set("status_code", view.outcome.as_str()).text("status_detail", view.reason);
    if view.outcome == Outcome::Denied {
        own.set("action_id", 2)
            .set("action", "Denied")
            .set("disposition_id", 2)
            .set("disposition", "Blocked");
        profiles.push("security_control");
    }
    let (severity_id, severity) = severity::ocsf(view.outcome);
    own.set("severity_id", severity_id).set("severity", severity);
}

/// Who did it, from where.
fn origin(own: &mut Object, view: &View<'_>, class: &Class) {
    let mut actor = parts::actor(view);
    if actor.is_empty() {
        actor.set("app_name", parts::UNKNOWN);
    }
    own.object("actor", actor);
    if !class.has_request {
        return;
    }
    let mut endpoint = parts::endpoint(view);
    if endpoint.is_empty() && class.needs_endpoint {
        endpoint.set("name", parts::UNKNOWN);
    }
    own.object("src_endpoint", endpoint);
    own.object("http_request", parts::request(view));
}

fn metadata(view: &View<'_>, place: &Place<'_>, release: Release, profiles: &[&str]) -> Object {
    let mut product = Object::default();
    product.text("name", Some(place.product)).text("vendor_name", Some(place.product));
    product.text("version", Some(place.version));
    if place.product.is_empty() {
        product.set("name", parts::UNKNOWN);
    }
    let mut metadata = Object::default();
    metadata.set("version", release.number()).object("product", product);
    metadata.text("uid", Some(place.event_id)).set("sequence", place.seq);
    metadata.text("log_name", Some(place.log)).text("log_provider", Some(place.product));
    metadata.text("tenant_uid", Some(place.org)).set("event_code", view.action);
    metadata.set("logged_time", place.received_ms).text("original_time", view.occurred_at);
    metadata.text("correlation_uid", view.request_id);
    metadata.list("profiles", profiles.iter().map(|&profile| profile.into()).collect());
    metadata
}

/// What OCSF has no place for, under the names that it has in the event.
fn unmapped(view: &View<'_>, place: &Place<'_>, class: &Class, leaf_hash: &str) -> Object {
    let mut unmapped = Object::default();
    for (name, value) in view.others() {
        unmapped.value(name, Some(value));
    }
    for name in ["targets", "changes", "metadata", "version", "source", "idempotency_key"] {
        unmapped.value(name, view.event.get(name));
    }
    // Of another type than an event has them: kept, because they may say something all the same.
    for name in ["action", "outcome", "reason", "occurred_at"] {
        unmapped.value(name, view.event.get(name).filter(|value| !value.is_string()));
    }
    for name in ["actor", "context"] {
        unmapped.value(name, view.event.get(name).filter(|value| !value.is_object()));
    }
    // An actor is mapped as far as it can be; what else it has, is here.
    let actor = view.event.get("actor");
    let mut of_actor = Object::default();
    of_actor.value("metadata", actor.and_then(|actor| actor.get("metadata")));
    of_actor.value("on_behalf_of", actor.and_then(|actor| actor.get("on_behalf_of")));
    of_actor.text("type", view.actor.as_ref().map(|actor| actor.kind));
    of_actor.text(
        "email",
        view.actor.as_ref().and_then(|actor| actor.email.filter(|text| !parts::is_email(text))),
    );
    unmapped.object("actor", of_actor);
    let mut context = Object::default();
    context.text("origin", view.origin).text("trace_id", view.trace_id);
    if !class.has_request || view.ip.is_none() {
        context.text("country", view.country);
    }
    if !class.has_request {
        context.text("ip", view.ip).text("user_agent", view.user_agent);
    }
    unmapped.object("context", context);
    unmapped.text("org_name", place.org_name);
    let mut integrity = Object::default();
    integrity.set("log", place.log).set("seq", place.seq).set("leaf_hash", leaf_hash);
    unmapped.object("integrity", integrity);
    unmapped
}
