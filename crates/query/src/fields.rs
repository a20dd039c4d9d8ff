//! The table of fields: names, aliases and types. The one place to add a field to the language.

use serde::{Serialize, Serializer};

/// A field of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each one is")]
pub enum Field {
    Id,
    Seq,
    Action,
    Actor,
    ActorId,
    ActorName,
    ActorEmail,
    ActorType,
    ActorOnBehalfOf,
    ActorMetadata,
    Target,
    TargetId,
    TargetName,
    TargetType,
    TargetMetadata,
    Outcome,
    Crud,
    Created,
    Received,
    Ip,
    Country,
    Ua,
    Origin,
    Request,
    Session,
    Trace,
    IdempotencyKey,
    Org,
    Source,
    Schema,
    Reason,
    Changed,
    Changes,
    Metadata,
    Is,
    Has,
}

/// What values a field takes and how they are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Who or what: id exactly, or name (and e-mail) in any case; has sub-fields.
    Entity,
    /// Exact text, stars allowed.
    Id,
    /// Exact text, found whole or not at all: no stars.
    Opaque,
    /// The id of one event.
    EventId,
    /// Text in any case, compared as a whole, stars allowed.
    Keyword,
    /// Text searched by words, as free text is.
    Words,
    /// A dotted name with the category rule.
    Action,
    /// One of a closed list: canonical words, and abbreviations with what they stand for.
    Enum(&'static [&'static str], &'static [(&'static str, &'static str)]),
    /// A whole number.
    Number,
    /// A time or an interval.
    Time,
    /// An address, network or range.
    Ip,
    /// The path of a change.
    Changed,
    /// A path chosen by whoever wrote the event; the value decides the type.
    Open,
}

/// One row of the table.
#[derive(Debug)]
pub struct FieldDef {
    /// Which field.
    pub field: Field,
    /// Canonical name.
    pub name: &'static str,
    /// Other accepted names.
    pub aliases: &'static [&'static str],
    /// Type of its values.
    pub kind: Kind,
}

const OUTCOMES: &[&str] = &["success", "failure", "denied", "unknown"];
const CRUD: &[&str] = &["create", "read", "update", "delete"];
const CRUD_SHORT: &[(&str, &str)] = &[("c", "create"), ("r", "read"), ("u", "update"), ("d", "delete")];
const IS: &[&str] = &["held", "erased", "late", "test"];
const HAS: &[&str] = &["diff", "reason", "ip", "target", "correlation"];

const fn def(field: Field, name: &'static str, aliases: &'static [&'static str], kind: Kind) -> FieldDef {
    FieldDef { field, name, aliases, kind }
}

/// Every field, in the order in which the documentation and the interface list them.
pub static FIELDS: &[FieldDef] = &[
    def(Field::Actor, "actor", &["user"], Kind::Entity),
    def(Field::ActorId, "actor.id", &["user.id"], Kind::Id),
    def(Field::ActorName, "actor.name", &["user.name"], Kind::Keyword),
    def(Field::ActorEmail, "actor.email", &["user.email"], Kind::Keyword),
    def(Field::ActorType, "actor.type", &["user.type"], Kind::Keyword),
    def(Field::ActorOnBehalfOf, "actor.on_behalf_of", &["user.on_behalf_of"], Kind::Id),
    def(Field::ActorMetadata, "actor.metadata", &["user.metadata"], Kind::Open),
    def(Field::Target, "target", &[], Kind::Entity),
    def(Field::TargetId, "target.id", &[], Kind::Id),
    def(Field::TargetName, "target.name", &[], Kind::Keyword),
    def(Field::TargetType, "target.type", &[], Kind::Keyword),
    def(Field::TargetMetadata, "target.metadata", &[], Kind::Open),
    def(Field::Action, "action", &["event"], Kind::Action),
    def(Field::Outcome, "outcome", &["status", "result"], Kind::Enum(OUTCOMES, &[])),
    def(Field::Crud, "crud", &[], Kind::Enum(CRUD, CRUD_SHORT)),
    def(Field::Created, "created", &["occurred", "timestamp"], Kind::Time),
    def(Field::Received, "received", &[], Kind::Time),
    def(Field::Ip, "ip", &["actor_ip"], Kind::Ip),
    def(Field::Country, "country", &[], Kind::Keyword),
    def(Field::Ua, "ua", &["user_agent"], Kind::Words),
    def(Field::Origin, "origin", &[], Kind::Keyword),
    def(Field::Reason, "reason", &[], Kind::Words),
    def(Field::Request, "request", &["request_id", "correlation"], Kind::Opaque),
    def(Field::Session, "session", &["session_id"], Kind::Opaque),
    def(Field::Trace, "trace", &["trace_id"], Kind::Opaque),
    def(Field::IdempotencyKey, "idempotency_key", &["idempotency"], Kind::Opaque),
    def(Field::Id, "id", &[], Kind::EventId),
    def(Field::Seq, "seq", &[], Kind::Number),
    def(Field::Org, "org", &["tenant", "organization", "group"], Kind::Id),
    def(Field::Source, "source", &[], Kind::Id),
    def(Field::Schema, "schema", &[], Kind::Id),
    def(Field::Changed, "changed", &[], Kind::Changed),
    def(Field::Changes, "changes", &[], Kind::Open),
    def(Field::Metadata, "metadata", &[], Kind::Open),
    def(Field::Is, "is", &[], Kind::Enum(IS, &[])),
    def(Field::Has, "has", &[], Kind::Enum(HAS, &[])),
];

impl Field {
    /// The row of the table.
    pub fn def(self) -> &'static FieldDef {
        FIELDS.iter().find(|def| def.field == self).expect("every field is in the table: tested below")
    }
}

/// A field of a query, with the path that follows an open one: `metadata."odd key".x`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// Which field.
    pub field: Field,
    /// Segments after the field's own name; empty unless its kind is [`Kind::Open`].
    pub path: Vec<String>,
}

impl Serialize for FieldRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl std::fmt::Display for FieldRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.field.def().name)?;
        for segment in &self.path {
            f.write_str(".")?;
            crate::format::write_segment(f, segment)?;
        }
        Ok(())
    }
}
