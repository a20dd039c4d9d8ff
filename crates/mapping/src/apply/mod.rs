//! Runs a mapping on a record.

mod changes;
mod eval;
mod field;
mod json;
mod passthrough;
mod targets;

use serde_json::{Map, Value};

use crate::error::{MapError, Note};
use crate::limits::ON_BEHALF_OF_MAX;
use crate::mapping::{Kind, MappedEvent, Mapping, Rules};
use crate::rule::{ActorRule, ContextRule};
use crate::{builtin, source_id};
use eval::Eval;
use field::Field;

/// The id of an actor that the record does not name.
const UNKNOWN: &str = "unknown";

pub(crate) fn map(mapping: &Mapping, record: &Value) -> Result<MappedEvent, MapError> {
    if !record.is_object() {
        return Err(MapError::NotAnObject { path: String::new(), found: kind_of(record) });
    }
    if let Err((path, problem)) = detect(mapping, record) {
        let looks_like =
            builtin::all().iter().find(|other| other.name != mapping.name && other.detects(record));
        let product = mapping.title.clone();
        return Err(MapError::WrongProduct {
            path,
            product,
            problem,
            looks_like: looks_like.map(Mapping::name),
        });
    }
    Ok(match &mapping.kind {
        Kind::Passthrough => passthrough::map(mapping, record),
        Kind::Rules(rules) => map_fields(mapping, rules, record),
    })
}

