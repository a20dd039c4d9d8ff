//! The `changes` of an event, from wherever a product keeps before and after.

use serde_json::{Map, Value, json};

use super::eval::Eval;
use super::field::Field;
use super::json::copy;
use crate::error::Note;
use crate::limits::{CHANGE_PATH_BYTES_MAX, CHANGES_MAX};
use crate::path::push_escaped;
use crate::rule::{ChangeRule, ChangeSource, NamePattern, Piece};

/// Collects changes up to the limit of an event; what is over it is counted and stays in `metadata`.
struct Changes {
    list: Vec<Value>,
    found: usize,
}

pub(super) fn changes<'a>(eval: &mut Eval<'a>, rules: &'a [ChangeRule], notes: &mut Vec<Note>) -> Vec<Value> {
    let record = eval.record();
    let mut changes = Changes { list: Vec::new(), found: 0 };
    for rule in rules {
        if let ChangeSource::Places { each: Some(each), .. } = &rule.source {
            let elements = eval.lookup(record, each).and_then(Value::as_array);
            for element in elements.into_iter().flatten() {
                if eval.holds(element, &rule.when) {
                    changes.places(eval, element, &rule.source);
                }
            }
        } else if eval.holds(record, &rule.when) {
            match &rule.source {
                ChangeSource::Places { .. } => changes.places(eval, record, &rule.source),
                ChangeSource::Pairs { inside, old, new } => {
                    changes.pairs(eval, eval.lookup(record, inside), old, new);
                }
                ChangeSource::Set { inside } => changes.set(eval, eval.lookup(record, inside)),
            }
        }
    }
    if changes.found > CHANGES_MAX {
        notes.push(Note::ChangesCut { found: changes.found });
    }
    changes.list
}

impl Changes {
    /// Adds one change and marks its values as placed. Equal values are no change, and one without a path
    /// would be refused.
    fn add(
        &mut self,
        eval: &mut Eval<'_>,
        path: String,
        op: Option<&str>,
        old: Option<&Value>,
        new: Option<&Value>,
    ) {
        if old == new || path.is_empty() || path.len() > CHANGE_PATH_BYTES_MAX {
            return;
        }
        self.found += 1;
        if self.list.len() == CHANGES_MAX {
            return;
        }
        let op = op.unwrap_or(match (old, new) {
            (None, _) => "add",
            (_, None) => "remove",
            _ => "replace",
        });
        let mut change = Map::new();
        change.insert("path".to_owned(), path.into());
        change.insert("op".to_owned(), op.into());
        for (member, value) in [("old", old), ("new", new)] {
            if let Some(value) = value {
                change.insert(member.to_owned(), copy(value, 1));
                eval.place(value);
            }
        }
        self.list.push(Value::Object(change));
    }

    fn places<'a>(&mut self, eval: &mut Eval<'a>, current: &'a Value, source: &'a ChangeSource) {
        let ChangeSource::Places { path, op, old: old_path, new: new_path, diff, .. } = source else {
            return;
        };
        let find = |path: &Option<_>| path.as_ref().and_then(|path| eval.lookup(current, path));
        let (old, new) = (find(old_path), find(new_path));
        // Half of a pair does not tell whether anything changed.
        let is_pair = old_path.is_some() && new_path.is_some() && !diff;
        if is_pair && (old.is_none() || new.is_none()) {
            return;
        }
        let Some(path) = pointer(eval, current, path) else { return };
        let op = eval.peek(current, op).and_then(|op| Field::Op.finish(op));
        match (old, new) {
            (None, None) => {}
            (Some(Value::Object(_)) | None, Some(Value::Object(_)) | None) if *diff => {
                self.diff(eval, path, old.unwrap_or(&json!({})), new.unwrap_or(&json!({})));
            }
            _ => self.add(eval, path, op.as_deref(), old, new),
        }
    }

    /// One change for each leaf that differs between two objects.
    fn diff(&mut self, eval: &mut Eval<'_>, path: String, old: &Value, new: &Value) {
        let (Value::Object(before), Value::Object(after)) = (old, new) else {
            return self.add(eval, path, None, Some(old), Some(new));
        };
        for (name, old) in before {
            let path = child(&path, name);
            match after.get(name) {
                Some(new) => self.diff(eval, path, old, new),
                None => self.add(eval, path, None, Some(old), None),
            }
        }
        for (name, new) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            self.add(eval, child(&path, name), None, None, Some(new));
        }
    }

    fn pairs(&mut self, eval: &mut Eval<'_>, inside: Option<&Value>, old: &NamePattern, new: &NamePattern) {
        let Some(Value::Object(members)) = inside else { return };
        for (name, before) in members {
            let Some(captured) = old.capture(name) else { continue };
            let Some(after) = members.get(&new.fill(captured)) else { continue };
            self.add(eval, child("", captured), None, Some(before), Some(after));
        }
    }

    fn set(&mut self, eval: &mut Eval<'_>, inside: Option<&Value>) {
        let Some(Value::Object(members)) = inside else { return };
        for (name, new) in members {
            self.add(eval, child("", name), Some("replace"), None, Some(new));
        }
    }
}

fn child(path: &str, name: &str) -> String {
    let mut child = String::with_capacity(path.len() + name.len() + 1);
    child.push_str(path);
    child.push('/');
    push_escaped(&mut child, name);
    child
}

/// A path template with its values escaped as JSON pointer tokens.
fn pointer<'a>(eval: &mut Eval<'a>, current: &'a Value, pieces: &'a [Piece]) -> Option<String> {
    let mut out = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Value(rule) => push_escaped(&mut out, &eval.peek(current, rule)?),
        }
    }
    Some(out)
}
