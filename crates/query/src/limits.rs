//! The limits of a query, in one place. Each has its own error code, so nothing is cut silently.

/// Longest query text, in UTF-16 code units (what a browser calls the length of a string).
pub const QUERY_CHARS_MAX: usize = 4_096;
/// Most terms in one query: every word, phrase, `field:value` and `field:(` counts one.
pub const QUERY_TERMS_MAX: usize = 64;
/// Deepest nesting of parentheses and negations.
pub const QUERY_DEPTH_MAX: usize = 16;
/// Most values in one comma list.
pub const LIST_VALUES_MAX: usize = 64;
/// Most errors reported for one query; parsing goes on after an error until this many are found.
pub const ERRORS_MAX: usize = 5;
/// Most warnings reported for one query.
pub const WARNINGS_MAX: usize = 16;
/// An event is late when it was received more than this long after it occurred, in microseconds (5 minutes).
pub const LATE_AFTER_US: i64 = 5 * 60 * 1_000_000;
