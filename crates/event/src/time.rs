//! RFC 3339 in and out. Written by hand because it runs for every event and the grammar is small; the tests
//! compare it with a library.

const SECONDS_PER_DAY: i64 = 86_400;
const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// A moment with the precision it was given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Unix seconds, rounded down.
    pub(crate) seconds: i64,
    /// Nanoseconds of the second.
    pub(crate) nanos: u32,
}

impl Moment {
    pub(crate) fn from_ms(ms: i64) -> Moment {
        Moment { seconds: ms.div_euclid(1_000), nanos: ms.rem_euclid(1_000) as u32 * 1_000_000 }
    }

    /// Unix ms, rounded down.
    pub(crate) fn ms(self) -> i64 {
        self.seconds * 1_000 + i64::from(self.nanos / 1_000_000)
    }

    /// Unix microseconds, rounded down.
    pub(crate) fn us(self) -> i64 {
        self.seconds * 1_000_000 + i64::from(self.nanos / 1_000)
    }

    /// Reads an RFC 3339 time: date, `T`, `t` or a space, time, at most 9 fraction digits, `Z` or an offset. A leap
    /// second is the last second of its minute.
    pub(crate) fn parse(text: &str) -> Option<Moment> {
        let b = text.as_bytes();
        if b.len() < 20 || b[4] != b'-' || b[7] != b'-' || b[13] != b':' || b[16] != b':' {
            return None;
        }
        if !matches!(b[10], b'T' | b't' | b' ') {
            return None;
        }
        let (year, month, day) = (digits(&b[..4])?, digits(&b[5..7])?, digits(&b[8..10])?);
        let (hour, minute, second) = (digits(&b[11..13])?, digits(&b[14..16])?, digits(&b[17..19])?);
        let in_month = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        if !in_month || hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (nanos, rest) = fraction(&b[19..])?;
        let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
        let of_day = i64::from(hour * 3_600 + minute * 60 + second.min(59));
        Some(Moment { seconds: days * SECONDS_PER_DAY + of_day - offset_seconds(rest)?, nanos })
    }

    /// Appends the UTC form with 3, 6 or 9 fraction digits, as few as keep the value.
    pub(crate) fn write_to(self, out: &mut Vec<u8>) {
        let (year, month, day) = civil_from_days(self.seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = self.seconds.rem_euclid(SECONDS_PER_DAY) as u32;
        let mut text = *b"0000-00-00T00:00:00.";
        put(&mut text[..4], year as u32);
        put(&mut text[5..7], month);
        put(&mut text[8..10], day);
        put(&mut text[11..13], of_day / 3_600);
        put(&mut text[14..16], of_day / 60 % 60);
        put(&mut text[17..19], of_day % 60);
        out.extend_from_slice(&text);
        let mut fraction = [b'0'; 9];
        put(&mut fraction, self.nanos);
        let kept = match self.nanos {
            n if n % 1_000_000 == 0 => 3,
            n if n % 1_000 == 0 => 6,
            _ => 9,
        };
        out.extend_from_slice(&fraction[..kept]);
        out.push(b'Z');
    }
}

/// Appends Unix ms as UTC RFC 3339 with 3 fraction digits.
pub(crate) fn write_ms(out: &mut Vec<u8>, ms: i64) {
    Moment::from_ms(ms).write_to(out);
}

/// Unix ms as UTC RFC 3339 with 3 fraction digits, for years 0 to 9999.
pub fn format_ms(ms: i64) -> String {
    let mut out = Vec::with_capacity(24);
    write_ms(&mut out, ms);
    String::from_utf8(out).expect("digits are ASCII")
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |value, b| b.is_ascii_digit().then(|| value * 10 + u32::from(b - b'0')))
}

fn put(slot: &mut [u8], mut value: u32) {
    for byte in slot.iter_mut().rev() {
        *byte = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Nanoseconds and what follows them.
fn fraction(rest: &[u8]) -> Option<(u32, &[u8])> {
    let Some(after) = rest.strip_prefix(b".") else { return Some((0, rest)) };
    let len = after.iter().position(|b| !b.is_ascii_digit()).unwrap_or(after.len());
    if !(1..=9).contains(&len) {
        return None;
    }
    let scale = 10u32.pow(9 - len as u32);
    let nanos = digits(&after[..len])? * scale;
    debug_assert!(nanos < NANOS_PER_SECOND);
    Some((nanos, &after[len..]))
}

fn offset_seconds(zone: &[u8]) -> Option<i64> {
    let sign = match zone {
        [b'Z' | b'z'] => return Some(0),
        [b'+', ..] => 1,
        [b'-', ..] => -1,
        _ => return None,
    };
    if zone.len() != 6 || zone[3] != b':' {
        return None;
    }
    let (hours, minutes) = (digits(&zone[1..3])?, digits(&zone[4..6])?);
    (hours <= 23 && minutes <= 59).then(|| sign * i64::from(hours * 3_600 + minutes * 60))
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(moment: Moment) -> String {
        let mut out = Vec::new();
        moment.write_to(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn forms() {
        for (given, expected) in [
            ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000Z"),
            ("2026-11-20t10:00:00.1234z", "2026-11-20T10:00:00.123400Z"),
            ("2026-11-20 10:00:00.123000+02:00", "2026-11-20T08:00:00.123Z"),
            ("2024-02-29T23:59:60.5-00:30", "2024-03-01T00:29:59.500Z"),
            ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456789Z"),
        ] {
            assert_eq!(Moment::parse(given).map(text).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn refused() {
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T10:00:00",
            "2026-11-20T10:00Z",
            "2026-13-20T10:00:00Z",
            "2026-02-29T10:00:00Z",
            "2026-11-20T24:00:00Z",
            "2026-11-20T10:00:00.Z",
            "2026-11-20T10:00:00.1234567890Z",
            "2026-11-20T10:00:00+0200",
            "2026-11-20T10:00:00Z ",
            "2026-11-20T10:00:00[UTC]",
            "+026-11-20T10:00:00Z",
            "1795168803059",
        ] {
            assert_eq!(Moment::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn equals_a_library(seconds in 0i64..253_402_300_799, nanos in 0u32..NANOS_PER_SECOND) {
            let ours = Moment { seconds, nanos };
            let theirs: jiff::Timestamp = text(ours).parse().unwrap();
            prop_assert_eq!((theirs.as_second(), theirs.subsec_nanosecond()), (seconds, nanos as i32));
            prop_assert_eq!(Moment::parse(&theirs.to_string()), Some(ours));
        }
    }
}
