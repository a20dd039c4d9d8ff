//! Elastic Common Schema 9: nested objects, as Elasticsearch and OpenSearch take them. What ECS has no field for stands
//! under `tallystick`, with one type for each field whatever the event says, so that no mapping ever conflicts: values
//! of changes are texts, and `tallystick.metadata` is meant to be mapped as `flattened`.

mod category;

use std::net::IpAddr;

use serde_json::Value;
use tallystick_event::Outcome;

use crate::json::{Object, plain};
use crate::kind::Kind;
use crate::meaning::{Act, Meaning};
use crate::place::Place;
use crate::severity;
use crate::view::{Party, View, rfc3339};

/// The version of the schema that is followed.
const ECS_VERSION: &str = "9.0.0";
/// `event.dataset`.
const DATASET: &str = "tallystick.audit";

/// The event as a document.
pub(crate) fn document(view: &View<'_>, place: &Place<'_>) -> serde_json::Map<String, Value> {
    let meaning = Meaning::of(view.action);
    let mut document = Object::default();
    document.set("@timestamp", view.occurred_text());
    document.set("message", view.sentence());
    let mut ecs = Object::default();
    ecs.set("version", ECS_VERSION);
    document.object("ecs", ecs);
    document.object("event", event(view, place, meaning));
    let mut organization = Object::default();
    organization.text("id", Some(place.org)).text("name", place.org_name);
    document.object("organization", organization);
    people(&mut document, view, meaning);
    origin(&mut document, view);
    let mut observer = Object::default();
    observer.text("vendor", Some(place.product)).text("product", Some(place.product));
    observer.text("version", Some(place.version)).set("type", "audit-log");
    document.object("observer", observer);
    document.object("related", related(view));
    let mut labels = Object::default();
    labels.text("log", Some(place.log)).text("leaf_hash", Some(&hex::encode(place.leaf_hash)));
    document.object("labels", labels);
    document.object("tallystick", own(view, place));
    document.0
}

fn event(view: &View<'_>, place: &Place<'_>, meaning: Meaning) -> Object {
    let mut event = Object::default();
    event.text("id", Some(place.event_id)).set("action", view.action).set("kind", "event");
    event
        .list("category", category::categories(meaning))
        .list("type", category::types(meaning, view.outcome));
    event.set(
        "outcome",
        match view.outcome {
            Outcome::Success => "success",
            // ECS knows no refusal; it is told apart by the type `denied`.
            Outcome::Failure | Outcome::Denied => "failure",
            Outcome::Unknown => "unknown",
        },
    );
    event.text("reason", view.reason);
    event.set("created", view.occurred_text()).set("ingested", rfc3339(place.received_ms));
    event.set("sequence", place.seq).set("hash", hex::encode(place.leaf_hash));
    event.set("dataset", DATASET).set("module", "tallystick").text("provider", Some(place.product));
    event.set("severity", severity::of_ten(view.outcome));
    event
}

/// The actor as `user`, whom it was done to as `user.target`, and for whom as `user.effective`.
fn people(document: &mut Object, view: &View<'_>, meaning: Meaning) {
    let mut user = view.actor.as_ref().map(person).unwrap_or_default();
    let with_account = |target: &&Party<'_>| Kind::of(target.kind).has_account();
    if let Some(target) = view.targets.iter().find(with_account) {
        let name = if meaning.act == Act::Switch { "effective" } else { "target" };
        user.object(name, person(target));
    }
    document.object("user", user);
    if let Some(target) = view.targets.iter().find(|target| Kind::of(target.kind) == Kind::Group) {
        let mut group = Object::default();
        group.text("id", target.id).text("name", target.name);
        document.object("group", group);
    }
    if let Some(target) = view.targets.iter().find(|target| Kind::of(target.kind) == Kind::File) {
        let mut file = Object::default();
        file.text("name", target.label());
        document.object("file", file);
    }
}

