//! Tests of single values.

use std::cmp::Ordering;

use tallystick_event::text::fold;

use super::facts::{ChangedPath, Key, Scalar};
use crate::lower::{ActionTest, ChangedTest, PathTest, StringTest, TextBound};
use crate::number::order_at;

impl ActionTest {
    /// Whether an action passes.
    pub fn matches(&self, action: &str) -> bool {
        let below = |category: &str, action: &str| {
            action.strip_prefix(category).is_some_and(|rest| rest.starts_with('.'))
        };
        match self {
            Self::Exact(exact) => action == exact,
            Self::Category(category) => {
                let action = fold(action);
                *action == **category || below(category, &action)
            }
            Self::Below(category) => below(category, &fold(action)),
            Self::Glob(pattern) => pattern.matches(&fold(action)),
        }
    }
}

impl ChangedTest {
    /// Whether a changed path passes.
    pub(super) fn matches(&self, path: &ChangedPath) -> bool {
        match self {
            Self::Named(name) => {
                let folded = path.folded.as_str();
                folded == name
                    || folded.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'))
                    || folded.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            Self::IsExactly(exact) => path.exact == *exact,
            Self::Glob(pattern) => pattern.matches(&path.folded),
        }
    }
}

impl StringTest {
    pub(super) fn matches(&self, key: &Key) -> bool {
        match self {
            Self::Equals(text) => key.compared() == text,
            Self::IsExactly(text) => key.exact == *text,
            Self::Glob(pattern) => pattern.matches(key.compared()),
            Self::Exists => true,
        }
    }
}

impl PathTest {
    pub(super) fn matches(&self, value: &Scalar) -> bool {
        match (self, value) {
            (Self::Exists, _) => true,
            (Self::Equals { boolean, .. }, Scalar::Bool(value)) => *boolean == Some(*value),
            (Self::Equals { number, .. }, Scalar::Number(value)) => *number == Some(*value),
            (Self::Equals { text, exact, .. }, Scalar::Text { exact: value, folded }) => {
                exact.as_ref().map_or(folded == text, |exact| exact == value)
            }
            (Self::Numbers { from, to }, Scalar::Number(value)) => {
                let above = if from.1 { *value >= from.0 } else { *value > from.0 };
                let below = if to.1 { *value <= to.0 } else { *value < to.0 };
                above && below
            }
            (Self::Texts { from, to }, Scalar::Text { folded, .. }) => {
                from.as_ref().is_none_or(|from| within(folded, from, Ordering::Greater))
                    && to.as_ref().is_none_or(|to| within(folded, to, Ordering::Less))
            }
            (Self::Glob(pattern), Scalar::Text { folded, .. }) => pattern.matches(folded),
            _ => false,
        }
    }
}

fn within(text: &str, bound: &TextBound, side: Ordering) -> bool {
    match order_at(text, &bound.text) {
        Ordering::Equal => bound.inclusive,
        order => order == side,
    }
}
