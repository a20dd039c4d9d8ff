//! All rows of a part that a read is about, for everything that counts instead of listing.

use roaring::RoaringBitmap;
use tallystick_query::Lowered;
use tallystick_segment::Rows;

use super::{
    Deadline,
    evaluate::{Matches, evaluate},
    parts::{Scope, TimeRange, Window, spans},
    residual::Residual,
};
use crate::error::ReadError;

/// What a counting read is about.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Whose events may be seen.
    pub scope: Scope,
    /// The query; `None` matches everything.
    pub query: Option<Lowered>,
    /// Bounds on the time of occurrence.
    pub range: TimeRange,
    /// When to answer with what is known so far.
    pub deadline: Deadline,
}

/// The rows of one part.
pub(super) struct Selected {
    pub(super) rows: RoaringBitmap,
    /// Every row was found to match; otherwise some are only candidates.
    pub(super) exact: bool,
}

impl Selection {
    /// The rows of a part that match, in scope and range.
    pub(super) fn of(&self, rows: &dyn Rows) -> Result<Selected, ReadError> {
        let range = self.range.within(self.query.as_ref());
        let spans = spans(rows, &self.scope, range);
        if spans.is_empty() {
            return Ok(Selected { rows: RoaringBitmap::new(), exact: true });
        }
        let matches = match &self.query {
            None => Matches::everything(),
            Some(query) => evaluate(rows, &query.expr)?,
        };
        let mut inside = RoaringBitmap::new();
        if !matches.is_empty() {
            for span in &spans {
                Window::of(rows, span, range)?.add_to(&mut inside);
            }
        }
        let candidates = matches.restrict(inside);
        let residual = Residual::new(self.query.as_ref(), &matches);
        if !residual.is_needed() {
            return Ok(Selected { rows: candidates, exact: true });
        }
        self.check(rows, &candidates, &residual)
    }

    fn check(
        &self,
        rows: &dyn Rows,
        candidates: &RoaringBitmap,
        residual: &Residual<'_>,
    ) -> Result<Selected, ReadError> {
        let mut checked = RoaringBitmap::new();
        let mut iter = candidates.iter();
        for row in iter.by_ref() {
            if residual.accepts(rows, row)? {
                checked.insert(row);
            }
            if self.deadline.passed() {
                break;
            }
        }
        let before = checked.len();
        checked.extend(iter);
        Ok(Selected { exact: checked.len() == before, rows: checked })
    }
}
