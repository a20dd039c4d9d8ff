//! Dates and clock times of the simulation, in plain integer arithmetic. It exists because the simulation must not
//! read a time zone database (that would be IO, and its answers change): every person has a fixed offset from UTC.

/// Milliseconds.
pub(crate) const SECOND: i64 = 1_000;
/// Milliseconds.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// Milliseconds.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// Milliseconds.
pub(crate) const DAY: i64 = 24 * HOUR;

/// Days since 1970-01-01 of an instant in Unix milliseconds.
pub(crate) fn day_of(ms: i64) -> i64 {
    ms.div_euclid(DAY)
}

/// 0 is Monday, 6 is Sunday. 1970-01-01 was a Thursday.
pub(crate) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

/// Weeks since the Monday before 1970-01-01: a number that changes on Mondays.
pub(crate) fn week(day: i64) -> i64 {
    (day + 3).div_euclid(7)
}

/// Year, month and day of a day number, in the proleptic Gregorian calendar
/// (the algorithm of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_month)
}

/// `2026-11-20T10:00:00.123Z`.
pub(crate) fn rfc3339(ms: i64) -> String {
    let (year, month, day) = civil(day_of(ms));
    let rest = ms.rem_euclid(DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        rest / HOUR,
        rest / MINUTE % 60,
        rest / SECOND % 60,
        rest % SECOND
    )
}

/// `2026-11-20`.
pub(crate) fn date(ms: i64) -> String {
    let (year, month, day) = civil(day_of(ms));
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_instants() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_763_633_106_007), "2025-11-20T10:05:06.007Z");
        assert_eq!(rfc3339(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
        assert_eq!(date(-1), "1969-12-31");
    }

    #[test]
    fn weeks_change_on_mondays() {
        let monday = day_of(1_763_337_600_000); // 2025-11-17
        assert_eq!(weekday(monday), 0);
        assert_eq!(weekday(monday + 6), 6);
        assert_eq!(week(monday) - week(monday - 1), 1);
        assert_eq!(week(monday), week(monday + 6));
    }
}
