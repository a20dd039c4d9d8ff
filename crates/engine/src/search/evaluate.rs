//! From a query to a set of rows of one part, by set operations over its index.
//!
//! Where the index alone cannot tell (exact case, a phrase inside a very long value, two conditions on one
//! target), a leaf gives two sets: rows that may match and rows that must match. A negation swaps the two, so
//! the result of a whole query is always a superset of the answer, exact unless said otherwise; the residual
//! check on the events decides the rest.

use std::ops::Range;

use roaring::RoaringBitmap;
use tallystick_query::{Expr, Leaf};
use tallystick_segment::{Row, Rows};

use super::leaf;
use crate::error::ReadError;

/// Which of a leaf's two sets is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Everything that may match: a superset of the answer.
    May,
    /// Only what surely matches: a subset of the answer.
    Must,
}

impl Side {
    fn flip(self) -> Self {
        match self {
            Self::May => Self::Must,
            Self::Must => Self::May,
        }
    }
}

/// The rows of a part that may match a query.
#[derive(Debug, Clone)]
pub(super) struct Matches {
    /// `None` stands for all rows.
    rows: Option<RoaringBitmap>,
    /// Every one of them does match.
    pub(super) exact: bool,
}

impl Matches {
    pub(super) fn everything() -> Self {
        Self { rows: None, exact: true }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.as_ref().is_some_and(RoaringBitmap::is_empty)
    }

    /// Rows of a contiguous range in ascending or descending order.
    pub(super) fn in_order(&self, range: Range<Row>, descending: bool) -> Box<dyn Iterator<Item = Row> + '_> {
        match (&self.rows, descending) {
            (None, false) => Box::new(range),
            (None, true) => Box::new(range.rev()),
            (Some(rows), false) => Box::new(rows.range(range)),
            (Some(rows), true) => Box::new(rows.range(range).rev()),
        }
    }

    /// Those of `inside` that match.
    pub(super) fn restrict(&self, mut inside: RoaringBitmap) -> RoaringBitmap {
        if let Some(rows) = &self.rows {
            inside &= rows;
        }
        inside
    }
}

/// What a leaf says about a part's rows.
pub(super) enum LeafRows {
    /// These rows match, all others do not.
    Exact(RoaringBitmap),
    /// Only these rows can match; each has to be checked, except those in `must`.
    Inexact { may: RoaringBitmap, must: RoaringBitmap },
}

impl LeafRows {
    pub(super) fn may(may: RoaringBitmap) -> Self {
        Self::Inexact { may, must: RoaringBitmap::new() }
    }
}

/// Answers a query on one part.
pub(super) fn evaluate(rows: &dyn Rows, query: &Expr) -> Result<Matches, ReadError> {
    if matches!(query, Expr::And(children) if children.is_empty()) {
        return Ok(Matches::everything());
    }
    let mut evaluator = Evaluator { rows, exact: true };
    let set = evaluator.set(query, Side::May)?;
    Ok(Matches { rows: Some(set), exact: evaluator.exact })
}

struct Evaluator<'a> {
    rows: &'a dyn Rows,
    exact: bool,
}

impl Evaluator<'_> {
    fn set(&mut self, expr: &Expr, side: Side) -> Result<RoaringBitmap, ReadError> {
        match expr {
            Expr::And(children) => self.all(children, side),
            Expr::Or(children) => {
                let mut union = RoaringBitmap::new();
                for child in children {
                    union |= self.set(child, side)?;
                }
                Ok(union)
            }
            Expr::Not(child) => {
                let mut complement = every_row(self.rows);
                complement -= self.set(child, side.flip())?;
                Ok(complement)
            }
            Expr::Leaf(leaf) => match leaf::rows_of(self.rows, leaf)? {
                LeafRows::Exact(set) => Ok(set),
                LeafRows::Inexact { may, must } => {
                    self.exact = false;
                    Ok(if side == Side::May { may } else { must })
                }
            },
        }
    }

    fn all(&mut self, children: &[Expr], side: Side) -> Result<RoaringBitmap, ReadError> {
        // Cheap and selective leaves first; an empty intersection ends it.
        let mut ordered: Vec<&Expr> = children.iter().collect();
        ordered.sort_by_key(|child| cost(child));
        let mut result: Option<RoaringBitmap> = None;
        for child in ordered {
            let set = self.set(child, side)?;
            let narrowed = match result {
                None => set,
                Some(before) => before & set,
            };
            if narrowed.is_empty() {
                return Ok(narrowed);
            }
            result = Some(narrowed);
        }
        Ok(result.unwrap_or_else(|| every_row(self.rows)))
    }
}

/// All rows of a part.
pub(super) fn every_row(rows: &dyn Rows) -> RoaringBitmap {
    let mut all = RoaringBitmap::new();
    all.insert_range(0..rows.len());
    all
}

/// Rough order of evaluation; only speed depends on it.
fn cost(expr: &Expr) -> u32 {
    match expr {
        Expr::Leaf(leaf) => match leaf {
            Leaf::EventId(_) | Leaf::Opaque { .. } => 0,
            Leaf::Key { .. } | Leaf::TargetKey { .. } | Leaf::Path { .. } => 1,
            Leaf::Text { .. } | Leaf::Words { .. } | Leaf::Action(_) | Leaf::Changed(_) | Leaf::Ip { .. } => {
                2
            }
            Leaf::Outcome(_) | Leaf::Crud(_) | Leaf::Has(_) => 3,
            _ => 4,
        },
        Expr::And(_) => 3,
        Expr::Or(_) => 4,
        Expr::Not(_) => 5,
    }
}
