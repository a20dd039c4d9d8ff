//! Times as products write them, to the one form that events have.
//!
//! Known: RFC 3339; the same with a space for `T`, without an offset (then UTC), with a comma before the
//! fraction or with fraction digits straight after the seconds; a date alone; and numbers since 1970 in
//! seconds, milliseconds, microseconds or nanoseconds, told apart by their size.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::limits::OCCURRED_AT_MIN_S;

/// RFC 3339 in UTC with 3, 6 or 9 fraction digits (as many as are needed), or `None` for what is not a
/// time, and for times before 2000.
pub(crate) fn rfc3339(text: &str) -> Option<String> {
    let text = text.trim();
    let (seconds, nanos) = if is_number(text) { from_number(text)? } else { from_calendar(text)? };
    (seconds >= OCCURRED_AT_MIN_S).then(|| format_utc(seconds, nanos)).flatten()
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A number since 1970. The limits between units leave seconds until the year 5138.
fn from_number(text: &str) -> Option<(i64, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok()?;
    let per_second: i64 = match whole.unsigned_abs() {
        0..100_000_000_000 => 1,
        100_000_000_000..100_000_000_000_000 => 1_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000_000,
        _ => 1_000_000_000,
    };
    let scale = 1_000_000_000 / per_second;
    let rest = whole.rem_euclid(per_second) * scale;
    let below = nanos(fraction)? as i64 / per_second;
    Some((whole.div_euclid(per_second), (rest + below) as u32))
}

fn from_calendar(text: &str) -> Option<(i64, u32)> {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| -> Option<i16> {
        let part = bytes.get(from..to)?;
        part.iter().try_fold(0i16, |n, b| b.is_ascii_digit().then(|| n * 10 + i16::from(b - b'0')))
    };
    let mark = |at: usize, marks: &[u8]| bytes.get(at).is_some_and(|b| marks.contains(b));
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    if !mark(4, b"-") || !mark(7, b"-") {
        return None;
    }
    if bytes.len() == 10 {
        return utc_seconds(year, month, day, (0, 0, 0), 0).map(|seconds| (seconds, 0));
    }
    let (hour, minute) = (digits(11, 13)?, digits(14, 16)?);
    if !mark(10, b"Tt ") || !mark(13, b":") {
        return None;
    }
    let (second, rest) =
        if mark(16, b":") { (digits(17, 19)?, text.get(19..)?) } else { (0, text.get(16..)?) };
    let rest = rest.strip_prefix(['.', ',']).unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let nanos = nanos(&rest[..end])?;
    let offset = offset_seconds(rest[end..].trim_start())?;
    // A leap second counts as the last second of its minute, because Unix time has no other place for it.
    let second = if second == 60 { 59 } else { second };
    utc_seconds(year, month, day, (hour, minute, second), offset).map(|seconds| (seconds, nanos))
}

fn utc_seconds(year: i16, month: i16, day: i16, clock: (i16, i16, i16), offset: i32) -> Option<i64> {
    let narrow = |n: i16| i8::try_from(n).ok();
    let (hour, minute, second) = (narrow(clock.0)?, narrow(clock.1)?, narrow(clock.2)?);
    let civil = DateTime::new(year, narrow(month)?, narrow(day)?, hour, minute, second, 0).ok()?;
    Some(Offset::UTC.to_timestamp(civil).ok()?.as_second() - i64::from(offset))
}

/// `Z`, `UTC`, nothing, `+hh:mm`, `-hhmm` or `+hh`, in seconds east of Greenwich.
fn offset_seconds(text: &str) -> Option<i32> {
    if matches!(text, "" | "Z" | "z" | "UTC" | "GMT") {
        return Some(0);
    }
    let sign = match text.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text[1..].chars().filter(|c| *c != ':').collect();
    if !digits.bytes().all(|b| b.is_ascii_digit()) || !matches!(digits.len(), 2 | 4) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = digits.get(2..4).map_or(Some(0), |m| m.parse().ok())?;
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// Fraction digits as nanoseconds; digits beyond the ninth are cut.
fn nanos(fraction: &str) -> Option<u32> {
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    Some(digits.fold(0, |n, b| n * 10 + u32::from(b - b'0')))
}

fn format_utc(seconds: i64, nanos: u32) -> Option<String> {
    let civil = Offset::UTC.to_datetime(jiff::Timestamp::from_second(seconds).ok()?);
    let (fraction, width) = match nanos {
        n if n % 1_000_000 == 0 => (n / 1_000_000, 3),
        n if n % 1_000 == 0 => (n / 1_000, 6),
        n => (n, 9),
    };
    let (year, month, day) = (civil.year(), civil.month(), civil.day());
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:0width$}Z"))
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn reads_what_products_write() {
        for (text, expected) in [
            ("2023-07-10T12:07:57Z", "2023-07-10T12:07:57.000Z"),
            ("2022-07-28 16:48:14", "2022-07-28T16:48:14.000Z"),
            ("2025-10-03 14:09:32.149000000", "2025-10-03T14:09:32.149Z"),
            ("2024-02-26T17:15:16.314854637Z", "2024-02-26T17:15:16.314854637Z"),
            ("2022-03-04T16:01:49.978756Z", "2022-03-04T16:01:49.978756Z"),
            ("2023-03-08T10:52:52.510-08:00", "2023-03-08T18:52:52.510Z"),
            ("2023-03-09 16:41:32.21", "2023-03-09T16:41:32.210Z"),
            ("2024-12-17 00:00:00000000", "2024-12-17T00:00:00.000Z"),
            ("2024-12-17T01:00+0100", "2024-12-17T00:00:00.000Z"),
            ("2024-12-17 00:00:00,5 UTC", "2024-12-17T00:00:00.500Z"),
            ("2024-12-17", "2024-12-17T00:00:00.000Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.000Z"),
            ("1621305118", "2021-05-18T02:31:58.000Z"),
            ("1621305118.25", "2021-05-18T02:31:58.250Z"),
            ("1621305118553", "2021-05-18T02:31:58.553Z"),
            ("1621305118553123", "2021-05-18T02:31:58.553123Z"),
            ("1621305118553123456", "2021-05-18T02:31:58.553123456Z"),
        ] {
            assert_eq!(rfc3339(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_time_of_an_event() {
        for text in [
            "",
            "now",
            "2023-13-01",
            "2023-02-30",
            "2023-07-10T25:00:00Z",
            "1999-12-31T23:59:59Z",
            "0",
            "-5",
            "2023-07-10T12:07:57+99:00",
            "2023-07-10T12:07:57 CET",
            "2023/07/10",
            "1.2.3",
            "12345678901234567890",
            "2023-07-10T12:07:61Z",
            "Jul 10, 2023",
        ] {
            assert_eq!(rfc3339(text), None, "{text}");
        }
    }
}
