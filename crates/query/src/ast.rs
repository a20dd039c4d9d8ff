//! The query as written: what the parser makes, what the canonical form prints, what the interface turns into chips.
//! To run a query use the lowered form in `lower`.

use serde::Serialize;

use crate::addr::Network;
use crate::fields::FieldRef;
use crate::pattern::Pattern;
use crate::span::Span;
use crate::time::TimeExpr;

/// A parsed query. Its canonical text is its `Display`.
///
/// Two queries are the same search exactly when their canonical texts are equal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Query {
    /// `None` for an empty text, which matches every event.
    pub root: Option<Node>,
}

/// One node of the query. `And` and `Or` are flat: no child of an `And` is an `And`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Node {
    /// All children match.
    And {
        /// At least two.
        children: Vec<Node>,
        /// From the first child to the last.
        span: Span,
    },
    /// Any child matches.
    Or {
        /// At least two.
        children: Vec<Node>,
        /// From the first child to the last.
        span: Span,
    },
    /// The child does not match.
    Not {
        /// What must not match.
        child: Box<Node>,
        /// With the `-` or `NOT`.
        span: Span,
    },
    /// Free text: a word or a quoted phrase.
    Text {
        /// What to look for.
        pattern: Pattern,
        /// With the quotes.
        span: Span,
    },
    /// `field:value,value`; inside a group of the same field, just `value,value`.
    Term(Term),
    /// `field:( ... )`.
    Group {
        /// The field that plain values inside belong to. For `actor` and `target`, sub-fields inside carry their
        /// full name.
        field: FieldRef,
        /// What stands between the parentheses.
        child: Box<Node>,
        /// With the field and both parentheses.
        span: Span,
    },
}

impl Node {
    /// The place of the node in the text.
    pub fn span(&self) -> Span {
        match self {
            Self::And { span, .. }
            | Self::Or { span, .. }
            | Self::Not { span, .. }
            | Self::Text { span, .. }
            | Self::Group { span, .. } => *span,
            Self::Term(term) => term.span,
        }
    }
}

/// A field and the values that it may have; any one of them is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The field, aliases resolved.
    pub field: FieldRef,
    /// At least one.
    pub items: Vec<Item>,
    /// With the field.
    pub span: Span,
}

/// One entry of a value list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// What the value must be.
    #[serde(flatten)]
    pub test: Test,
    /// With its operator.
    pub span: Span,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "test", rename_all = "snake_case")]
pub enum Test {
    /// `*`: the field is there.
    Exists,
    /// A text with stars.
    Glob {
        /// At least one star and at least one character besides.
        pattern: Pattern,
    },
    /// `value`, `=value`, `>value`...
    Compare {
        /// The operator, `Eq` if none is written.
        op: Op,
        /// The value.
        value: Value,
    },
    /// `from..to`, both ends included, at least one of them written.
    Range {
        /// Lower end.
        from: Option<Value>,
        /// Upper end.
        to: Option<Value>,
    },
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// No operator: the field's own idea of equality.
    Eq,
    /// `=`: exactly, in this case, and for an action without what is below it.
    Is,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `<`
    Lt,
    /// `<=`
    Le,
}

impl Op {
    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "",
            Self::Is => "=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Lt => "<",
            Self::Le => "<=",
        }
    }
}

/// A value, checked against the field's type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// A text: ids, names, keywords, actions, paths, and values of metadata whatever they look like.
    Text(String),
    /// One word of a closed list, in its canonical form.
    Word(&'static str),
    /// A sequence number.
    Number(u64),
    /// An address or a network.
    Ip(Network),
    /// A time or an interval.
    Time(TimeExpr),
}
