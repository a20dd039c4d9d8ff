//! The columns that a CSV can have: the places of an event, by the names that they have in its JSON.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::limits::COLUMNS_MAX;

/// Longest name of a column, bytes.
const NAME_BYTES_MAX: usize = 200;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Place in the log.
    Seq,
    /// Event id.
    Id,
    /// When it happened, RFC 3339 UTC.
    OccurredAt,
    /// The same in the zone of the export.
    OccurredAtLocal,
    /// When it was received, RFC 3339 UTC.
    ReceivedAt,
    /// A member of the event itself: `action`, `outcome`, `org`, `reason`, `source`, `version`, `idempotency_key`.
    Event(&'static str),
    /// A member of the actor: `type`, `id`, `name`, `email`, `metadata`, `on_behalf_of`.
    Actor(&'static str),
    /// A member of each target, joined: `type`, `id`, `name`.
    EachTarget(&'static str),
    /// All targets, JSON.
    Targets,
    /// A member of the context.
    Context(&'static str),
    /// All changes, JSON.
    Changes,
    /// All metadata, JSON.
    Metadata,
    /// One place of the metadata: `metadata.ticket`, `metadata.order.id`.
    MetadataAt(String),
    /// The event as a sentence.
    Sentence,
    /// The whole event, JSON.
    Whole,
}

/// Names of columns that stand for one place each.
const EVENT: &[&str] = &["action", "outcome", "org", "reason", "source", "version", "idempotency_key"];
const ACTOR: &[&str] = &["type", "id", "name", "email", "metadata", "on_behalf_of"];
const TARGET: &[&str] = &["type", "id", "name"];
const CONTEXT: &[&str] = &["ip", "user_agent", "origin", "request_id", "session_id", "trace_id", "country"];

/// What a CSV has if nobody says otherwise: everything, each place in a column of its own where it has one.
const DEFAULT: &[&str] = &[
    "seq",
    "id",
    "org",
    "occurred_at",
    "received_at",
    "action",
    "outcome",
    "reason",
    "actor.type",
    "actor.id",
    "actor.name",
    "actor.email",
    "targets.type",
    "targets.id",
    "targets.name",
    "context.ip",
    "context.user_agent",
    "context.origin",
    "context.request_id",
    "context.session_id",
    "context.trace_id",
    "changes",
    "metadata",
    "source",
];

/// There is no column of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no column {0:?}; {hint}", hint = Column::hint())]
pub struct BadColumn(pub String);

impl Column {
    /// All names, for people.
    pub fn hint() -> String {
        let mut names: Vec<String> =
            ["seq", "id", "occurred_at", "occurred_at_local", "received_at"].map(str::to_owned).to_vec();
        names.extend(EVENT.iter().map(|&name| name.to_owned()));
        names.extend(ACTOR.iter().map(|name| format!("actor.{name}")));
        names.push("targets".to_owned());
        names.extend(TARGET.iter().map(|name| format!("targets.{name}")));
        names.extend(CONTEXT.iter().map(|name| format!("context.{name}")));
        names.extend(["changes", "metadata", "metadata.<path>", "sentence", "event"].map(str::to_owned));
        format!("there are {}", names.join(", "))
    }
}

fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| *known == name)
}

impl FromStr for Column {
    type Err = BadColumn;

    fn from_str(text: &str) -> Result<Self, BadColumn> {
        let bad = || BadColumn(text.chars().take(NAME_BYTES_MAX).collect());
        if text.len() > NAME_BYTES_MAX || text.chars().any(char::is_control) {
            return Err(bad());
        }
        Ok(match text {
            "seq" => Self::Seq,
            "id" => Self::Id,
            "occurred_at" => Self::OccurredAt,
            "occurred_at_local" => Self::OccurredAtLocal,
            "received_at" => Self::ReceivedAt,
            "targets" => Self::Targets,
            "changes" => Self::Changes,
            "metadata" => Self::Metadata,
            "sentence" => Self::Sentence,
            "event" => Self::Whole,
            other => {
                let found = match other.split_once('.') {
                    None => known(EVENT, other).map(Self::Event),
                    Some(("actor", member)) => known(ACTOR, member).map(Self::Actor),
                    Some(("targets", member)) => known(TARGET, member).map(Self::EachTarget),
                    Some(("context", member)) => known(CONTEXT, member).map(Self::Context),
                    Some(("metadata", path)) if !path.is_empty() => Some(Self::MetadataAt(path.to_owned())),
                    Some(_) => None,
                };
                found.ok_or_else(bad)?
            }
        })
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seq => f.write_str("seq"),
            Self::Id => f.write_str("id"),
            Self::OccurredAt => f.write_str("occurred_at"),
            Self::OccurredAtLocal => f.write_str("occurred_at_local"),
            Self::ReceivedAt => f.write_str("received_at"),
            Self::Event(name) => f.write_str(name),
            Self::Actor(name) => write!(f, "actor.{name}"),
            Self::EachTarget(name) => write!(f, "targets.{name}"),
            Self::Targets => f.write_str("targets"),
            Self::Context(name) => write!(f, "context.{name}"),
            Self::Changes => f.write_str("changes"),
            Self::Metadata => f.write_str("metadata"),
            Self::MetadataAt(path) => write!(f, "metadata.{path}"),
            Self::Sentence => f.write_str("sentence"),
            Self::Whole => f.write_str("event"),
        }
    }
}

