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

/// What a written field name turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    Found(FieldRef),
    /// An open field without the key that must follow.
    KeyMissing(&'static FieldDef),
    Unknown,
}

impl PartialEq for FieldDef {
    fn eq(&self, other: &Self) -> bool {
        self.field == other.field
    }
}

impl Eq for FieldDef {}

/// Finds a field by the segments of its written name, in any case.
pub(crate) fn lookup(segments: &[String]) -> Lookup {
    let whole = segments.join(".").to_ascii_lowercase();
    if let Some(def) = FIELDS.iter().find(|def| def.is_called(&whole)) {
        if def.kind == Kind::Open {
            return Lookup::KeyMissing(def);
        }
        return Lookup::Found(FieldRef { field: def.field, path: Vec::new() });
    }
    for split in 1..segments.len().min(3) {
        let (name, path) = segments.split_at(split);
        let name = name.join(".").to_ascii_lowercase();
        let Some(def) = FIELDS.iter().find(|def| def.kind == Kind::Open && def.is_called(&name)) else {
            continue;
        };
        if path.iter().any(String::is_empty) {
            return Lookup::KeyMissing(def);
        }
        return Lookup::Found(FieldRef { field: def.field, path: path.to_vec() });
    }
    Lookup::Unknown
}

impl FieldDef {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }
}

/// The names of the sub-fields of `actor` or `target`, for a message: `id, name, type`.
pub(crate) fn entity_fields(entity: Field) -> String {
    let prefix = format!("{}.", entity.def().name);
    let names =
        FIELDS.iter().filter(|def| def.kind != Kind::Open).filter_map(|def| def.name.strip_prefix(&prefix));
    names.collect::<Vec<_>>().join(", ")
}

/// The field name or alias that `written` is probably a slip of.
pub(crate) fn nearest_name(written: &str) -> Option<&'static str> {
    let names = FIELDS.iter().flat_map(|def| std::iter::once(def.name).chain(def.aliases.iter().copied()));
    nearest(&written.to_lowercase(), names)
}

/// The word that `written` is probably a slip of: one slip in three or four letters, two in more.
pub(crate) fn nearest<'a>(written: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let slips_max = match written.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        _ => 2,
    };
    let near =
        words.map(|word| (strsim::osa_distance(written, word), word)).min_by_key(|(slips, _)| *slips)?;
    (near.0 <= slips_max).then_some(near.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> Lookup {
        lookup(&name.split('.').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_unique_and_every_field_has_a_row() {
        let mut names: Vec<&str> = FIELDS
            .iter()
            .flat_map(|def| std::iter::once(def.name).chain(def.aliases.iter().copied()))
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for def in FIELDS {
            assert_eq!(def.field.def(), def);
        }
        assert_eq!(FIELDS.len(), Field::Has as usize + 1);
    }

    #[test]
    fn names_resolve_in_any_case_and_by_alias() {
        assert_eq!(find("User.Name"), Lookup::Found(FieldRef { field: Field::ActorName, path: vec![] }));
        let path = vec!["Plan".to_owned(), "x".to_owned()];
        assert_eq!(find("METADATA.Plan.x"), Lookup::Found(FieldRef { field: Field::Metadata, path }));
        let path = vec!["role".to_owned()];
        assert_eq!(find("user.metadata.role"), Lookup::Found(FieldRef { field: Field::ActorMetadata, path }));
        assert_eq!(find("metadata"), Lookup::KeyMissing(Field::Metadata.def()));
        assert_eq!(find("metadata."), Lookup::KeyMissing(Field::Metadata.def()));
        assert_eq!(find("actor.shoe"), Lookup::Unknown);
    }

    #[test]
    fn suggestions_are_close() {
        assert_eq!(nearest_name("actr"), Some("actor"));
        assert_eq!(nearest_name("taregt"), Some("target"));
        assert_eq!(nearest_name("https"), None);
        assert_eq!(nearest_name("ftp"), None);
        assert_eq!(entity_fields(Field::Target), "id, name, type");
    }
}
