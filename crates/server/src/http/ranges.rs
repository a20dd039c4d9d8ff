//! `Range` of RFC 9110, for files: one range of bytes. Whoever asks for several gets the whole, as the standard allows.

use axum::http::{HeaderMap, HeaderValue, header};

/// What of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From the first to the last byte, both included.
    Some {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
    },
    /// What the file does not have.
    None,
}

/// What a request with these headers asks for of a file of so many bytes with this entity tag.
pub fn part(headers: &HeaderMap, tag: &HeaderValue, bytes: u64) -> Part {
    // A part of another file would not fit to what the caller has.
    if headers.get(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Part::Whole;
    }
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    range.and_then(|range| read(range, bytes)).unwrap_or(Part::Whole)
}

/// None if it is not one well-formed range of bytes: then there is no range at all.
fn read(range: &str, bytes: u64) -> Option<Part> {
    let (unit, range) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") || range.contains(',') {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    if first.is_empty() {
        let suffix = number(last)?;
        return Some(match suffix.min(bytes) {
            0 => Part::None,
            suffix => Part::Some { first: bytes - suffix, last: bytes - 1 },
        });
    }
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return None;
    }
    Some(if first < bytes { Part::Some { first, last: last.min(bytes - 1) } } else { Part::None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_and_all_else_is_the_whole() {
        let some = |first, last| Some(Part::Some { first, last });
        for (range, expected) in [
            ("bytes=0-", some(0, 99)),
            ("bytes=10-19", some(10, 19)),
            ("Bytes=10-1000", some(10, 99)),
            ("bytes=-30", some(70, 99)),
            ("bytes=-1000", some(0, 99)),
            ("bytes=99999999999999999999-", Some(Part::None)),
            ("bytes=100-", Some(Part::None)),
            ("bytes=-0", Some(Part::None)),
            ("bytes=5-4", None),
            ("bytes=a-b", None),
            ("bytes=0-1,3-4", None),
            ("bytes=+1-2", None),
            ("lines=0-1", None),
            ("bytes", None),
        ] {
            assert_eq!(read(range, 100), expected, "{range}");
        }
        assert_eq!(read("bytes=0-", 0), Some(Part::None));
    }

    #[test]
    fn a_range_of_another_file_is_the_whole_of_this_one() {
        let tag = HeaderValue::from_static("\"now\"");
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=5-"));
        assert_eq!(part(&headers, &tag, 10), Part::Some { first: 5, last: 9 });
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"before\""));
        assert_eq!(part(&headers, &tag, 10), Part::Whole);
        headers.insert(header::IF_RANGE, tag.clone());
        assert_eq!(part(&headers, &tag, 10), Part::Some { first: 5, last: 9 });
    }
}
