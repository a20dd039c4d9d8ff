//! One event taken apart for matching, once, however many filters look at it.

use std::net::IpAddr;
use std::sync::OnceLock;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tallystick_event::crud::Crud;
use tallystick_event::terms::{self, Has, Opaque};
use tallystick_event::text::{fold, word_list};
use tallystick_event::{EventId, Outcome};

use crate::lower::{KeyField, PathField, path_key};

/// An event ready to be matched. Made from the JSON that the API returns; members that are absent (erased units, a
/// sender's omissions) are simply not there.
#[derive(Debug, Default)]
pub struct EventFacts {
    pub(super) id: Option<EventId>,
    pub(super) seq: Option<u64>,
    pub(super) action: Option<String>,
    pub(super) crud: Option<Crud>,
    pub(super) outcome: Option<Outcome>,
    pub(super) occurred_us: Option<i64>,
    pub(super) received_us: Option<i64>,
    pub(super) ip: Option<[u8; 16]>,
    ip_text: Option<String>,
    pub(super) has: [bool; Has::ALL.len()],
    pub(super) opaque: Vec<(Opaque, String)>,
    pub(super) keys: Vec<Key>,
    pub(super) targets: Vec<Target>,
    pub(super) paths: Vec<PathValue>,
    pub(super) changed: Vec<ChangedPath>,
    texts: OnceLock<Vec<Vec<String>>>,
}

/// One target.
#[derive(Debug, Default)]
pub(super) struct Target {
    pub(super) keys: Vec<Key>,
    pub(super) paths: Vec<PathValue>,
}

/// A string value of a field.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) field: KeyField,
    pub(super) exact: String,
    folded: Option<String>,
}

impl Key {
    /// The form in which the field is compared.
    pub(super) fn compared(&self) -> &str {
        self.folded.as_ref().unwrap_or(&self.exact)
    }
}

/// A scalar at a path.
#[derive(Debug)]
pub(super) struct PathValue {
    pub(super) field: PathField,
    /// Dotted and folded, as the dictionary spells it.
    pub(super) path: String,
    pub(super) scalar: Scalar,
}

#[derive(Debug)]
pub(super) enum Scalar {
    Bool(bool),
    Number(f64),
    Text { exact: String, folded: String },
}

/// The path of a change, dotted.
#[derive(Debug)]
pub(super) struct ChangedPath {
    pub(super) exact: String,
    pub(super) folded: String,
}

impl EventFacts {
    /// Takes an event apart. Members of a wrong type are ignored: the server has checked them before.
    pub fn from_json(event: &Value) -> Self {
        let mut facts = Self::default();
        facts.read_event(event);
        if let Some(actor) = event.get("actor") {
            facts.read_actor(actor);
        }
        if let Some(context) = event.get("context") {
            facts.read_context(context);
        }
        facts.targets = members(event, "targets").iter().map(read_target).collect();
        facts.has[Has::Target as usize] = !facts.targets.is_empty();
        let changes = members(event, "changes");
        facts.has[Has::Diff as usize] = !changes.is_empty();
        for change in changes {
            facts.read_change(change);
        }
        if let Some(metadata) = event.get("metadata") {
            collect(&mut facts.paths, PathField::Metadata, "", metadata);
        }
        facts
    }

    /// The words of every value that free text searches.
    pub(super) fn texts(&self) -> &[Vec<String>] {
        self.texts.get_or_init(|| {
            let keys = self.keys.iter().chain(self.targets.iter().flat_map(|target| &target.keys));
            let keys = keys.filter(|key| key.field.term_field().is_some_and(terms::Field::is_text));
            let paths = self.paths.iter().chain(self.targets.iter().flat_map(|target| &target.paths));
            let strings = paths.filter_map(|value| match &value.scalar {
                Scalar::Text { exact, .. } => Some(exact.as_str()),
                _ => None,
            });
            let texts = keys.map(|key| key.exact.as_str()).chain(strings);
            texts.chain(self.action.as_deref()).chain(self.ip_text.as_deref()).map(word_list).collect()
        })
    }

    fn read_event(&mut self, event: &Value) {
        let text = |name| event.get(name).and_then(Value::as_str);
        self.id = text("id").and_then(|id| id.parse().ok());
        self.seq = event.get("seq").and_then(Value::as_u64);
        self.outcome = text("outcome").and_then(|outcome| outcome.parse().ok());
        self.occurred_us = text("occurred_at").and_then(microseconds);
        self.received_us = text("received_at").and_then(microseconds);
        self.has[Has::Reason as usize] = text("reason").is_some();
        push_keys(
            &mut self.keys,
            event,
            &[(KeyField::Org, "org"), (KeyField::Reason, "reason"), (KeyField::Source, "source")],
        );
        if let Some(key) = text("idempotency_key") {
            self.opaque.push((Opaque::IdempotencyKey, key.to_owned()));
        }
        if let Some(action) = text("action") {
            let version = event.get("version").and_then(Value::as_u64).unwrap_or(1);
            push_key(&mut self.keys, KeyField::Schema, &format!("{action}@{version}"));
            self.crud = Crud::of_action(action);
            self.action = Some(action.to_owned());
        }
    }

