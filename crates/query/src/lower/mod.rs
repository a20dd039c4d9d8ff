//! The query made ready to run: fields and values resolved to typed predicates on the event.
//!
//! An index maps each [`Leaf`] to its dictionary (the key tags of `event::terms` are named at each leaf); the matcher
//! of this crate answers the same leaves from one event. Both must agree: the leaf's documentation is the definition.

mod entity;
mod field;
mod leaf;
mod path;
mod resolve;
mod words;

pub use field::{KeyField, PathField, TimeField, WordField};
pub use leaf::{ActionTest, ChangedTest, Is, Leaf, PathTest, StringTest, TextBound};
pub(crate) use path::path_key;
pub use resolve::{LowerOptions, Me, lower};

/// A query as a tree over typed predicates. `And([])` matches everything, `Or([])` nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// One predicate.
    Leaf(Leaf),
}

impl Expr {
    /// Matches every event.
    pub const ALL: Self = Self::And(Vec::new());
    /// Matches no event.
    pub const NONE: Self = Self::Or(Vec::new());

    /// All of `parts`; one part stands for itself, an `And` inside is spliced in, and a part that matches nothing
    /// decides.
    pub fn and(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::And(inner) => flat.extend(inner),
                Self::Or(ref inner) if inner.is_empty() => return Self::NONE,
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::And(flat) }
    }

    /// Any of `parts`, simplified like [`Expr::and`].
    pub fn or(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut flat = Vec::new();
        for part in parts {
            match part {
                Self::Or(inner) => flat.extend(inner),
                Self::And(ref inner) if inner.is_empty() => return Self::ALL,
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Or(flat) }
    }
}

impl std::ops::Not for Expr {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            Self::And(parts) if parts.is_empty() => Self::NONE,
            Self::Or(parts) if parts.is_empty() => Self::ALL,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// A query ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Lowered {
    /// The predicate tree.
    pub expr: Expr,
}

impl Lowered {
    /// The half-open interval of microseconds outside of which no event can match, from the `created` terms that
    /// every
    /// match must satisfy. `(i64::MIN, i64::MAX)` if there are none.
    pub fn created_bounds(&self) -> (i64, i64) {
        let all = std::slice::from_ref(&self.expr);
        let parts = if let Expr::And(parts) = &self.expr { parts } else { all };
        parts.iter().fold((i64::MIN, i64::MAX), |(from, to), part| match part {
            Expr::Leaf(Leaf::Time { field: TimeField::Created, from_us, to_us }) => {
                (from.max(*from_us), to.min(*to_us))
            }
            _ => (from, to),
        })
    }
}
