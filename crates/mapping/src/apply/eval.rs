//! Evaluates rules on one record, and remembers which values of the record were placed.
//!
//! A value counts as placed when its whole text can be read in the event: equal or contained, letter case
//! and separators aside. A value that was only looked up (`CHALLENGE` giving `unknown`) or cut is not
//! placed, and so stays in `metadata` as well. That one rule is what keeps imports without loss.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::field::Field;
use super::json;
use crate::glob;
use crate::path::{Path, Root};
use crate::rule::{Alternative, Condition, Form, Piece, Rule, Source, Test};
use crate::step::{Step, join, scalar_text, snake};

/// The state of mapping one record.
pub(super) struct Eval<'a> {
    record: &'a Value,
    aliases: Vec<Option<&'a Value>>,
    /// Addresses of the values that were placed.
    placed: Vec<usize>,
    /// Values that went into the text at hand, whole.
    pending: Vec<&'a Value>,
}

fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

impl<'a> Eval<'a> {
    pub(super) fn new(record: &'a Value, aliases: &'a [Rule]) -> Eval<'a> {
        let mut eval = Eval {
            record,
            aliases: Vec::with_capacity(aliases.len()),
            placed: Vec::new(),
            pending: Vec::new(),
        };
        for alias in aliases {
            let found = alias.alternatives.iter().find_map(|alternative| match &alternative.source {
                Source::Paths(paths) => eval.first(record, paths),
                _ => None,
            });
            eval.aliases.push(found);
        }
        eval
    }

    pub(super) fn record(&self) -> &'a Value {
        self.record
    }

    /// What is at `path`, whatever it is.
    pub(super) fn lookup(&self, current: &'a Value, path: &Path) -> Option<&'a Value> {
        let start = match path.root {
            Root::Current => current,
            Root::Record => self.record,
            Root::Alias(number) => (*self.aliases.get(number)?)?,
        };
        path.follow(start)
    }

    /// The first of the paths with something there: not null, not an empty text.
    fn first(&self, current: &'a Value, paths: &[Path]) -> Option<&'a Value> {
        paths.iter().find_map(|path| self.lookup(current, path).filter(|value| is_there(value)))
    }

    /// The value of a field, checked and cut to what the field takes; its source is marked as placed.
    pub(super) fn field(&mut self, current: &'a Value, rule: &'a Rule, field: Field) -> Option<Cow<'a, str>> {
        for alternative in &rule.alternatives {
            self.pending.clear();
            let text = self.alternative(current, alternative).and_then(|text| field.finish(text));
            if let Some(text) = text {
                if !alternative.keep {
                    self.place_pending(&text, field);
                }
                return Some(text);
            }
        }
        None
    }

    /// A field's value without marking anything: for what is only compared, not stored.
    pub(super) fn peek(&mut self, current: &'a Value, rule: &'a Rule) -> Option<Cow<'a, str>> {
        self.pending.clear();
        self.text(current, rule)
    }

    /// A value for `metadata`: any JSON where it is copied as it is, else text.
    pub(super) fn value(&mut self, current: &'a Value, rule: &'a Rule) -> Option<Value> {
        for alternative in &rule.alternatives {
            if let (Source::Paths(paths), []) = (&alternative.source, alternative.steps.as_slice()) {
                if self.holds(current, &alternative.when)
                    && let Some(value) = self.first(current, paths)
                {
                    if !alternative.keep {
                        self.place(value);
                    }
                    return Some(json::copy(value, 2));
                }
                continue;
            }
            self.pending.clear();
            if let Some(text) = self.alternative(current, alternative) {
                if !alternative.keep {
                    self.place_pending(&text, Field::Name);
                }
                return Some(Value::String(text.into_owned()));
            }
        }
        None
    }

    /// Named values for the `metadata` of an actor or target; `None` when there are none.
    pub(super) fn metadata(&mut self, current: &'a Value, rules: &'a [(String, Rule)]) -> Option<Value> {
        let mut members = Map::new();
        for (name, rule) in rules {
            if let Some(value) = self.value(current, rule) {
                members.insert(name.clone(), value);
            }
        }
        (!members.is_empty()).then_some(Value::Object(members))
    }

    /// Marks a value as placed, with everything in it.
    pub(super) fn place(&mut self, value: &Value) {
        self.placed.push(address(value));
    }

    /// Runs `make` and forgets what it placed when it gives nothing.
    pub(super) fn attempt<T>(&mut self, make: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.placed.len();
        let made = make(self);
        if made.is_none() {
            self.placed.truncate(before);
        }
        made
    }

    /// The record without what was placed; `None` when nothing is left.
    pub(super) fn rest(mut self) -> Option<Value> {
        self.placed.sort_unstable();
        json::copy_without(self.record, &|value| self.placed.binary_search(&address(value)).is_ok())
    }

    pub(super) fn holds(&self, current: &'a Value, conditions: &[Condition]) -> bool {
        conditions.iter().all(|condition| {
            let value = self.lookup(current, &condition.path).filter(|value| is_there(value));
            value.is_some_and(|value| test(&condition.test, value)) != condition.negate
        })
    }

    fn text(&mut self, current: &'a Value, rule: &'a Rule) -> Option<Cow<'a, str>> {
        rule.alternatives.iter().find_map(|alternative| self.alternative(current, alternative))
    }

    /// The text of one alternative; adds to `pending` what it holds whole.
    fn alternative(&mut self, current: &'a Value, alternative: &'a Alternative) -> Option<Cow<'a, str>> {
        if !self.holds(current, &alternative.when) {
            return None;
        }
        let before = self.pending.len();
        let text = match &alternative.source {
            Source::Const(text) => Some(Cow::Borrowed(text.as_str())),
            Source::Paths(paths) => self.first(current, paths).and_then(|value| {
                self.pending.push(value);
                match alternative.steps.first() {
                    Some(Step::Join(separator)) => join(value, separator).map(Cow::Owned),
                    _ => scalar_text(value),
                }
            }),
            Source::Template(pieces) => self.template(current, pieces),
        };
        let text = alternative.steps.iter().try_fold(text?, |text, step| step.run(text));
        match &text {
            None => self.pending.truncate(before),
            Some(_) if alternative.steps.is_empty() => {}
            Some(text) => self.forget_changed(before, text, &alternative.steps),
        }
        text
    }

    fn template(&mut self, current: &'a Value, pieces: &'a [Piece]) -> Option<Cow<'a, str>> {
        let before = self.pending.len();
        let mut out = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(rule) => {
                    let Some(text) = self.text(current, rule) else {
                        self.pending.truncate(before);
                        return None;
                    };
                    out.push_str(&text);
                }
            }
        }
        Some(Cow::Owned(out))
    }

    /// Takes out of `pending` what the steps did not keep whole. After a lookup only the same text counts:
    /// that `success` contains the code `s` is chance.
    fn forget_changed(&mut self, before: usize, text: &str, steps: &[Step]) {
        let looked_up =
            steps.iter().any(|step| matches!(step, Step::Map(_) | Step::Glob(_) | Step::Ranges(_)));
        let timed = steps.iter().any(|step| matches!(step, Step::Time));
        let mut at = before;
        while let Some(value) = self.pending.get(at) {
            let same = || scalar_text(value).is_some_and(|raw| raw == text || snake(&raw) == snake(text));
            if timed || if looked_up { same() } else { is_readable(value, text) } {
                at += 1;
            } else {
                self.pending.remove(at);
            }
        }
    }

    fn place_pending(&mut self, text: &str, field: Field) {
        for value in self.pending.drain(..) {
            let is_placed = match field {
                // A time is the same time in another spelling.
                Field::Time => true,
                // In an action `_` may stand for any character, so only the exact text counts.
                Field::Action => scalar_text(value).is_some_and(|raw| text.contains(raw.as_ref())),
                _ => is_readable(value, text),
            };
            if is_placed {
                self.placed.push(address(value));
            }
        }
    }
}

