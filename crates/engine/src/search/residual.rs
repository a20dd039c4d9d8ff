//! The check on the event itself, for queries that the index answers with too many rows.

use tallystick_query::Lowered;
use tallystick_segment::{Row, Rows};

use super::evaluate::Matches;
use crate::{error::ReadError, facts};

/// Checks rows, if the index was not exact.
pub(super) struct Residual<'a> {
    query: Option<&'a Lowered>,
}

impl<'a> Residual<'a> {
    pub(super) fn new(query: Option<&'a Lowered>, matches: &Matches) -> Self {
        Self { query: query.filter(|_| !matches.exact) }
    }

    /// Whether rows have to be checked at all.
    pub(super) fn is_needed(&self) -> bool {
        self.query.is_some()
    }

    /// Whether a row matches.
    pub(super) fn accepts(&self, rows: &dyn Rows, row: Row) -> Result<bool, ReadError> {
        let Some(query) = self.query else { return Ok(true) };
        let facts = facts::of(&rows.meta(row)?, &rows.units(row)?)?;
        Ok(tallystick_query::matches(query, &facts))
    }
}
