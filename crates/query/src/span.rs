//! Places in a query text. Everything public counts UTF-16 code units, because the editor that underlines the place
//! is a browser; the parser counts bytes and translates here.

use serde::{Serialize, Serializer};

/// A half-open place `[start, end)` in the query text, in UTF-16 code units. Serialised as `[start, end]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First code unit.
    pub start: u32,
    /// One past the last code unit.
    pub end: u32,
}

impl Span {
    /// The smallest span that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.start, self.end).serialize(serializer)
    }
}

/// Translates byte offsets of one text to UTF-16 offsets.
#[derive(Debug)]
pub(crate) struct Utf16Map {
    /// `units[byte]` = UTF-16 units before that byte; empty for an ASCII text, where both are equal.
    units: Vec<u32>,
}

impl Utf16Map {
    pub(crate) fn new(text: &str) -> Self {
        if text.is_ascii() {
            return Self { units: Vec::new() };
        }
        let mut units = Vec::with_capacity(text.len() + 1);
        let mut count = 0;
        for c in text.chars() {
            units.extend(std::iter::repeat_n(count, c.len_utf8()));
            count += c.len_utf16() as u32;
        }
        units.push(count);
        Self { units }
    }

    /// The span of the bytes `[start, end)`; both must lie on character boundaries of the text.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span { start: self.unit(start), end: self.unit(end) }
    }

    fn unit(&self, byte: usize) -> u32 {
        if self.units.is_empty() { byte as u32 } else { self.units[byte.min(self.units.len() - 1)] }
    }
}

/// The byte offset of a UTF-16 offset in `text`; offsets past the end give the end.
pub(crate) fn byte_of(text: &str, unit: u32) -> usize {
    let mut count = 0;
    for (byte, c) in text.char_indices() {
        if count >= unit {
            return byte;
        }
        count += c.len_utf16() as u32;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_offsets_count_surrogates_twice() {
        let text = "aé日😀b";
        let map = Utf16Map::new(text);
        let b = text.find('b').unwrap();
        assert_eq!(map.span(b, b + 1), Span { start: 5, end: 6 });
        assert_eq!(byte_of(text, 5), b);
        assert_eq!(byte_of(text, 99), text.len());
    }
}
