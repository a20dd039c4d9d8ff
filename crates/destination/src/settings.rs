//! What a destination is told: fields with types that forms, checks and documents are made of, and values for them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::limits::SETTING_BYTES_MAX;

/// What a field takes. All values are JSON strings but those of switches and numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A line of text.
    Text,
    /// A URL, https unless the operator allows private destinations.
    Url,
    /// A secret: written, never read back; may have several lines.
    Secret,
    /// Several lines of text, such as certificates in PEM.
    Lines,
    /// One of these.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Switch,
    /// A whole number within bounds, inclusive.
    Number(u64, u64),
    /// Names and values, such as headers: an object of strings. Its values are secret.
    SecretMap,
}

impl FieldKind {
    /// Whether values are sealed in the catalog and never shown.
    pub fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::SecretMap)
    }
}

/// Something that a destination has to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name in the settings.
    pub name: &'static str,
    /// For people.
    pub title: &'static str,
    /// What it is for and where to find it, in a sentence or two.
    pub help: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// Whether it has to be given.
    pub is_required: bool,
    /// What holds if it is not given, as text; empty: nothing.
    pub default: &'static str,
    /// An example, shown in the empty field.
    pub example: &'static str,
}

/// Why settings are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct BadSettings {
    /// The field.
    pub field: String,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

impl BadSettings {
    /// For one field.
    pub fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}

/// Values for the fields of a kind, with secrets. Debug shows none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    values: Map<String, Value>,
    fields: &'static [Field],
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl Settings {
    /// Checks values against the fields of a kind. Fields that are null count as not given.
    ///
    /// # Errors
    /// The first field that is unknown, missing, or not what it takes.
    pub fn new(fields: &'static [Field], mut values: Map<String, Value>) -> Result<Self, BadSettings> {
        values.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
        if let Some(name) = values.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
            let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
            return Err(BadSettings::new(
                name,
                format!("is none of its settings, which are {}", known.join(", ")),
            ));
        }
        for field in fields {
            match values.get(field.name) {
                Some(value) => field.check(value)?,
                None if field.is_required => return Err(BadSettings::new(field.name, "is needed")),
                None => {}
            }
        }
        Ok(Self { values, fields })
    }

    /// All values, secrets included: for the catalog, sealed.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// What may be shown: secrets are `true` where there is one.
    pub fn shown(&self) -> Map<String, Value> {
        let hidden =
            |name: &str| self.fields.iter().any(|field| field.name == name && field.kind.is_secret());
        let show = |(name, value): (&String, &Value)| {
            (name.clone(), if hidden(name) { Value::Bool(true) } else { value.clone() })
        };
        self.values.iter().map(show).collect()
    }

    /// A text; none if it is not given and has no default.
    pub fn text(&self, name: &str) -> Option<&str> {
        let given = self.values.get(name).and_then(Value::as_str);
        given.or_else(|| self.default(name)).filter(|text| !text.is_empty())
    }

    /// A text that is required, or has a default.
    pub fn required(&self, name: &str) -> Result<&str, BadSettings> {
        self.text(name).ok_or_else(|| BadSettings::new(name, "is needed"))
    }

    /// A switch; false unless given or the default.
    pub fn is_on(&self, name: &str) -> bool {
        match self.values.get(name) {
            Some(value) => value.as_bool().unwrap_or(false),
            None => self.default(name) == Some("true"),
        }
    }

    /// A number; none if it is not given and has no default.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.values.get(name) {
            Some(value) => value.as_u64(),
            None => self.default(name)?.parse().ok(),
        }
    }

    /// Names and values.
    pub fn map(&self, name: &str) -> BTreeMap<String, String> {
        let pairs = self.values.get(name).and_then(Value::as_object).into_iter().flatten();
        pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// All secret texts: what must not be shown wherever it appears.
    pub fn secrets(&self) -> Vec<&str> {
        let secret = self.fields.iter().filter(|field| field.kind.is_secret());
        let values = secret.filter_map(|field| self.values.get(field.name));
        values
            .flat_map(|value| match value {
                Value::Object(map) => map.values().filter_map(Value::as_str).collect(),
                other => other.as_str().into_iter().collect::<Vec<_>>(),
            })
            .filter(|secret| !secret.is_empty())
            .collect()
    }

    fn default(&self, name: &str) -> Option<&'static str> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.default)
    }
}

impl Field {
    fn check(&self, value: &Value) -> Result<(), BadSettings> {
        let bad = |why: String| Err(BadSettings::new(self.name, why));
        match (self.kind, value) {
            (FieldKind::Switch, Value::Bool(_)) => Ok(()),
            (FieldKind::Switch, _) => bad("has to be true or false".to_owned()),
            (FieldKind::Number(min, max), Value::Number(number)) => match number.as_u64() {
                Some(number) if (min..=max).contains(&number) => Ok(()),
                _ => bad(format!("has to be a whole number from {min} to {max}")),
            },
            (FieldKind::Number(min, max), _) => bad(format!("has to be a whole number from {min} to {max}")),
            (FieldKind::SecretMap, Value::Object(map)) => {
                let good = |value: &Value| value.as_str().is_some_and(|text| text.len() <= SETTING_BYTES_MAX);
                if map.len() <= PAIRS_MAX && map.values().all(good) {
                    Ok(())
                } else {
                    bad(format!("has to be an object of at most {PAIRS_MAX} texts"))
                }
            }
            (FieldKind::SecretMap, _) => bad("has to be an object of texts".to_owned()),
            (_, Value::String(text)) => self.check_text(text),
            _ => bad("has to be a text".to_owned()),
        }
    }

    fn check_text(&self, text: &str) -> Result<(), BadSettings> {
        let bad = |why: String| Err(BadSettings::new(self.name, why));
        if text.len() > SETTING_BYTES_MAX {
            return bad(format!("has more than {SETTING_BYTES_MAX} bytes"));
        }
        let has_lines = matches!(self.kind, FieldKind::Secret | FieldKind::Lines);
        if text.chars().any(|c| c.is_control() && !(has_lines && matches!(c, '\n' | '\r' | '\t'))) {
            return bad("has control characters".to_owned());
        }
        match self.kind {
            FieldKind::Choice(choices) if !choices.contains(&text) => {
                bad(format!("has to be one of {}", choices.join(", ")))
            }
            FieldKind::Url if url::Url::parse(text).is_err() => bad("is not a URL".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Most names in a map.
const PAIRS_MAX: usize = 32;
