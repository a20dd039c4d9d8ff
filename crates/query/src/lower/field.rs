//! Fields of leaves, and where the dictionary keeps them.

use tallystick_event::terms::{self, Side};

/// Fields whose dictionary value is the field's text. Doc of each: tag, and whether the key is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyField {
    /// Tag 2, exact.
    ActorId,
    /// Tag 3, folded.
    ActorName,
    /// Tag 4, folded.
    ActorEmail,
    /// Tag 5, folded.
    ActorType,
    /// Tag 25, exact: each id of `actor.on_behalf_of`.
    ActorOnBehalfOf,
    /// Tag 6, exact.
    TargetId,
    /// Tag 7, folded.
    TargetName,
    /// Tag 8, folded.
    TargetType,
    /// Tag 13, upper case; in tests folded to lower case like every folded field.
    Country,
    /// Tag 14, folded.
    Origin,
    /// Tag 15, exact.
    Source,
    /// Tag 16, exact `action@version`.
    Schema,
    /// Not in the dictionary: the organization of the row, exact.
    Org,
    /// Tag 12, folded. Values with a letter or digit are searched by [`Leaf::Words`] instead, unless with `=`.
    Ua,
    /// Tag 22, folded. As `Ua`.
    Reason,
}

impl KeyField {
    /// Whether values are compared folded. If not, tests of this field are never `IsExactly`.
    pub fn is_folded(self) -> bool {
        !matches!(
            self,
            Self::ActorId | Self::ActorOnBehalfOf | Self::TargetId | Self::Source | Self::Schema | Self::Org
        )
    }

    /// The field of the dictionary; `None` for the organization.
    pub fn term_field(self) -> Option<terms::Field> {
        Some(match self {
            Self::ActorId => terms::Field::ActorId,
            Self::ActorName => terms::Field::ActorName,
            Self::ActorEmail => terms::Field::ActorEmail,
            Self::ActorType => terms::Field::ActorType,
            Self::ActorOnBehalfOf => terms::Field::OnBehalfOf,
            Self::TargetId => terms::Field::TargetId,
            Self::TargetName => terms::Field::TargetName,
            Self::TargetType => terms::Field::TargetType,
            Self::Country => terms::Field::Country,
            Self::Origin => terms::Field::Origin,
            Self::Source => terms::Field::Source,
            Self::Schema => terms::Field::Schema,
            Self::Ua => terms::Field::UserAgent,
            Self::Reason => terms::Field::Reason,
            Self::Org => return None,
        })
    }

    /// Whether the field is one of a target, so that it may stand in a [`Leaf::SameTarget`].
    pub fn is_target(self) -> bool {
        matches!(self, Self::TargetId | Self::TargetName | Self::TargetType)
    }
}

/// Text fields that are searched by words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordField {
    /// `context.user_agent`, words of the values of tag 12.
    Ua,
    /// `reason`, words of the values of tag 22.
    Reason,
}

impl WordField {
    /// The field of the dictionary.
    pub fn term_field(self) -> terms::Field {
        match self {
            Self::Ua => terms::Field::UserAgent,
            Self::Reason => terms::Field::Reason,
        }
    }
}

/// Objects with paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathField {
    /// `metadata`, tag 19: `path 0x1F value`.
    Metadata,
    /// `actor.metadata`, tag 20.
    ActorMetadata,
    /// `metadata` of any target, tag 21.
    TargetMetadata,
    /// The old value of a change, tag 18 with `b`: `path 0x1F 'b' 0x1F value`.
    ChangesBefore,
    /// The new value of a change, tag 18 with `a`.
    ChangesAfter,
}

impl PathField {
    /// The field of the dictionary, and the side if it is of changes.
    pub fn term_field(self) -> (terms::Field, Option<Side>) {
        match self {
            Self::Metadata => (terms::Field::Metadata, None),
            Self::ActorMetadata => (terms::Field::ActorMetadata, None),
            Self::TargetMetadata => (terms::Field::TargetMetadata, None),
            Self::ChangesBefore => (terms::Field::ChangeValue, Some(Side::Before)),
            Self::ChangesAfter => (terms::Field::ChangeValue, Some(Side::After)),
        }
    }
}

/// Which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// When it happened: `occurred_us`.
    Created,
    /// When it was received: `received_ms`, times 1,000.
    Received,
}
