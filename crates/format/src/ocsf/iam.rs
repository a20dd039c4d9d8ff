//! Identity and access management: signing in, accounts, groups, roles, and what is managed without a class of its own.

use serde_json::Value;

use super::class;
use super::parts;
use super::{Record, Release};
use crate::json::Object;
use crate::kind::Kind;
use crate::meaning::{Act, Area, Meaning};
use crate::place::Place;
use crate::view::{Party, View};

/// The event in one of these classes, if it has what the class demands.
pub(super) fn record(
    view: &View<'_>,
    place: &Place<'_>,
    meaning: Meaning,
    release: Release,
) -> Option<Record> {
    let act = meaning.act;
    match (meaning.area, release) {
        (Area::Session, _) => session(view, place, act),
        (Area::User, Release::V18) => account(view, act),
        (Area::User, Release::V19) => user(view, act),
        (Area::Group, _) => group(view, act, release),
        (Area::Role, Release::V19) => role(view, act).or_else(|| entity(view, act)),
        (Area::Credential, Release::V19) => credential(view, act).or_else(|| entity(view, act)),
        (Area::Role | Area::Credential, Release::V18) | (Area::Entity, _) => entity(view, act),
        _ => None,
    }
}

/// The first target of a sort.
fn target<'v, 'a>(view: &'v View<'a>, is: impl Fn(Kind) -> bool) -> Option<&'v Party<'a>> {
    view.targets.iter().find(|target| is(Kind::of(target.kind)) && target.label().is_some())
}

/// Whose account it is about: a target, or else the actor's own.
fn subject<'v, 'a>(view: &'v View<'a>) -> Option<&'v Party<'a>> {
    target(view, Kind::has_account).or_else(|| view.actor.as_ref().filter(|actor| actor.label().is_some()))
}

/// Whose account is changed: a target with one, or of a type that only the action explains, such as an invitation.
/// Passwords and factors are one's own if there is no other target.
fn managed<'v, 'a>(view: &'v View<'a>, act: Act) -> Option<&'v Party<'a>> {
    let found = target(view, Kind::has_account);
    if matches!(act, Act::PasswordChange | Act::PasswordReset | Act::FactorOn | Act::FactorOff) {
        return found.or_else(|| subject(view));
    }
    found.or_else(|| target(view, |kind| kind == Kind::Other))
}

fn session(view: &View<'_>, place: &Place<'_>, act: Act) -> Option<Record> {
    let user = if act == Act::Switch { target(view, Kind::has_account)? } else { subject(view)? };
    let mut own = Object::default();
    own.object("user", parts::user(user));
    // The service that was signed in to is the one whose log this is.
    let mut service = Object::default();
    service.set("name", place.org_name.unwrap_or(place.org)).text("uid", Some(place.org));
    own.object("service", service);
    let mut session = Object::default();
    session.text("uid", view.session_id);
    own.object("session", session);
    Record::of(&class::AUTHENTICATION, act, own)
}

/// 1.8: changes of an account, privileges, and the rest as an entity.
fn account(view: &View<'_>, act: Act) -> Option<Record> {
    let who = managed(view, act)?;
    let mut own = Object::default();
    own.object("user", parts::user(who));
    if class::USER_ACCESS.activity(act).is_some() {
        let privileges = privileges(view);
        if privileges.is_empty() {
            return entity_of(who, Act::Update);
        }
        own.list("privileges", privileges);
        own.list("resources", others(view, who));
        return Record::of(&class::USER_ACCESS, act, own);
    }
    Record::of(&class::ACCOUNT_CHANGE, act, own).or_else(|| entity_of(who, act))
}

/// 1.9: all of an account in one class.
fn user(view: &View<'_>, act: Act) -> Option<Record> {
    let who = managed(view, act)?;
    let mut own = Object::default();
    own.object("user", parts::user(who));
    if matches!(act, Act::RoleAssign | Act::RoleRevoke) {
        let roles = view.targets.iter().filter(|target| Kind::of(target.kind) == Kind::Role);
        own.list("iam_roles", values(roles.map(parts::named)));
    }
    if matches!(act, Act::PrivilegeAssign | Act::PrivilegeRevoke) {
        own.list("privileges", privileges(view));
    }
    own.list("resources", others(view, who));
    Record::of(&class::USER, act, own)
}

/// 1.9: a key or token of somebody.
fn credential(view: &View<'_>, act: Act) -> Option<Record> {
    let activity = match act {
        Act::Create => class::ADD_CREDENTIAL,
        Act::Delete | Act::Remove => class::REMOVE_CREDENTIAL,
        _ => return None,
    };
    let who = subject(view)?;
    let mut user = parts::user(who);
    let is_key = |target: &&Party<'_>| Kind::of(target.kind) == Kind::Credential;
    let keys = view.targets.iter().filter(is_key).filter_map(parts::credential);
    user.list("programmatic_credentials", keys.collect());
    let mut own = Object::default();
    own.object("user", user);
    own.list("resources", others(view, who));
    Some(Record { class: &class::USER, activity: activity.0, caption: activity.1.to_owned(), own })
}

fn group(view: &View<'_>, act: Act, release: Release) -> Option<Record> {
    let group = target(view, |kind| kind == Kind::Group)?;
    let updates = class::GROUP.activity(act).is_none_or(|(_, caption)| caption == "Update");
    if release == Release::V18 && updates {
        return entity_of(group, act);
    }
    let mut own = Object::default();
    own.object("group", parts::group(group));
    if let Some(member) = target(view, Kind::has_account) {
        match release {
            Release::V18 => own.object("user", parts::user(member)),
            Release::V19 => own.list("users", values([parts::user(member)].into_iter())),
        };
    }
    Record::of(&class::GROUP, act, own)
}

fn role(view: &View<'_>, act: Act) -> Option<Record> {
    let role = target(view, |kind| kind == Kind::Role)?;
    let mut own = Object::default();
    own.object("iam_role", parts::named(role));
    own.list("resources", others(view, role));
    Record::of(&class::ROLE, act, own)
}

fn entity(view: &View<'_>, act: Act) -> Option<Record> {
    entity_of(view.targets.iter().find(|target| target.label().is_some())?, act)
}

fn entity_of(party: &Party<'_>, act: Act) -> Option<Record> {
    let mut own = Object::default();
    own.object("entity", parts::entity(party));
    Record::of(&class::ENTITY, act, own)
}

/// The names of roles and permissions that an event is about.
fn privileges(view: &View<'_>) -> Vec<Value> {
    let of_targets =
        view.targets.iter().filter(|target| matches!(Kind::of(target.kind), Kind::Role | Kind::Policy));
    let mut names: Vec<Value> = of_targets.filter_map(Party::label).map(Value::from).collect();
    if names.is_empty() {
        let said =
            ["role", "permission", "privilege"].into_iter().filter_map(|name| view.metadata?.get(name));
        names = said.filter(|value| value.as_str().is_some_and(|text| !text.is_empty())).cloned().collect();
    }
    names
}

/// The targets beside the one that has an object of its own.
fn others(view: &View<'_>, taken: &Party<'_>) -> Vec<Value> {
    let is_other = |target: &&Party<'_>| target.id != taken.id || target.kind != taken.kind;
    values(view.targets.iter().filter(is_other).map(parts::resource))
}

/// Objects as a list, without empty ones.
pub(super) fn values(objects: impl Iterator<Item = Object>) -> Vec<Value> {
    objects.filter(|object| !object.is_empty()).map(|object| Value::Object(object.0)).collect()
}