/// Whether the whole of `value` can be read in `text`.
fn is_readable(value: &Value, text: &str) -> bool {
    if let Value::Array(elements) = value {
        return elements.iter().all(|element| is_readable(element, text));
    }
    // Spelling adds or drops separators at most, so what is far longer need not be spelt out to see.
    let respelt = |raw: &str| raw.len() <= 2 * text.len() && snake(text).contains(&snake(raw));
    scalar_text(value).is_some_and(|raw| text.contains(raw.as_ref()) || respelt(&raw))
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn test(test: &Test, value: &Value) -> bool {
    let text = || scalar_text(value);
    match test {
        Test::Present => true,
        Test::In(texts) => text().is_some_and(|text| texts.iter().any(|one| *one == text)),
        Test::Like(patterns) => {
            text().is_some_and(|text| patterns.iter().any(|pattern| glob::matches(pattern, &text)))
        }
        Test::Between(from, to) => text()
            .and_then(|text| text.parse::<f64>().ok())
            .is_some_and(|number| (*from..=*to).contains(&number)),
        Test::Is(form) => match form {
            Form::Ip => text().is_some_and(|text| Field::Ip.finish(text).is_some()),
            Form::Email => text().is_some_and(|text| Field::Email.finish(text).is_some()),
            Form::Text => value.is_string(),
            Form::Number => value.is_number(),
            Form::Object => value.is_object(),
            Form::Array => value.is_array(),
        },
    }
}
