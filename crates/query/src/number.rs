//! Numbers and text order in open fields, where the value decides the type.

use std::cmp::Ordering;

use tallystick_event::text::fold;

/// The number that `text` reads as: JSON's number syntax, leading zeros allowed, finite.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shaped = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !shaped {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// Order of folded texts at the precision of the bound: what begins with the bound is equal to it.
pub(crate) fn order_at(text: &str, bound: &str) -> Ordering {
    if text.starts_with(bound) { Ordering::Equal } else { text.cmp(bound) }
}

/// Whether a range of texts ends before it starts.
pub(crate) fn text_reversed(low: &str, high: &str) -> bool {
    order_at(&fold(low), &fold(high)) == Ordering::Greater
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finite_decimal_numbers_are_numbers() {
        for (text, number) in [("5", 5.0), ("-0.5", -0.5), ("1e3", 1000.0), ("007", 7.0), ("1E-2", 0.01)] {
            assert_eq!(parse(text), Some(number));
        }
        for text in ["", "-", "inf", "NaN", "1e999", "+5", ".5", "1_000", "0x10", "5 ", "1-2", "２"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
