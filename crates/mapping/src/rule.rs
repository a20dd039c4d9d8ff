//! A mapping file after it was read and checked: plain data that `apply` runs on each record.

use crate::path::Path;
use crate::step::Step;

/// One event field: alternatives in order, the first that gives a usable value wins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rule {
    pub(crate) alternatives: Vec<Alternative>,
}

/// One way to get a value.
#[derive(Debug, Clone)]
pub(crate) struct Alternative {
    pub(crate) when: Vec<Condition>,
    pub(crate) source: Source,
    pub(crate) steps: Vec<Step>,
    /// Leave the source in `metadata` although the value was placed.
    pub(crate) keep: bool,
}

/// Where a value starts.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The first of these paths that is there.
    Paths(Vec<Path>),
    /// Texts and values joined; absent when one of the values is.
    Template(Vec<Piece>),
    /// Always the same.
    Const(String),
}

/// One part of a template.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Value(Rule),
}

/// A test on the record. All conditions of a rule must hold.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) test: Test,
    pub(crate) negate: bool,
}

/// What a condition asks of the value at its path.
#[derive(Debug, Clone)]
pub(crate) enum Test {
    /// There, not null and not an empty text.
    Present,
    /// Its text is one of these.
    In(Vec<String>),
    /// Its text matches one of these patterns, where `*` stands for any characters.
    Like(Vec<String>),
    /// A number in this range, both ends included.
    Between(f64, f64),
    /// Of this form.
    Is(Form),
}

/// Forms that [`Test::Is`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Ip,
    Email,
    Text,
    Number,
    Object,
    Array,
}

/// Who acted, or on whose behalf.
#[derive(Debug, Clone, Default)]
pub(crate) struct ActorRule {
    pub(crate) when: Vec<Condition>,
    pub(crate) kind: Rule,
    pub(crate) id: Rule,
    pub(crate) name: Rule,
    pub(crate) email: Rule,
    pub(crate) metadata: Vec<(String, Rule)>,
}

/// The members of `context`.
#[derive(Debug, Clone, Default)]
pub(crate) struct ContextRule {
    pub(crate) ip: Rule,
    pub(crate) user_agent: Rule,
    pub(crate) origin: Rule,
    pub(crate) request_id: Rule,
    pub(crate) session_id: Rule,
    pub(crate) trace_id: Rule,
    pub(crate) country: Rule,
}

/// One `[[targets]]` table.
#[derive(Debug, Clone)]
pub(crate) struct TargetRule {
    pub(crate) when: Vec<Condition>,
    pub(crate) over: Over,
    pub(crate) kind: Rule,
    pub(crate) id: Rule,
    pub(crate) name: Rule,
    pub(crate) metadata: Vec<(String, Rule)>,
}

/// What a target rule makes targets of.
#[derive(Debug, Clone)]
pub(crate) enum Over {
    /// The record itself: at most one target.
    Record,
    /// Each element of the array at this path.
    Each(Path),
    /// Each of these paths that is there; the text is the target's type.
    Members(Vec<(Path, String)>),
}

/// One `[[changes]]` table.
#[derive(Debug, Clone)]
pub(crate) struct ChangeRule {
    pub(crate) when: Vec<Condition>,
    pub(crate) source: ChangeSource,
}

/// Where a product keeps before and after.
#[derive(Debug, Clone)]
pub(crate) enum ChangeSource {
    /// Two places in the record, or in each element of an array.
    Places {
        each: Option<Path>,
        path: Vec<Piece>,
        op: Rule,
        old: Option<Path>,
        new: Option<Path>,
        diff: bool,
    },
    /// Members of one object whose names differ by a pattern with one `*`.
    Pairs { inside: Path, old: NamePattern, new: NamePattern },
    /// Members of one object that are new values; the product does not tell the old ones.
    Set { inside: Path },
}

/// A member name with one `*`.
#[derive(Debug, Clone)]
pub(crate) struct NamePattern {
    pub(crate) prefix: String,
    pub(crate) suffix: String,
}

impl NamePattern {
    /// The text that `*` stands for in `name`.
    pub(crate) fn capture<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(self.prefix.as_str())?.strip_suffix(self.suffix.as_str()).filter(|s| !s.is_empty())
    }

    /// The name where `*` stands for `captured`.
    pub(crate) fn fill(&self, captured: &str) -> String {
        format!("{}{captured}{}", self.prefix, self.suffix)
    }
}

/// Where the id of a record is, for skipping what was imported before.
#[derive(Debug, Clone, Default)]
pub(crate) struct SourceIdRule {
    pub(crate) from: Rule,
    /// The product promises that an id never stands for two records.
    pub(crate) unique: bool,
}

/// What makes a record one of this product.
#[derive(Debug, Clone, Default)]
pub(crate) struct Detect {
    pub(crate) all: Vec<Path>,
    pub(crate) any: Vec<Path>,
    pub(crate) when: Vec<Condition>,
}
