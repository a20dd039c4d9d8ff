//! The `targets` of an event.

use serde_json::{Map, Value};

use super::eval::Eval;
use super::field::Field;
use crate::error::Note;
use crate::limits::TARGETS_MAX;
use crate::rule::{Over, Rule, TargetRule};

/// Builds the targets in the order of the rules. The same type and id gives one target.
pub(super) struct Targets {
    list: Vec<Value>,
    found: usize,
}

pub(super) fn targets<'a>(eval: &mut Eval<'a>, rules: &'a [TargetRule], notes: &mut Vec<Note>) -> Vec<Value> {
    let record = eval.record();
    let mut targets = Targets { list: Vec::new(), found: 0 };
    for rule in rules {
        if !matches!(rule.over, Over::Each(_)) && !eval.holds(record, &rule.when) {
            continue;
        }
        match &rule.over {
            Over::Record => targets.add(eval, record, rule, None),
            Over::Each(path) => {
                let elements = eval.lookup(record, path).and_then(Value::as_array);
                for element in elements.into_iter().flatten() {
                    if eval.holds(element, &rule.when) {
                        targets.add(eval, element, rule, None);
                    }
                }
            }
            Over::Members(members) => {
                for (path, kind) in members {
                    if let Some(value) = eval.lookup(record, path) {
                        targets.add(eval, value, rule, Some(kind));
                    }
                }
            }
        }
    }
    if targets.found > TARGETS_MAX {
        notes.push(Note::TargetsCut { found: targets.found });
    }
    targets.list
}

impl Targets {
    fn add<'a>(
        &mut self,
        eval: &mut Eval<'a>,
        current: &'a Value,
        rule: &'a TargetRule,
        kind: Option<&'a str>,
    ) {
        if self.list.len() == TARGETS_MAX {
            self.found += usize::from(eval.peek(current, &rule.id).is_some());
            return;
        }
        let made = eval.attempt(|eval| {
            let kind = match kind {
                Some(kind) => kind.into(),
                None => eval.field(current, &rule.kind, Field::Type)?,
            };
            let mut target = Map::new();
            target.insert("type".to_owned(), kind.into_owned().into());
            target.insert("id".to_owned(), eval.field(current, &rule.id, Field::Id)?.into_owned().into());
            let twin = self.list.iter().position(|t| t["type"] == target["type"] && t["id"] == target["id"]);
            complete(eval, current, rule, &mut target, twin.map(|at| &self.list[at]));
            Some((target, twin))
        });
        match made {
            None => {}
            Some((target, Some(twin))) => {
                if let Value::Object(known) = &mut self.list[twin] {
                    known.extend(target);
                }
            }
            Some((target, None)) => {
                self.found += 1;
                self.list.push(Value::Object(target));
            }
        }
    }
}

/// Adds name and metadata; what an equal target already has is not overwritten.
fn complete<'a>(
    eval: &mut Eval<'a>,
    current: &'a Value,
    rule: &'a TargetRule,
    target: &mut Map<String, Value>,
    twin: Option<&Value>,
) {
    let lacks = |member: &str| twin.is_none_or(|twin| twin.get(member).is_none());
    if lacks("name")
        && has(&rule.name)
        && let Some(name) = eval.field(current, &rule.name, Field::Name)
    {
        target.insert("name".to_owned(), name.into_owned().into());
    }
    if lacks("metadata")
        && let Some(metadata) = eval.metadata(current, &rule.metadata)
    {
        target.insert("metadata".to_owned(), metadata);
    }
}

fn has(rule: &Rule) -> bool {
    !rule.alternatives.is_empty()
}
