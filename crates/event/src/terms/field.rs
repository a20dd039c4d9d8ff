//! The one table of searchable fields: tag, name, how a value is coded, whether free text finds it.

/// A searchable field. The number is the first byte of its keys and part of the segment format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is described by its row of the table in Field::row")]
pub enum Field {
    Action = 1,
    ActorId = 2,
    ActorName = 3,
    ActorEmail = 4,
    ActorType = 5,
    TargetId = 6,
    TargetName = 7,
    TargetType = 8,
    TargetTypeId = 9,
    Outcome = 10,
    Ip = 11,
    UserAgent = 12,
    Country = 13,
    Origin = 14,
    Source = 15,
    Schema = 16,
    Changed = 17,
    ChangeValue = 18,
    Metadata = 19,
    ActorMetadata = 20,
    TargetMetadata = 21,
    Reason = 22,
    Has = 23,
    Crud = 24,
    OnBehalfOf = 25,
}

/// How a field's value becomes the bytes after the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// The text's bytes.
    Exact,
    /// The folded text's bytes.
    Folded,
    /// The ASCII upper-case text's bytes.
    Upper,
    /// One byte.
    Code,
    /// 16 bytes of an IPv6 or v4-mapped address.
    Ip,
    /// Folded type, separator, exact id.
    TypeId,
    /// Folded dotted path, separator, typed value.
    PathValue,
    /// Folded dotted path, separator, `b` or `a`, separator, typed value.
    PathSideValue,
}

impl Field {
    /// All fields in the order of their tags.
    pub const ALL: [Field; 25] = [
        Field::Action,
        Field::ActorId,
        Field::ActorName,
        Field::ActorEmail,
        Field::ActorType,
        Field::TargetId,
        Field::TargetName,
        Field::TargetType,
        Field::TargetTypeId,
        Field::Outcome,
        Field::Ip,
        Field::UserAgent,
        Field::Country,
        Field::Origin,
        Field::Source,
        Field::Schema,
        Field::Changed,
        Field::ChangeValue,
        Field::Metadata,
        Field::ActorMetadata,
        Field::TargetMetadata,
        Field::Reason,
        Field::Has,
        Field::Crud,
        Field::OnBehalfOf,
    ];

    /// The first byte of this field's keys.
    pub const fn tag(self) -> u8 {
        self as u8
    }

    /// The field with this tag.
    pub fn from_tag(tag: u8) -> Option<Field> {
        Field::ALL.get(usize::from(tag).wrapping_sub(1)).copied()
    }

    /// The name for people and for queries.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// How the value is coded.
    pub const fn coding(self) -> Coding {
        self.row().1
    }

    /// Whether free text finds the value (its strings, for typed values).
    pub const fn is_text(self) -> bool {
        self.row().2
    }

    const fn row(self) -> (&'static str, Coding, bool) {
        match self {
            Field::Action => ("action", Coding::Exact, true),
            Field::ActorId => ("actor.id", Coding::Exact, true),
            Field::ActorName => ("actor.name", Coding::Folded, true),
            Field::ActorEmail => ("actor.email", Coding::Folded, true),
            Field::ActorType => ("actor.type", Coding::Folded, false),
            Field::TargetId => ("target.id", Coding::Exact, true),
            Field::TargetName => ("target.name", Coding::Folded, true),
            Field::TargetType => ("target.type", Coding::Folded, false),
            Field::TargetTypeId => ("target", Coding::TypeId, false),
            Field::Outcome => ("outcome", Coding::Code, false),
            Field::Ip => ("ip", Coding::Ip, true),
            Field::UserAgent => ("ua", Coding::Folded, true),
            Field::Country => ("country", Coding::Upper, false),
            Field::Origin => ("origin", Coding::Folded, false),
            Field::Source => ("source", Coding::Exact, false),
            Field::Schema => ("schema", Coding::Exact, false),
            Field::Changed => ("changed", Coding::Folded, false),
            Field::ChangeValue => ("changes", Coding::PathSideValue, true),
            Field::Metadata => ("metadata", Coding::PathValue, true),
            Field::ActorMetadata => ("actor.metadata", Coding::PathValue, true),
            Field::TargetMetadata => ("target.metadata", Coding::PathValue, true),
            Field::Reason => ("reason", Coding::Folded, true),
            Field::Has => ("has", Coding::Code, false),
            Field::Crud => ("crud", Coding::Code, false),
            Field::OnBehalfOf => ("actor.on_behalf_of", Coding::Exact, true),
        }
    }
}

/// What an event can be asked to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Has {
    /// Changes.
    Diff = 0,
    /// A reason.
    Reason = 1,
    /// An address.
    Ip = 2,
    /// A target.
    Target = 3,
    /// A request, session or trace id.
    Correlation = 4,
}

impl Has {
    /// All of them in the order of their numbers.
    pub const ALL: [Has; 5] = [Has::Diff, Has::Reason, Has::Ip, Has::Target, Has::Correlation];

    /// The word in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Has::Diff => "diff",
            Has::Reason => "reason",
            Has::Ip => "ip",
            Has::Target => "target",
            Has::Correlation => "correlation",
        }
    }
}

/// Ids that mostly occur once: kept as hashes, and a candidate is verified on the event itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Opaque {
    /// `context.request_id`
    Request = 1,
    /// `context.session_id`
    Session = 2,
    /// `context.trace_id`
    Trace = 3,
    /// `idempotency_key`
    IdempotencyKey = 4,
}

impl Opaque {
    /// All of them in the order of their numbers.
    pub const ALL: [Opaque; 4] = [Opaque::Request, Opaque::Session, Opaque::Trace, Opaque::IdempotencyKey];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_table_agree() {
        for (i, field) in Field::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(field.tag()), i + 1);
            assert_eq!(Field::from_tag(field.tag()), Some(field));
        }
        assert_eq!((Field::from_tag(0), Field::from_tag(26)), (None, None));
    }
}
