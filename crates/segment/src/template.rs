//! The unit `event` without what the columns already say: action, time, organization and outcome stand in it at known
//! places, and are cut out when the exact bytes can be put together again.
//!
//! Stored: empty for an absent unit; `0` and the bytes as they are; or the number of fraction digits of the time (3 or
//! 6), varint length of what stands between action and time, that, and what follows the outcome.

use tallystick_event::{Outcome, format_ms};

use crate::varint::{self, Cursor};

const WHOLE: u8 = 0;
const DIGITS: [u8; 2] = [3, 6];

/// What the columns say of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) action: &'a [u8],
    pub(crate) org: &'a str,
    pub(crate) occurred_us: i64,
    pub(crate) outcome: Outcome,
}

impl Known<'_> {
    fn push_start(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"action\":\"");
        out.extend_from_slice(self.action);
        out.push(b'"');
    }

    fn push_middle(&self, digits: u8, out: &mut Vec<u8>) {
        let time = format_ms(self.occurred_us.div_euclid(1000));
        out.extend_from_slice(b",\"occurred_at\":\"");
        if digits == DIGITS[0] {
            out.extend_from_slice(time.as_bytes());
        } else {
            out.extend_from_slice(&time.as_bytes()[..time.len() - 1]);
            let micros = self.occurred_us.rem_euclid(1000) as u16;
            out.extend([micros / 100, micros / 10 % 10, micros % 10].map(|digit| b'0' + digit as u8));
            out.push(b'Z');
        }
        out.extend_from_slice(b"\",\"org\":\"");
        out.extend_from_slice(self.org.as_bytes());
        out.extend_from_slice(b"\",\"outcome\":\"");
        out.extend_from_slice(self.outcome.as_str().as_bytes());
        out.push(b'"');
    }
}

/// Cuts and joins; keeps its buffer.
#[derive(Debug, Default)]
pub(crate) struct Template {
    buffer: Vec<u8>,
}

impl Template {
    /// Replaces the content of `out` with the stored form of a unit.
    pub(crate) fn cut(&mut self, unit: &[u8], known: &Known<'_>, out: &mut Vec<u8>) {
        out.clear();
        if unit.is_empty() {
            return;
        }
        self.buffer.clear();
        known.push_start(&mut self.buffer);
        if let Some(rest) = unit.strip_prefix(self.buffer.as_slice()) {
            let digits = if known.occurred_us.rem_euclid(1000) == 0 { DIGITS[0] } else { DIGITS[1] };
            self.buffer.clear();
            known.push_middle(digits, &mut self.buffer);
            // Mostly the time follows at once; an idempotency key may stand before it.
            let at = if rest.starts_with(&self.buffer) {
                Some(0)
            } else {
                rest.windows(self.buffer.len()).position(|window| window == self.buffer)
            };
            if let Some(at) = at {
                out.push(digits);
                varint::put(out, at as u64);
                out.extend_from_slice(&rest[..at]);
                out.extend_from_slice(&rest[at + self.buffer.len()..]);
                return;
            }
        }
        out.push(WHOLE);
        out.extend_from_slice(unit);
    }
}

/// Replaces the content of `out` with the unit; `None` if the bytes are no stored form.
pub(crate) fn join(stored: &[u8], known: &Known<'_>, out: &mut Vec<u8>) -> Option<()> {
    out.clear();
    let Some((&form, rest)) = stored.split_first() else { return Some(()) };
    if form == WHOLE {
        out.extend_from_slice(rest);
        return Some(());
    }
    if !DIGITS.contains(&form) {
        return None;
    }
    let mut cursor = Cursor::new(rest);
    let len = usize::try_from(cursor.varint()?).ok()?;
    known.push_start(out);
    out.extend_from_slice(cursor.take(len)?);
    known.push_middle(form, out);
    out.extend_from_slice(cursor.rest());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(unit: &str, occurred_us: i64) -> usize {
        let known = Known { action: b"a.b", org: "o1", occurred_us, outcome: Outcome::Denied };
        let (mut stored, mut back) = (Vec::new(), Vec::new());
        Template::default().cut(unit.as_bytes(), &known, &mut stored);
        assert_eq!(join(&stored, &known, &mut back), Some(()));
        assert_eq!(String::from_utf8(back).unwrap(), unit);
        stored.len()
    }

    #[test]
    fn usual_units_shrink_and_all_come_back() {
        let tail = r#""org":"o1","outcome":"denied","source":"key:k"}"#;
        let rest = r#","source":"key:k"}"#.len();
        let ms = format!(r#"{{"action":"a.b","occurred_at":"2026-11-20T10:00:00.123Z",{tail}"#);
        assert_eq!(round(&ms, 1_795_168_800_123_000), 2 + rest);
        let us = ms.replace(".123Z", ".123456Z");
        assert_eq!(round(&us, 1_795_168_800_123_456), 2 + rest);
        let key = ms.replace(r#""a.b","#, r#""a.b","idempotency_key":"x","#);
        assert_eq!(round(&key, 1_795_168_800_123_000), 2 + r#","idempotency_key":"x""#.len() + rest);
    }

    #[test]
    fn other_units_stay_whole() {
        for unit in
            ["{}", r#"{"action":"a.b"}"#, r#"{"action":"a.c","occurred_at":"2026-11-20T10:00:00.123Z"}"#, "x"]
        {
            assert_eq!(round(unit, 1_795_168_800_123_000), 1 + unit.len());
        }
        // Nanoseconds are not in the column.
        let ns = r#"{"action":"a.b","occurred_at":"2026-11-20T10:00:00.123000001Z","org":"o1","outcome":"denied"}"#;
        assert_eq!(round(ns, 1_795_168_800_123_000), 1 + ns.len());
        assert_eq!(round("", 0), 0);
    }

    #[test]
    fn other_bytes_are_refused() {
        let known = Known { action: b"a", org: "o", occurred_us: 0, outcome: Outcome::Success };
        for bytes in [&[9][..], &[3], &[3, 5, 1]] {
            assert_eq!(join(bytes, &known, &mut Vec::new()), None);
        }
    }
}
