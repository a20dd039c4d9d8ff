//! Pages of lists: `limit` and `cursor` as every list takes them, and `next_cursor` as it answers.

use std::{fmt::Display, str::FromStr};

use super::params::Params;
use crate::error::{ApiError, ErrorCode};

/// Entries on a page unless asked otherwise.
const LIMIT_DEFAULT: usize = 100;
/// Most entries on a page.
pub const LIMIT_MAX: usize = 1_000;

/// What page of a list in order of ids is asked for.
#[derive(Debug)]
pub struct Page<Id> {
    limit: usize,
    after: Option<Id>,
}

impl<Id: FromStr + Display + Ord> Page<Id> {
    /// Takes `limit` and `cursor`, which is the last id of the page before.
    pub fn take(params: &mut Params) -> Result<Self, ApiError> {
        let limit = params.number("limit", LIMIT_DEFAULT, LIMIT_MAX)?;
        let after = params.text("cursor")?.map(|text| text.parse().map_err(|_| bad_cursor())).transpose()?;
        Ok(Self { limit, after })
    }

    /// Most entries of the page, at most [`LIMIT_MAX`].
    pub fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// Entries come after this one; from the first without.
    pub fn after(&self) -> Option<&Id> {
        self.after.as_ref()
    }

    /// The part of a whole list of ids that the page shows.
    pub fn of(&self, mut ids: Vec<Id>) -> Vec<Id> {
        ids.sort_unstable();
        ids.into_iter().filter(|id| self.after.as_ref() < Some(id)).take(self.limit).collect()
    }

    /// Where the next page goes on, if this one is full.
    pub fn next_cursor<T, D: Display + ?Sized>(&self, found: &[T], id: impl Fn(&T) -> &D) -> Option<String> {
        found.last().filter(|_| found.len() == self.limit).map(|last| id(last).to_string())
    }
}

fn bad_cursor() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidCursor,
        "the cursor is not one that this list gave out; start without a cursor",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_list_are_the_list() {
        let mut after = None;
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let page = Page::<u8> { limit: 2, after };
            let found = page.of(vec![5, 1, 4, 2, 3]);
            seen.extend(&found);
            let Some(next) = page.next_cursor(&found, |id| id) else { break };
            after = Some(next.parse().unwrap());
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        let full = Page::<u8> { limit: 2, after: Some(3) };
        assert_eq!(
            full.next_cursor(&full.of(vec![4, 5]), |id| id),
            Some("5".to_owned()),
            "there may be more"
        );
    }
}
