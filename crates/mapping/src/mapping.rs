//! The public type: a mapping, built in or read from a user's file.

use serde_json::Value;

use crate::error::{MapError, MappingError, Note};
use crate::path::Path;
use crate::records::Records;
use crate::rule::{ActorRule, ChangeRule, ContextRule, Detect, Rule, SourceIdRule, TargetRule};
use crate::{apply, builtin, read};

/// How records of one product become events.
#[derive(Debug, Clone)]
pub struct Mapping {
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) detect: Detect,
    pub(crate) unwrap: Vec<Path>,
    pub(crate) kind: Kind,
}

/// What a mapping does with a record.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The records are events already.
    Passthrough,
    /// The records are mapped field by field.
    Rules(Box<Rules>),
}

/// The rules of a mapping file.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) aliases: Vec<Rule>,
    pub(crate) source_id: SourceIdRule,
    pub(crate) action: Rule,
    pub(crate) occurred_at: Rule,
    pub(crate) outcome: Rule,
    pub(crate) reason: Rule,
    pub(crate) actor: ActorRule,
    pub(crate) on_behalf_of: Vec<ActorRule>,
    pub(crate) context: ContextRule,
    pub(crate) targets: Vec<TargetRule>,
    pub(crate) changes: Vec<ChangeRule>,
}

/// A record as an event.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedEvent {
    /// The event as `POST /v1/events` takes it, without `org` (the importer knows it) and with
    /// `idempotency_key` set to the source id.
    pub event: Value,
    /// Stays the same when the record is imported again; starts with the mapping's name.
    pub source_id: Option<String>,
    /// What a person should know about this record.
    pub notes: Vec<Note>,
}

impl Mapping {
    /// The built-in mapping of this name.
    pub fn builtin(name: &str) -> Option<&'static Mapping> {
        builtin::get(name)
    }

    /// Names of the built-in mappings: what `--format` takes.
    pub fn builtin_names() -> &'static [&'static str] {
        &builtin::NAMES
    }

    /// The TOML text of a built-in mapping, as a start for one's own.
    pub fn builtin_source(name: &str) -> Option<&'static str> {
        builtin::source(name)
    }

    /// Reads a mapping file. The format is described in `docs/formats/mapping.md`.
    pub fn from_toml(text: &str) -> Result<Mapping, MappingError> {
        read::mapping(text)
    }

    /// Name in `--format` and in front of source ids.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The product's name, for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The records of one JSON document: the elements of an array, or of the array inside the product's
    /// envelope, or the document itself. Members of the envelope around the array are not kept.
    pub fn records(&self, document: Value) -> Records {
        Records::new(document, &self.unwrap)
    }

    /// Whether `record` has what every record of this product has.
    pub fn detects(&self, record: &Value) -> bool {
        apply::detect(self, record).is_ok()
    }

    /// The built-in mapping whose product this record most probably comes from.
    pub fn guess(record: &Value) -> Option<&'static Mapping> {
        builtin::all().iter().find(|mapping| mapping.detects(record))
    }

    /// Maps one record. Fails only for what is not a record of this product at all; everything milder
    /// becomes a [`Note`].
    pub fn map(&self, record: &Value) -> Result<MappedEvent, MapError> {
        apply::map(self, record)
    }
}