    fn read_actor(&mut self, actor: &Value) {
        let fields = [
            (KeyField::ActorId, "id"),
            (KeyField::ActorName, "name"),
            (KeyField::ActorEmail, "email"),
            (KeyField::ActorType, "type"),
        ];
        push_keys(&mut self.keys, actor, &fields);
        for principal in members(actor, "on_behalf_of") {
            push_keys(&mut self.keys, principal, &[(KeyField::ActorOnBehalfOf, "id")]);
        }
        if let Some(metadata) = actor.get("metadata") {
            collect(&mut self.paths, PathField::ActorMetadata, "", metadata);
        }
    }

    fn read_context(&mut self, context: &Value) {
        let fields =
            [(KeyField::Ua, "user_agent"), (KeyField::Country, "country"), (KeyField::Origin, "origin")];
        push_keys(&mut self.keys, context, &fields);
        let text = |name| context.get(name).and_then(Value::as_str);
        let ids =
            [(Opaque::Request, "request_id"), (Opaque::Session, "session_id"), (Opaque::Trace, "trace_id")];
        for (kind, name) in ids {
            self.opaque.extend(text(name).map(|id| (kind, id.to_owned())));
            self.has[Has::Correlation as usize] |= text(name).is_some();
        }
        if let Some(ip) = text("ip").and_then(|ip| ip.parse::<IpAddr>().ok()) {
            self.ip = Some(crate::addr::bytes(ip));
            self.ip_text = Some(ip.to_canonical().to_string());
            self.has[Has::Ip as usize] = true;
        }
    }

    fn read_change(&mut self, change: &Value) {
        let Some(pointer) = change.get("path").and_then(Value::as_str) else { return };
        let exact = dotted(pointer);
        let path = path_key(&exact);
        for (field, name) in [(PathField::ChangesBefore, "old"), (PathField::ChangesAfter, "new")] {
            if let Some(value) = change.get(name) {
                collect(&mut self.paths, field, &path, value);
            }
        }
        self.changed.push(ChangedPath { folded: fold(&exact).into_owned(), exact });
    }
}

fn read_target(target: &Value) -> Target {
    let mut facts = Target::default();
    let fields = [(KeyField::TargetId, "id"), (KeyField::TargetName, "name"), (KeyField::TargetType, "type")];
    push_keys(&mut facts.keys, target, &fields);
    if let Some(metadata) = target.get("metadata") {
        collect(&mut facts.paths, PathField::TargetMetadata, "", metadata);
    }
    facts
}

fn members<'a>(object: &'a Value, name: &str) -> &'a [Value] {
    object.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn push_keys(keys: &mut Vec<Key>, object: &Value, fields: &[(KeyField, &str)]) {
    for (field, name) in fields {
        if let Some(text) = object.get(name).and_then(Value::as_str) {
            push_key(keys, *field, text);
        }
    }
}

fn push_key(keys: &mut Vec<Key>, field: KeyField, text: &str) {
    let folded = field.is_folded().then(|| fold(text).into_owned());
    keys.push(Key { field, exact: text.to_owned(), folded });
}

/// Microseconds since 1970, finer digits cut off.
fn microseconds(text: &str) -> Option<i64> {
    let time: Timestamp = text.parse().ok()?;
    Some(time.as_nanosecond().div_euclid(1_000) as i64)
}

/// A JSON pointer with dots; a path that is no pointer stays as it is.
fn dotted(path: &str) -> String {
    let Some(pointer) = path.strip_prefix('/') else { return path.to_owned() };
    let segments = pointer.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~"));
    segments.collect::<Vec<_>>().join(".")
}

/// Every scalar of `value`, with the dotted path to it; arrays add nothing to the path, null is no value.
fn collect(out: &mut Vec<PathValue>, field: PathField, path: &str, value: &Value) {
    let scalar = match value {
        Value::Null => return,
        Value::Object(object) => return collect_members(out, field, path, object),
        Value::Array(list) => return list.iter().for_each(|value| collect(out, field, path, value)),
        Value::Bool(value) => Scalar::Bool(*value),
        Value::Number(number) => match number.as_f64() {
            Some(number) => Scalar::Number(number),
            None => return,
        },
        Value::String(text) => Scalar::Text { exact: text.clone(), folded: fold(text).into_owned() },
    };
    out.push(PathValue { field, path: path.to_owned(), scalar });
}

fn collect_members(out: &mut Vec<PathValue>, field: PathField, path: &str, object: &Map<String, Value>) {
    for (name, value) in object {
        let name = path_key(name);
        let path = if path.is_empty() { name } else { format!("{path}.{name}") };
        collect(out, field, &path, value);
    }
}
