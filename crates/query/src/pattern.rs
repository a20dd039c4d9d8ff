//! A text with stars in it: `user.*`, `*@evil.example`. The only wildcard of the language; there are no regular
//! expressions.

use serde::Serialize;

/// Literal parts with "any characters, or none" between each two of them. One part = a plain text without a star.
///
/// `user.*` is `["user.", ""]`, `*` is `["", ""]`. Matching is plain character comparison: whoever matches folded
/// texts folds the pattern first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Pattern {
    /// The literal parts; never empty, and no two neighbours in the middle are both empty.
    pub parts: Vec<String>,
}

impl Pattern {
    /// A text without a star.
    pub fn literal(text: impl Into<String>) -> Self {
        Self { parts: vec![text.into()] }
    }

    /// The text, if there is no star.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// Whether this is only stars.
    pub fn is_any(&self) -> bool {
        self.parts.len() > 1 && self.parts.iter().all(String::is_empty)
    }

    /// What every match starts with; empty if the pattern starts with a star.
    pub fn prefix(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether the pattern is a prefix and one star at the end, so that a range of a sorted dictionary is the whole
    /// answer.
    pub fn is_prefix(&self) -> bool {
        self.parts.len() == 2 && self.parts[1].is_empty()
    }

    /// The same pattern with each literal part changed.
    #[must_use]
    pub fn map(&self, f: impl Fn(&str) -> String) -> Self {
        Self { parts: self.parts.iter().map(|part| f(part)).collect() }
    }

    /// Whether the whole of `text` matches. Linear in the text for each part: no backtracking.
    pub fn matches(&self, text: &str) -> bool {
        let (first, rest) = match self.parts.as_slice() {
            [] => return text.is_empty(),
            [one] => return one == text,
            [first, rest @ ..] => (first, rest),
        };
        let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
        let (last, middle) = rest.split_last().expect("more than one part");
        for part in middle {
            let Some(at) = left.find(part.as_str()) else { return false };
            left = &left[at + part.len()..];
        }
        left.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern { parts: text.split('*').map(str::to_owned).collect() }
    }

    #[test]
    fn stars_match_any_run_of_characters() {
        for (p, yes) in [
            ("a*", "a"),
            ("a*", "abc"),
            ("*a", "bca"),
            ("a*b*c", "axxbyyc"),
            ("*", ""),
            ("a*a", "aa"),
            ("*b*", "abc"),
        ] {
            assert!(pattern(p).matches(yes), "{p} {yes}");
        }
        for (p, no) in [("a*", "ba"), ("a*a", "a"), ("a*b*b", "ab"), ("a", "ab"), ("*b*", "ac")] {
            assert!(!pattern(p).matches(no), "{p} {no}");
        }
    }
}
