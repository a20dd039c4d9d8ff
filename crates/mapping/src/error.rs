//! What can go wrong: in a mapping file (for whoever wrote it, with line and column) and in a record
//! (for whoever imports it, with the path inside the record).

use std::fmt;

/// A mapping file that cannot be used. Says where and, for a misspelt key, what was probably meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {col}: {key}: {problem}{}", Appended(" (", help.as_deref(), ")"))]
pub struct MappingError {
    /// Line in the TOML text, from 1.
    pub line: usize,
    /// Column in the line, in characters, from 1.
    pub col: usize,
    /// The key the problem is at, such as `actor.id` or `targets[2].each`; `file` for a syntax error.
    pub key: String,
    /// What is wrong.
    pub problem: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

/// Text between two others, or nothing at all.
struct Appended<'t>(&'t str, Option<&'t str>, &'t str);

impl fmt::Display for Appended<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.map_or(Ok(()), |text| write!(f, "{}{text}{}", self.0, self.2))
    }
}

/// A record that cannot become an event. Everything milder is a [`Note`] and the record is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The record is not a JSON object.
    #[error("{path}: a record must be a JSON object, this is {found}")]
    NotAnObject {
        /// JSON pointer into the record; always the root here.
        path: String,
        /// `an array`, `a string`, ...
        found: &'static str,
    },
    /// The record lacks what every record of this product has: most often the wrong file or `--format`.
    #[error("{path}: not a record of {product}: {problem}{}", Appended("; it looks like ", *looks_like, ""))]
    WrongProduct {
        /// JSON pointer of the member that was looked for.
        path: String,
        /// Title of the mapping.
        product: String,
        /// Which test failed.
        problem: String,
        /// The built-in mapping that does recognise the record.
        looks_like: Option<&'static str>,
    },
}

/// Something about a mapped record that a person should know. The event also carries the ones that
/// change its meaning, in `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// No usable time in the record; `occurred_at` is left out, so the service takes the import time.
    OccurredAtMissing,
    /// Nothing in the record says who acted; the actor's id is `unknown`.
    ActorMissing,
    /// Nothing in the record says what was done; the action is `<mapping>.unknown`.
    ActionMissing,
    /// The action had characters that an action cannot have; they became `_`, the original is in `metadata`.
    ActionRewritten,
    /// More targets than an event can have; the rest stayed in `metadata`.
    TargetsCut {
        /// How many the mapping found.
        found: usize,
    },
    /// More changes than an event can have; the rest stayed in `metadata`.
    ChangesCut {
        /// How many the mapping found.
        found: usize,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::OccurredAtMissing => f.write_str("no time in the record, the import time is used"),
            Note::ActorMissing => f.write_str("no actor in the record"),
            Note::ActionMissing => f.write_str("no action in the record"),
            Note::ActionRewritten => f.write_str("characters of the action replaced by `_`"),
            Note::TargetsCut { found } => write!(f, "{found} targets, the rest kept in metadata"),
            Note::ChangesCut { found } => write!(f, "{found} changes, the rest kept in metadata"),
        }
    }
}
