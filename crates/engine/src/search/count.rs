//! How many events match.

use super::{parts::parts, select::Selection};
use crate::{Engine, error::ReadError};

/// A number of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Events.
    pub count: u64,
    /// `false` when time ran out: some events were counted without the last check, so it is an upper bound.
    pub exact: bool,
}

impl Engine {
    /// Counts matching events. Blocks; call it off the async threads.
    pub fn count(&self, selection: &Selection) -> Result<Count, ReadError> {
        self.require_scope(&selection.scope)?;
        let mut total = Count { count: 0, exact: true };
        for part in parts(&self.view()) {
            let selected = part.read(|rows| selection.of(rows))?;
            total.count += selected.rows.len();
            total.exact &= selected.exact;
        }
        Ok(total)
    }
}
