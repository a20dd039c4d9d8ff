//! Masking of secrets before anything is stored, hashed or indexed.
//!
//! Two rules. By name: a string under a member that is named like a secret (`password`, `sessionToken`,
//! `db.client-secret`) is replaced whole. By value: what looks like a secret inside any string of metadata, changes
//! or the reason (a payment card number, a token, a private key) is replaced where it stands. Numbers and booleans
//! are never replaced: `token_count` and `password_changed` are facts, not secrets. The fact of a change is kept:
//! only its `old` and `new` are masked.

mod key;
mod pattern;
mod rules;

use std::borrow::Cow;

use crate::json::value::{Members, Value};
use crate::model::{ChangeInput, Free, Input, Object};

pub use rules::{MaskPatterns, MaskRules};

use key::KeyRules;
use pattern::Patterns;

/// What a secret is replaced by.
pub const MASKED: &str = "[masked]";

/// Compiled [`MaskRules`].
#[derive(Debug)]
pub struct Masker {
    keys: Option<KeyRules>,
    patterns: Patterns,
}

impl Masker {
    /// Compiles the rules.
    pub fn new(rules: &MaskRules) -> Masker {
        let keys = rules.enabled.then(|| KeyRules::new(&rules.extra_keys, &rules.exempt_keys));
        let patterns = if rules.enabled { Patterns::new(rules.patterns) } else { Patterns::none() };
        Masker { keys, patterns }
    }

    /// Whether a member of this name holds a secret.
    pub fn is_secret_name(&self, name: &str) -> bool {
        self.keys.as_ref().is_some_and(|keys| keys.is_secret(name))
    }

    /// What is left of a string after masking by value.
    pub fn mask_text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.patterns.mask(text).map_or(Cow::Borrowed(text), Cow::Owned)
    }

    pub(crate) fn mask(&self, input: &mut Input<'_>) {
        if self.keys.is_none() {
            return;
        }
        if let Some(actor) = &mut input.actor {
            self.object(&mut actor.metadata);
            actor.on_behalf_of.iter_mut().flatten().for_each(|p| self.object(&mut p.metadata));
        }
        input.targets.iter_mut().flatten().for_each(|t| self.object(&mut t.metadata));
        input.changes.iter_mut().flatten().for_each(|c| self.change(c));
        self.object(&mut input.metadata);
        if let Some(reason) = &mut input.reason {
            self.by_value(reason);
        }
    }

    fn object(&self, object: &mut Option<Object<'_>>) {
        if let Some(Object(members)) = object {
            self.members(members);
        }
    }

    fn change(&self, change: &mut ChangeInput<'_>) {
        let path = change.path.as_deref().unwrap_or_default();
        // An index or `-` names an element of the list before it.
        let named = path.rsplit(['/', '.']).find(|s| !s.is_empty() && *s != "-" && s.parse::<u32>().is_err());
        let is_secret = named.is_some_and(|name| self.is_secret_name(name));
        for Free(value) in [&mut change.old, &mut change.new].into_iter().flatten() {
            if is_secret { self.secret(value) } else { self.value(value) }
        }
    }

    fn members(&self, members: &mut Members<'_>) {
        for (name, value) in members {
            match value {
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
                _ if self.is_secret_name(name) => self.secret(value),
                _ => self.value(value),
            }
        }
    }

    fn value(&self, value: &mut Value<'_>) {
        match value {
            Value::String(text) => self.by_value(text),
            Value::Array(elements) => elements.iter_mut().for_each(|e| self.value(e)),
            Value::Object(members) => self.members(members),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn by_value(&self, text: &mut Cow<'_, str>) {
        if let Some(masked) = self.patterns.mask(text) {
            *text = Cow::Owned(masked);
        }
    }

    /// A value under a secret name: every string in it, except under members that only describe it.
    fn secret(&self, value: &mut Value<'_>) {
        match value {
            Value::String(text) if key::is_harmless(text) => {}
            Value::String(text) => *text = Cow::Borrowed(MASKED),
            Value::Array(elements) => elements.iter_mut().for_each(|e| self.secret(e)),
            Value::Object(members) => {
                for (name, value) in members {
                    let describes = key::is_descriptive(name) && !self.is_secret_name(name);
                    if describes { self.value(value) } else { self.secret(value) }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
