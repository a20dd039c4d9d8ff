//! The typed predicates. "Folded" is `event::text::fold`; "tag" is the first byte of a dictionary key of
//! `event::terms`.

use tallystick_event::crud::Crud;
use tallystick_event::terms::{Has, Opaque};
use tallystick_event::{EventId, Outcome};

use super::{Expr, KeyField, PathField, TimeField, WordField};
use crate::pattern::Pattern;

/// One predicate on one event.
///
/// A leaf on a field that an event has several times (targets, arrays in metadata, changes) matches if any of the
/// values does. A negated leaf therefore matches only if none does, and an event without the field matches it.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// The action. Tag 1, exact bytes.
    Action(ActionTest),
    /// A value of a string field.
    Key {
        /// Which field, and with it the tag.
        field: KeyField,
        /// What the value must be.
        test: StringTest,
    },
    /// One target has this type (folded) and this id (exact). Tag 9: `type 0x1F id`.
    TargetKey {
        /// Folded type.
        kind: String,
        /// Exact id.
        id: String,
    },
    /// One and the same target satisfies the whole expression.
    ///
    /// Inside stand only `Key` with a target field, `TargetKey`, and `Path` with [`PathField::TargetMetadata`]; a
    /// `Not`
    /// inside speaks of that target alone. A negated group, `-target:(...)`, is `Not(SameTarget(...))`: no target
    /// does.
    /// An index may answer with the events of all targets that match each leaf and then check the rows.
    SameTarget(Box<Expr>),
    /// The outcome. Tag 10.
    Outcome(Outcome),
    /// What kind of operation the action is. Tag 24.
    Crud(Crud),
    /// What the event carries. Tag 23.
    Has(Has),
    /// A state of the event that is no part of what was sent.
    Is(Is),
    /// `context.ip` is between the two, both included. Tag 11: 16 bytes, IPv4 as `::ffff:a.b.c.d`, byte order is
    /// address order.
    Ip {
        /// First address.
        from: [u8; 16],
        /// Last address, included.
        to: [u8; 16],
    },
    /// A time in microseconds since 1970 is in `[from_us, to_us)`. `i64::MIN` and `i64::MAX` mean open ends;
    /// `from_us >= to_us` matches nothing.
    Time {
        /// Which time.
        field: TimeField,
        /// First microsecond.
        from_us: i64,
        /// One past the last microsecond.
        to_us: i64,
    },
    /// The sequence number is between the two, both included.
    Seq {
        /// Lowest.
        from: u64,
        /// Highest, included.
        to: u64,
    },
    /// The event has this id.
    EventId(EventId),
    /// An id that occurs once or a few times is exactly this. Not in the dictionary: `terms::opaque_hash`, then
    /// check the row.
    Opaque {
        /// Which id.
        field: Opaque,
        /// Exact text.
        value: String,
    },
    /// Such an id is there. No index answers this for one of them alone: check rows, of those with
    /// [`Has::Correlation`]
    /// except for [`Opaque::IdempotencyKey`].
    OpaqueExists(Opaque),
    /// A value chosen by the event's author: metadata and changes. Tags 18 to 21.
    Path {
        /// Which object.
        field: PathField,
        /// Keys joined by `.`, folded; arrays add nothing to it. For changes the path of the change, in which array
        /// positions do count.
        path: String,
        /// What the value must be.
        test: PathTest,
    },
    /// A change of a path. Tag 17: dotted path, folded.
    Changed(ChangedTest),
    /// A text field contains these words, adjacent and in order, by `event::text::words`.
    Words {
        /// Which field.
        field: WordField,
        /// At least one folded word, or word with stars. A star does not reach beyond its word.
        words: Vec<Pattern>,
    },
    /// Free text: one textual value of the event contains these words, adjacent and in order, or an opaque id is the
    /// text as a whole.
    ///
    /// Textual values are those marked T in `event::terms`: action, actor id, name and e-mail, target id and name,
    /// the
    /// address as text, user agent, reason, on-behalf-of ids, and string values in changes and in all metadata.
    Text {
        /// At least one folded word, or word with stars.
        words: Vec<Pattern>,
        /// The text exactly as written, to compare with request, session, trace and idempotency key; `None` if it
        /// has stars.
        opaque: Option<String>,
    },
}

/// Test of an action name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionTest {
    /// This name, or a name that starts with it and a dot. In any case: compare folded. Producers write actions in
    /// lower case, so a dictionary lookup of the folded text finds nearly all; an index must still find the others.
    Category(String),
    /// Only a name that starts with this and a dot (`user.*`). Folded.
    Below(String),
    /// This name, in this case.
    Exact(String),
    /// A name with stars elsewhere. Folded on both sides.
    Glob(Pattern),
}

/// Test of a string value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StringTest {
    /// The whole value equals this: folded on both sides if the field is folded (this text already is), else exactly.
    Equals(String),
    /// `=` on a folded field: the whole value equals this in this very case. An index looks up the folded text and
    /// checks rows.
    IsExactly(String),
    /// The whole value matches; folded on both sides if the field is folded (the pattern already is).
    Glob(Pattern),
    /// The field is there.
    Exists,
}

/// Test of a typed value. Numbers and booleans never equal text that looks like them, except as `Equals` says.
#[derive(Clone, Debug, PartialEq)]
pub enum PathTest {
    /// A string that equals `text` folded, or the number, or the boolean that the written value reads as.
    Equals {
        /// Folded.
        text: String,
        /// The same in the case written, if the case must be the same (`=`).
        exact: Option<String>,
        /// The written value as a number, if it is one.
        number: Option<f64>,
        /// The written value as a boolean, if it is `true` or `false`.
        boolean: Option<bool>,
    },
    /// A number between the two. Strings never match.
    Numbers {
        /// Lowest and whether it is included; `-inf` included for an open end.
        from: (f64, bool),
        /// Highest and whether it is included; `+inf` included for an open end.
        to: (f64, bool),
    },
    /// A string between the two, folded, in byte order. Numbers never match.
    Texts {
        /// Lower end.
        from: Option<TextBound>,
        /// Upper end.
        to: Option<TextBound>,
    },
    /// A string that matches as a whole, folded.
    Glob(Pattern),
    /// Any value at the path or below it (`path` or `path.more`); null and empty objects and arrays are no value.
    Exists,
}

/// An end of a range of texts. Ends work at the precision written, as with times: everything that begins with the
/// bound counts as equal to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextBound {
    /// Folded.
    pub text: String,
    /// Whether texts that begin with `text` are inside.
    pub inclusive: bool,
}

/// Test of a changed path (dotted, folded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangedTest {
    /// The whole path, or what stands before or after one of its dots: `a` and `c`, `a.b` and `b.c` of `a.b.c`.
    /// Folded.
    Named(String),
    /// The whole path in this case.
    IsExactly(String),
    /// The whole path matches. Folded.
    Glob(Pattern),
}

/// A state that is no part of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Is {
    /// Received more than [`crate::limits::LATE_AFTER_US`] after it occurred.
    Late,
    /// Under a legal hold. No event is yet.
    Held,
    /// A unit of it was erased. No event is yet.
    Erased,
    /// Sent as a test. No event is yet.
    Test,
}

impl Is {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Late, Self::Held, Self::Erased, Self::Test];

    /// The word in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Held => "held",
            Self::Erased => "erased",
            Self::Test => "test",
        }
    }
}
