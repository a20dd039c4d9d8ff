//! Clock-aligned buckets of a histogram: whole seconds, minutes, hours, days, weeks or months of a time zone.

use jiff::{Timestamp, ToSpan, Unit, Zoned, ZonedRound, tz::TimeZone};

use super::parts::TimeRange;

/// Width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    unit: Unit,
    count: i64,
}

/// The widths to choose from, with their (nominal) length in seconds.
const LADDER: &[(Interval, i64)] = &[
    (Interval::new(Unit::Second, 1), 1),
    (Interval::new(Unit::Second, 5), 5),
    (Interval::new(Unit::Second, 10), 10),
    (Interval::new(Unit::Second, 30), 30),
    (Interval::new(Unit::Minute, 1), 60),
    (Interval::new(Unit::Minute, 5), 300),
    (Interval::new(Unit::Minute, 10), 600),
    (Interval::new(Unit::Minute, 30), 1_800),
    (Interval::new(Unit::Hour, 1), 3_600),
    (Interval::new(Unit::Hour, 3), 10_800),
    (Interval::new(Unit::Hour, 6), 21_600),
    (Interval::new(Unit::Hour, 12), 43_200),
    (Interval::new(Unit::Day, 1), 86_400),
    (Interval::new(Unit::Week, 1), 604_800),
    (Interval::new(Unit::Month, 1), 2_629_746),
    (Interval::new(Unit::Month, 3), 7_889_238),
    (Interval::new(Unit::Year, 1), 31_556_952),
];

impl Interval {
    /// One hour.
    pub const HOUR: Self = Self::new(Unit::Hour, 1);

    const fn new(unit: Unit, count: i64) -> Self {
        Self { unit, count }
    }

    fn span(self) -> jiff::Span {
        match self.unit {
            Unit::Second => self.count.seconds(),
            Unit::Minute => self.count.minutes(),
            Unit::Hour => self.count.hours(),
            Unit::Day => self.count.days(),
            Unit::Week => self.count.weeks(),
            Unit::Month => self.count.months(),
            _ => self.count.years(),
        }
    }

    /// The last boundary at or before a time.
    fn floor(self, time: &Zoned) -> Result<Zoned, jiff::Error> {
        let midnight = time.start_of_day()?;
        match self.unit {
            Unit::Second | Unit::Minute | Unit::Hour => time.round(
                ZonedRound::new().smallest(self.unit).increment(self.count).mode(jiff::RoundMode::Trunc),
            ),
            Unit::Day => Ok(midnight),
            Unit::Week => midnight
                .checked_sub(i64::from(midnight.weekday().to_monday_zero_offset()).days())?
                .start_of_day(),
            Unit::Month => {
                let months = (i64::from(midnight.month()) - 1) % self.count;
                midnight.first_of_month()?.checked_sub(months.months())?.start_of_day()
            }
            _ => midnight.first_of_year()?.start_of_day(),
        }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            Unit::Second => "s",
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Week => "w",
            Unit::Month => "mo",
            _ => "y",
        };
        write!(f, "{}{unit}", self.count)
    }
}

/// The boundaries of all buckets.
#[derive(Debug)]
pub(super) struct Grid {
    interval: Interval,
    /// One more than there are buckets.
    boundaries: Vec<i64>,
}

impl Grid {
    /// At most `buckets` buckets that cover a range.
    pub(super) fn over(range: TimeRange, buckets: usize, zone: &TimeZone) -> Self {
        let buckets = buckets.max(1) as i64;
        let seconds = (range.to_us.saturating_sub(range.from_us)) / 1_000_000;
        let fits = |(_, length): &&(Interval, i64)| seconds / length + 2 <= buckets;
        let interval = LADDER.iter().find(fits).map_or(LADDER[LADDER.len() - 1].0, |(interval, _)| *interval);
        // Times outside jiff's range (years -9999 to 9999) cannot come from events; they fall into one bucket.
        let boundaries =
            boundaries(range, interval, zone).unwrap_or_else(|_| vec![range.from_us, range.to_us]);
        Self { interval, boundaries }
    }

    pub(super) fn interval(&self) -> Interval {
        self.interval
    }

    /// Start of each bucket.
    pub(super) fn starts(&self) -> impl Iterator<Item = i64> + '_ {
        self.boundaries[..self.boundaries.len() - 1].iter().copied()
    }

    /// Start of bucket `index`; that of the one after the last is the end.
    pub(super) fn start_of(&self, index: usize) -> i64 {
        self.boundaries[index]
    }

    /// The bucket a time is in.
    pub(super) fn bucket_of(&self, time_us: i64) -> Option<usize> {
        let after = self.boundaries.partition_point(|boundary| *boundary <= time_us);
        (after > 0 && after < self.boundaries.len()).then(|| after - 1)
    }
}

fn boundaries(range: TimeRange, interval: Interval, zone: &TimeZone) -> Result<Vec<i64>, jiff::Error> {
    let start = Timestamp::from_microsecond(range.from_us)?.to_zoned(zone.clone());
    let mut next = interval.floor(&start)?;
    let mut boundaries = vec![next.timestamp().as_microsecond()];
    while next.timestamp().as_microsecond() < range.to_us {
        next = next.checked_add(interval.span())?;
        boundaries.push(next.timestamp().as_microsecond());
    }
    Ok(boundaries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn grid(from: &str, to: &str, buckets: usize, zone: &str) -> Grid {
        let zone = TimeZone::get(zone).unwrap();
        Grid::over(TimeRange { from_us: us(from), to_us: us(to) }, buckets, &zone)
    }

    #[test]
    fn buckets_are_aligned_to_the_clock_and_cover_the_range() {
        let grid = grid("2026-11-20T10:07:00Z", "2026-11-20T12:02:00Z", 30, "UTC");
        assert_eq!(grid.interval().to_string(), "5m");
        assert_eq!(grid.start_of(0), us("2026-11-20T10:05:00Z"));
        assert_eq!(grid.starts().count(), 24);
        assert_eq!(grid.bucket_of(us("2026-11-20T10:04:59Z")), None);
        assert_eq!(grid.bucket_of(us("2026-11-20T10:07:00Z")), Some(0));
        assert_eq!(grid.bucket_of(us("2026-11-20T12:01:59Z")), Some(23));
        assert_eq!(grid.bucket_of(us("2026-11-20T12:05:00Z")), None);
    }

    #[test]
    fn days_are_those_of_the_zone_even_when_clocks_change() {
        let grid = grid("2026-10-24T12:00:00Z", "2026-10-27T12:00:00Z", 10, "Europe/Berlin");
        assert_eq!(grid.interval().to_string(), "12h");
        let days = boundaries(
            TimeRange { from_us: us("2026-10-24T12:00:00Z"), to_us: us("2026-10-26T12:00:00Z") },
            Interval::new(Unit::Day, 1),
            &TimeZone::get("Europe/Berlin").unwrap(),
        )
        .unwrap();
        let expected: Vec<i64> =
            ["2026-10-23T22:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"]
                .map(us)
                .to_vec();
        assert_eq!(days, expected);
    }

    #[test]
    fn never_more_buckets_than_asked_for() {
        for hours in 1..2_000 {
            let range = TimeRange {
                from_us: us("2026-01-01T00:13:00Z"),
                to_us: us("2026-01-01T00:13:00Z") + hours * 3_600_000_000,
            };
            let grid = Grid::over(range, 60, &TimeZone::UTC);
            assert!(grid.starts().count() <= 60, "{hours} hours");
            assert!(grid.start_of(0) <= range.from_us && *grid.boundaries.last().unwrap() >= range.to_us);
        }
    }
}
