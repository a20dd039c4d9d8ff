//! A TOML table with its place in the file, so that every complaint has a line and a column, and a
//! misspelt key is told its nearest neighbour.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::MappingError;

/// The text of a mapping file.
pub(super) struct File<'t> {
    pub(super) text: &'t str,
}

impl File<'_> {
    /// An error at a place.
    pub(super) fn error(&self, span: &Range<usize>, key: &str, problem: impl Into<String>) -> MappingError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        MappingError {
            line: before.matches('\n').count() + 1,
            col: before[line_start..].chars().count() + 1,
            key: key.to_owned(),
            problem: problem.into(),
            help: None,
        }
    }
}

/// A value with its dotted key and place.
#[derive(Clone)]
pub(super) struct Item<'t> {
    pub(super) file: &'t File<'t>,
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) value: &'t DeValue<'t>,
}

impl<'t> Item<'t> {
    fn new(file: &'t File<'t>, key: String, value: &'t Spanned<DeValue<'t>>) -> Item<'t> {
        Item { file, key, span: value.span(), value: value.get_ref() }
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> MappingError {
        self.file.error(&self.span, &self.key, problem)
    }

    fn expected(&self, what: &str) -> MappingError {
        self.error(format!("expected {what}, found {}", self.value.type_str()))
    }

    pub(super) fn text(&self) -> Result<&'t str, MappingError> {
        self.value.as_str().ok_or_else(|| self.expected("a text"))
    }

    pub(super) fn truth(&self) -> Result<bool, MappingError> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub(super) fn number(&self) -> Result<f64, MappingError> {
        let text = match self.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.expected("a number")),
        };
        text.parse().map_err(|_| self.expected("a number"))
    }

    pub(super) fn integer(&self) -> Result<i64, MappingError> {
        let number = self.value.as_integer().filter(|number| number.radix() == 10);
        number.and_then(|number| number.as_str().parse().ok()).ok_or_else(|| self.expected("an integer"))
    }

    pub(super) fn array(&self) -> Result<Vec<Item<'t>>, MappingError> {
        let array = self.value.as_array().ok_or_else(|| self.expected("an array"))?;
        let item = |(number, value)| Item::new(self.file, format!("{}[{number}]", self.key), value);
        Ok(array.iter().enumerate().map(item).collect())
    }

    /// An array, or one value standing for an array of one.
    pub(super) fn one_or_many(&self) -> Result<Vec<Item<'t>>, MappingError> {
        if self.value.is_array() { self.array() } else { Ok(vec![self.clone()]) }
    }

    pub(super) fn texts(&self) -> Result<Vec<String>, MappingError> {
        self.one_or_many()?.iter().map(|item| item.text().map(str::to_owned)).collect()
    }

    pub(super) fn table(&self) -> Result<Table<'t>, MappingError> {
        let table = self.value.as_table().ok_or_else(|| self.expected("a table"))?;
        Ok(Table { file: self.file, key: self.key.clone(), span: self.span.clone(), map: table })
    }
}

/// A table whose keys are checked against the ones that exist.
pub(super) struct Table<'t> {
    pub(super) file: &'t File<'t>,
    pub(super) key: String,
    pub(super) span: Range<usize>,
    pub(super) map: &'t DeTable<'t>,
}

impl<'t> Table<'t> {
    pub(super) fn error(&self, problem: impl Into<String>) -> MappingError {
        self.file.error(&self.span, &self.key, problem)
    }

    fn child_key(&self, name: &str) -> String {
        if self.key.is_empty() { name.to_owned() } else { format!("{}.{name}", self.key) }
    }

    /// Refuses keys that are not in `known`.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), MappingError> {
        for key in self.map.keys() {
            let name = key.get_ref().as_ref();
            if known.contains(&name) {
                continue;
            }
            let mut error =
                self.file.error(&key.span(), &self.child_key(name), "this key does not exist here");
            error.help = Some(match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known keys: {}", known.join(", ")),
            });
            return Err(error);
        }
        Ok(())
    }

    pub(super) fn get(&self, name: &str) -> Option<Item<'t>> {
        let (_, value) = self.map.iter().find(|(key, _)| key.get_ref().as_ref() == name)?;
        Some(Item::new(self.file, self.child_key(name), value))
    }

    pub(super) fn require(&self, name: &str) -> Result<Item<'t>, MappingError> {
        self.get(name).ok_or_else(|| self.error(format!("`{name}` is missing")))
    }

    /// All members in the order of the file.
    pub(super) fn members(&self) -> Vec<(&'t str, Item<'t>)> {
        let mut members: Vec<_> = self.map.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let item = |(key, value): (&'t Spanned<_>, _)| {
            let name: &'t std::borrow::Cow<'t, str> = key.get_ref();
            (name.as_ref(), Item::new(self.file, self.child_key(name), value))
        };
        members.into_iter().map(item).collect()
    }
}

/// The known key that was most probably meant.
pub(super) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let scored = known.iter().map(|key| (strsim::damerau_levenshtein(name, key), *key));
    scored.min().filter(|(distance, key)| *distance <= 1 + key.len() / 3).map(|(_, key)| key)
}
