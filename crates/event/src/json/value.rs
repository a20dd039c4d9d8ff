//! Free JSON of an event (`metadata`, `old`, `new`) as a tree that borrows from the input.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::limits::{JSON_DEPTH_MAX, SAFE_INTEGER_MAX};

/// Members of an object. Sorted by name in canonical order once read.
pub(crate) type Members<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A JSON value that passed the checks of I-JSON (RFC 7493).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// Finite, never -0, and an integer only within ±(2^53-1) or printed with an exponent.
    Number(f64),
    String(Cow<'a, str>),
    Array(Vec<Value<'a>>),
    Object(Members<'a>),
}

/// Order of member names: by UTF-16 code units, which differs from byte order only above U+FFFF.
pub(crate) fn name_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() || b.is_ascii() {
        // A code unit of an ASCII text is its byte, and every other code unit is larger in both orders.
        return a.as_bytes().cmp(b.as_bytes());
    }
    a.encode_utf16().cmp(b.encode_utf16())
}

/// Sorts members; `Err` has a name that occurs twice.
pub(crate) fn sort_members<'m>(members: &'m mut Members<'_>) -> Result<(), &'m str> {
    if !members.is_sorted_by(|a, b| name_order(&a.0, &b.0) == Ordering::Less) {
        members.sort_unstable_by(|a, b| name_order(&a.0, &b.0));
    }
    let twice = members.windows(2).position(|pair| pair[0].0 == pair[1].0);
    match twice {
        Some(i) => Err(&members[i].0),
        None => Ok(()),
    }
}

/// Whether a number read from a literal with a fraction or an exponent is one that every reader reads back: its
/// canonical form must not be an integer beyond 2^53-1.
pub(crate) fn is_safe_float(number: f64) -> bool {
    /// From here on ECMAScript prints an exponent.
    const EXPONENT_FROM: f64 = 1e21;
    number.is_finite() && (number.abs() <= SAFE_INTEGER_MAX as f64 || number.abs() >= EXPONENT_FROM)
}

/// How many levels of arrays and objects a free value may still open.
pub(crate) const FREE_DEPTH: usize = JSON_DEPTH_MAX;
