//! The objects of OCSF that every class is made of. Fields that the schema checks with a regular expression are set
//! only if they pass.

use std::net::IpAddr;

use serde_json::Value;

use super::Release;
use crate::json::Object;
use crate::kind::Kind;
use crate::view::{Party, View};

/// What stands where the schema demands a name and the event has none.
pub(super) const UNKNOWN: &str = "unknown";

/// An address as the schema has them; zones and prefixes are no addresses.
pub(super) fn ip(text: &str) -> Option<String> {
    text.parse::<IpAddr>().ok().map(|ip| ip.to_string())
}

/// Whether a text passes the schema's `email_t`.
pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let Some((host, rest)) = domain.split_once('.') else { return false };
    let is_local = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+,-./=?^_`{|}~".contains(&b);
    let is_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    !local.is_empty()
        && local.bytes().all(is_local)
        && !host.is_empty()
        && host.bytes().all(is_host)
        && !rest.is_empty()
        && rest.bytes().all(|b| is_host(b) || b == b'.')
}

/// Somebody with an account; empty if nothing is known that the schema takes for an identity.
pub(super) fn user(party: &Party<'_>) -> Object {
    let mut user = Object::default();
    if party.label().is_none() {
        return user;
    }
    user.text("uid", party.id).text("name", party.name.or(party.email));
    user.text("full_name", party.name).text("email_addr", party.email.filter(|email| is_email(email)));
    let (type_id, caption) = match Kind::of(party.kind) {
        _ if party.kind.is_empty() => (0, "Unknown"),
        Kind::Person => (1, "User"),
        Kind::Admin => (2, "Admin"),
        Kind::System => (3, "System"),
        Kind::Service | Kind::Credential => (4, "Service"),
        _ => (99, party.kind),
    };
    user.set("type_id", type_id).set("type", caption);
    if party.kind.eq_ignore_ascii_case("api_key") {
        user.text("credential_uid", party.id);
    }
    user
}

/// Who did it. Empty if the event does not say.
pub(super) fn actor(view: &View<'_>) -> Object {
    let mut actor = Object::default();
    if let Some(who) = &view.actor {
        match Kind::of(who.kind) {
            // A program is no user; for whom it acted, may be one.
            Kind::System | Kind::Agent => {
                actor.text("app_uid", who.id).text("app_name", who.name.or(who.id).or(who.email));
                if let Some(first) = view.on_behalf_of.first() {
                    actor.object("user", user(first));
                }
            }
            _ => {
                actor.object("user", user(who));
            }
        }
    }
    let mut session = Object::default();
    session.text("uid", view.session_id);
    actor.object("session", session);
    actor
}

/// The AI agent that did it.
pub(super) fn ai_agent(view: &View<'_>) -> Object {
    let mut agent = Object::default();
    if let Some(who) = view.actor.as_ref().filter(|who| Kind::of(who.kind) == Kind::Agent) {
        agent.text("uid", who.id).text("name", who.name.or(who.id));
    }
    agent
}

/// From where it was done. Empty if the event does not say.
pub(super) fn endpoint(view: &View<'_>) -> Object {
    let mut endpoint = Object::default();
    match view.ip.map(|text| (text, ip(text))) {
        Some((_, Some(ip))) => endpoint.set("ip", ip),
        Some((text, None)) => endpoint.set("name", text),
        None => return endpoint,
    };
    let mut location = Object::default();
    location.text("country", view.country);
    endpoint.object("location", location);
    endpoint
}

/// The request by which it was done.
pub(super) fn request(view: &View<'_>) -> Object {
    let mut request = Object::default();
    request.text("user_agent", view.user_agent).text("uid", view.request_id);
    request
}

/// A group.
pub(super) fn group(party: &Party<'_>) -> Object {
    let mut group = named(party);
    if !group.is_empty() {
        group.text("type", Some(party.kind));
    }
    group
}

/// `uid` and `name`.
pub(super) fn named(party: &Party<'_>) -> Object {
    let mut object = Object::default();
    object.text("uid", party.id).text("name", party.name.or(party.email).or(party.id));
    object
}

/// A target that has no object of its own, in `resources` or `web_resources`.
pub(super) fn resource(party: &Party<'_>) -> Object {
    let mut resource = named(party);
    if !resource.is_empty() {
        resource.text("type", Some(party.kind));
        resource.value("data", party.metadata);
    }
    resource
}

/// A target as an entity that is managed.
pub(super) fn entity(party: &Party<'_>) -> Object {
    let mut entity = named(party);
    if entity.is_empty() {
        return entity;
    }
    let kind = Kind::of(party.kind);
    let (type_id, caption) = match kind {
        _ if party.kind.is_empty() => (0, "Unknown"),
        Kind::Device => (1, "Device"),
        Kind::Person | Kind::Admin | Kind::Service => (2, "User"),
        Kind::Group => (3, "Group"),
        Kind::Organization => (4, "Organization"),
        Kind::Policy | Kind::Role => (5, "Policy"),
        _ => (99, party.kind),
    };
    entity.set("type_id", type_id).set("type", caption);
    match kind {
        Kind::Person | Kind::Admin | Kind::Service => entity.object("user", user(party)),
        Kind::Group => entity.object("group", group(party)),
        Kind::Organization => entity.object("org", named(party)),
        Kind::Policy | Kind::Role => entity.object("policy", policy(party)),
        _ => &mut entity,
    };
    entity.value("data", party.metadata);
    entity
}

/// A role or policy, before roles had an object of their own.
fn policy(party: &Party<'_>) -> Object {
    let mut policy = named(party);
    policy.text("type", Some(party.kind));
    policy
}

/// A key or token.
pub(super) fn credential(party: &Party<'_>) -> Option<Value> {
    let mut credential = Object::default();
    credential.text("uid", Some(party.id?)).text("type", Some(party.kind));
    Some(Value::Object(credential.0))
}

/// The hash by which the event stands in its log. It is no hash of a text that OCSF has, and its name says so.
pub(super) fn leaf_hash(digits: &str, release: Release) -> Object {
    let mut fingerprint = Object::default();
    fingerprint.set("algorithm_id", 99).set("algorithm", "RFC 6962 leaf hash, SHA-256").set("value", digits);
    if release == Release::V19 {
        fingerprint.set("encoding_id", 1).set("encoding", "Hex");
    }
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_the_schema() {
        for good in ["a@x.org", "first.last+tag@mail-1.example.co.uk", "o'hara@x.y"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@x", "@x.org", "a@.org", "a@x.", "a b@x.org", "a@x@y.org", "ä@x.org", "a@x_y.org"]
        {
            assert!(!is_email(bad), "{bad}");
        }
        assert_eq!(ip("2001:DB8::1").as_deref(), Some("2001:db8::1"));
        assert_eq!((ip("10.0.0.0/8"), ip("fe80::1%eth0"), ip("localhost")), (None, None, None));
    }
}