/// Whether the record is one of this product; if not, where and what is wrong.
pub(crate) fn detect(mapping: &Mapping, record: &Value) -> Result<(), (String, String)> {
    let detect = &mapping.detect;
    if let Some(path) = detect.all.iter().find(|path| path.follow(record).is_none()) {
        return Err((path.pointer(), format!("`{path}` is missing")));
    }
    if !detect.any.is_empty() && detect.any.iter().all(|path| path.follow(record).is_none()) {
        let names: Vec<_> = detect.any.iter().map(|path| format!("`{path}`")).collect();
        return Err((detect.any[0].pointer(), format!("none of {} is there", names.join(", "))));
    }
    let eval = Eval::new(record, &[]);
    match detect.when.iter().find(|condition| !eval.holds(record, std::slice::from_ref(condition))) {
        Some(condition) => {
            Err((condition.path.pointer(), format!("`{}` is not what it should be", condition.path)))
        }
        None => Ok(()),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn map_fields(mapping: &Mapping, rules: &Rules, record: &Value) -> MappedEvent {
    let mut eval = Eval::new(record, &rules.aliases);
    let mut notes = Vec::new();
    let mut event = Map::new();
    let id = eval.peek(record, &rules.source_id.from).map(std::borrow::Cow::into_owned);
    let source_id = source_id::source_id(&mapping.name, id.as_deref(), rules.source_id.unique, record);

    let action = if let Some(action) = eval.field(record, &rules.action, Field::Action) {
        if eval.peek(record, &rules.action).as_deref() != Some(&*action) {
            notes.push(Note::ActionRewritten);
        }
        action.into_owned()
    } else {
        notes.push(Note::ActionMissing);
        format!("{}.{UNKNOWN}", mapping.name)
    };
    event.insert("action".to_owned(), action.into());
    match eval.field(record, &rules.occurred_at, Field::Time) {
        Some(time) => drop(event.insert("occurred_at".to_owned(), time.into_owned().into())),
        None => notes.push(Note::OccurredAtMissing),
    }
    for (name, rule, field) in
        [("outcome", &rules.outcome, Field::Outcome), ("reason", &rules.reason, Field::Reason)]
    {
        if let Some(text) = eval.field(record, rule, field) {
            event.insert(name.to_owned(), text.into_owned().into());
        }
    }
    let context = context(&mut eval, &rules.context);
    let actor = actor(&mut eval, rules, context.is_empty(), &mut notes);
    event.insert("actor".to_owned(), Value::Object(actor));
    if !context.is_empty() {
        event.insert("context".to_owned(), Value::Object(context));
    }
    let targets = targets::targets(&mut eval, &rules.targets, &mut notes);
    if !targets.is_empty() {
        event.insert("targets".to_owned(), Value::Array(targets));
    }
    let changes = changes::changes(&mut eval, &rules.changes, &mut notes);
    if !changes.is_empty() {
        event.insert("changes".to_owned(), Value::Array(changes));
    }
    if let Some(metadata) = metadata(eval.rest(), &notes) {
        event.insert("metadata".to_owned(), metadata);
    }
    event.insert("idempotency_key".to_owned(), source_id.clone().into());
    MappedEvent { event: Value::Object(event), source_id: Some(source_id), notes }
}

/// What was not placed, and the notes that change the meaning of the event. A member of the record is
/// never overwritten by a note.
fn metadata(rest: Option<Value>, notes: &[Note]) -> Option<Value> {
    let mut members = match rest {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    for note in notes {
        let name = match note {
            Note::OccurredAtMissing => "occurred_at_missing",
            Note::ActorMissing => "actor_missing",
            Note::ActionMissing => "action_missing",
            Note::ActionRewritten | Note::TargetsCut { .. } | Note::ChangesCut { .. } => continue,
        };
        members.entry(name).or_insert(Value::Bool(true));
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

fn context<'a>(eval: &mut Eval<'a>, rules: &'a ContextRule) -> Map<String, Value> {
    let record = eval.record();
    let fields = [
        ("ip", &rules.ip, Field::Ip),
        ("user_agent", &rules.user_agent, Field::UserAgent),
        ("origin", &rules.origin, Field::Origin),
        ("request_id", &rules.request_id, Field::Correlation),
        ("session_id", &rules.session_id, Field::Correlation),
        ("trace_id", &rules.trace_id, Field::Correlation),
        ("country", &rules.country, Field::Country),
    ];
    let mut context = Map::new();
    for (name, rule, field) in fields {
        if let Some(text) = eval.field(record, rule, field) {
            context.insert(name.to_owned(), text.into_owned().into());
        }
    }
    context
}

/// The actor. Without an id in the record it is `unknown`; without a type it is `anonymous` when the
/// record tells where the call came from, and `system` when it does not.
fn actor<'a>(
    eval: &mut Eval<'a>,
    rules: &'a Rules,
    inside: bool,
    notes: &mut Vec<Note>,
) -> Map<String, Value> {
    let record = eval.record();
    let mut actor = person(eval, record, &rules.actor).unwrap_or_default();
    if !actor.contains_key("id") {
        notes.push(Note::ActorMissing);
        actor.insert("id".to_owned(), UNKNOWN.into());
    }
    actor.entry("type").or_insert_with(|| if inside { "system".into() } else { "anonymous".into() });
    let mut others = Vec::new();
    for rule in &rules.on_behalf_of {
        if others.len() < ON_BEHALF_OF_MAX && eval.holds(record, &rule.when) {
            let other = eval.attempt(|eval| {
                let mut other = person(eval, record, rule)?;
                other.entry("type").or_insert_with(|| "user".into());
                other.contains_key("id").then_some(other)
            });
            others.extend(other.map(Value::Object));
        }
    }
    if !others.is_empty() {
        actor.insert("on_behalf_of".to_owned(), Value::Array(others));
    }
    actor
}

fn person<'a>(eval: &mut Eval<'a>, record: &'a Value, rule: &'a ActorRule) -> Option<Map<String, Value>> {
    let fields = [
        ("type", &rule.kind, Field::Type),
        ("id", &rule.id, Field::Id),
        ("name", &rule.name, Field::Name),
        ("email", &rule.email, Field::Email),
    ];
    let mut person = Map::new();
    for (name, rule, field) in fields {
        if let Some(text) = eval.field(record, rule, field) {
            person.insert(name.to_owned(), text.into_owned().into());
        }
    }
    if let Some(metadata) = eval.metadata(record, &rule.metadata) {
        person.insert("metadata".to_owned(), metadata);
    }
    (!person.is_empty()).then_some(person)
}