fn person(party: &Party<'_>) -> Object {
    let mut user = Object::default();
    user.text("id", party.id).text("name", party.name.or(party.email)).text("email", party.email);
    user
}

/// From where it was done, and by which request.
fn origin(document: &mut Object, view: &View<'_>) {
    let mut source = Object::default();
    if let Some(text) = view.ip {
        // `source.address` takes any text, `source.ip` only addresses.
        source.set("address", text);
        source.text("ip", text.parse::<IpAddr>().ok().map(|ip| ip.to_string()).as_deref());
    }
    let mut geo = Object::default();
    // A field for codes: other texts stay under `tallystick.context`.
    geo.text("country_iso_code", view.country.filter(|country| is_country(country)));
    source.object("geo", geo);
    document.object("source", source);
    let mut agent = Object::default();
    agent.text("original", view.user_agent);
    document.object("user_agent", agent);
    let mut request = Object::default();
    request.text("id", view.request_id);
    let mut http = Object::default();
    http.object("request", request);
    document.object("http", http);
    let mut trace = Object::default();
    trace.text("id", view.trace_id);
    document.object("trace", trace);
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// What is searched across fields.
fn related(view: &View<'_>) -> Object {
    let mut related = Object::default();
    let ip = view.ip.and_then(|text| text.parse::<IpAddr>().ok());
    related.list("ip", ip.map(|ip| ip.to_string().into()).into_iter().collect());
    let mut users: Vec<Value> = Vec::new();
    let accounts = view.targets.iter().filter(|target| Kind::of(target.kind).has_account());
    for party in view.actor.iter().chain(&view.on_behalf_of).chain(accounts) {
        for text in [party.id, party.name, party.email].into_iter().flatten() {
            if !users.iter().any(|known| known == text) {
                users.push(text.into());
            }
        }
    }
    related.list("user", users);
    related
}

/// What ECS has no field for.
fn own(view: &View<'_>, place: &Place<'_>) -> Object {
    let mut own = Object::default();
    own.set("outcome", view.outcome.as_str());
    own.object("actor", view.actor.as_ref().map(described).unwrap_or_default());
    let list = |parties: &[Party<'_>]| {
        let objects = parties.iter().map(described).filter(|object| !object.is_empty());
        objects.map(|object| Value::Object(object.0)).collect()
    };
    own.list("on_behalf_of", list(&view.on_behalf_of)).list("targets", list(&view.targets));
    own.list("changes", view.changes.iter().filter_map(change).collect());
    own.value("metadata", view.metadata.filter(|metadata| metadata.is_object()));
    let mut context = Object::default();
    context.text("origin", view.origin).text("session_id", view.session_id).text("country", view.country);
    own.object("context", context);
    if let Some(version) = view.version {
        own.set("version", version);
    }
    for name in ["source", "idempotency_key"] {
        own.text(name, view.event.get(name).and_then(Value::as_str));
    }
    let mut integrity = Object::default();
    integrity.set("log", place.log).set("seq", place.seq).set("leaf_hash", hex::encode(place.leaf_hash));
    own.object("integrity", integrity);
    own
}

fn described(party: &Party<'_>) -> Object {
    let mut object = Object::default();
    object.text("type", Some(party.kind)).text("id", party.id).text("name", party.name);
    object.text("email", party.email);
    object.value("metadata", party.metadata.filter(|metadata| metadata.is_object()));
    object
}

/// A change with its values as texts, since each may have another type.
fn change(change: &Value) -> Option<Value> {
    let mut object = Object::default();
    for name in ["path", "op"] {
        object.text(name, change.get(name).and_then(Value::as_str));
    }
    for name in ["old", "new"] {
        if let Some(value) = change.get(name) {
            object.set(name, if value.is_null() { "null".to_owned() } else { plain(value) });
        }
    }
    (!object.is_empty()).then_some(Value::Object(object.0))
}