impl Serialize for Column {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The columns of one export, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ColumnList(Vec<Column>);

impl ColumnList {
    /// What there is if nobody says otherwise, with the local time behind the one in UTC if a zone is given.
    pub fn standard(has_zone: bool) -> Self {
        let mut columns: Vec<Column> =
            DEFAULT.iter().map(|name| name.parse().expect("a known column")).collect();
        if has_zone {
            let behind =
                columns.iter().position(|column| *column == Column::OccurredAt).map_or(0, |at| at + 1);
            columns.insert(behind, Column::OccurredAtLocal);
        }
        Self(columns)
    }

    /// Columns by their names: at least one, none twice.
    pub fn named(names: &[String]) -> Result<Self, String> {
        if names.is_empty() || names.len() > COLUMNS_MAX {
            return Err(format!("1 to {COLUMNS_MAX} columns"));
        }
        let mut columns: Vec<Column> = Vec::with_capacity(names.len());
        for name in names {
            let column: Column = name.parse().map_err(|error: BadColumn| error.to_string())?;
            if columns.contains(&column) {
                return Err(format!("the column {name:?} is there twice"));
            }
            columns.push(column);
        }
        Ok(Self(columns))
    }

    /// In their order.
    pub fn iter(&self) -> impl Iterator<Item = &Column> {
        self.0.iter()
    }

    /// Whether one of them is this.
    pub fn has(&self, column: &Column) -> bool {
        self.0.contains(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_others_are_refused() {
        for column in ColumnList::standard(true).iter() {
            assert_eq!(column.to_string().parse::<Column>().as_ref(), Ok(column));
        }
        for name in ["targets", "metadata.a.b", "sentence", "event", "context.country", "actor.on_behalf_of"]
        {
            assert_eq!(name.parse::<Column>().unwrap().to_string(), name);
        }
        for bad in ["", "actor", "actor.nick", "metadata.", "metadata.\n", "context", "SEQ", ".action"] {
            assert!(bad.parse::<Column>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn lists_are_checked() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        assert!(ColumnList::named(&names(&["seq", "action"])).is_ok());
        assert!(ColumnList::named(&names(&["seq", "seq"])).is_err());
        assert!(ColumnList::named(&[]).is_err());
        let error = ColumnList::named(&names(&["sequence"])).unwrap_err();
        assert!(error.contains("occurred_at"), "{error}");
    }
}
