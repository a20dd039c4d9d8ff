//! Turns written times into microseconds, given the present and the reader's zone.

use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{RoundMode, Span, Timestamp, ToSpan, Zoned, ZonedRound};

use super::{Amount, Precision, TimeExpr, Unit};

/// A half-open interval `[from_us, to_us)` of microseconds since 1970-01-01T00:00Z. `i64::MIN` and `i64::MAX` stand
/// for times that the calendar does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// First microsecond.
    pub from_us: i64,
    /// One past the last microsecond.
    pub to_us: i64,
}

/// No zone has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no time zone “{name}”; zones have names such as Europe/Madrid or UTC")]
pub struct ZoneError {
    /// What was asked for.
    pub name: String,
}

/// The zone with this IANA name, in any case, from the copy of the database inside the program; so an old or missing
/// database on the machine does not change what a search means.
pub fn zone(name: &str) -> Result<TimeZone, ZoneError> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| ZoneError { name: name.to_owned() })
}

/// A `from` or `to` parameter is not a time; the text says what is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TimeParameterError {
    /// The sentence for the person.
    pub message: String,
}

/// Reads the value of a plain `from` or `to` parameter, in the time syntax of the language. The bounds are half-open:
/// use `from_us` of the result for `from`, and `to_us` for `to`.
///
/// Whole days and longer are intervals, so `to=2026-01-31` includes that day. A time with a clock in it is an
/// instant,
/// so `to=2026-01-31T09:30Z` ends there and two neighbouring ranges do not overlap.
pub fn parse_time_parameter(text: &str, now_us: i64, tz: &TimeZone) -> Result<Interval, TimeParameterError> {
    let expr = TimeExpr::parse(text.trim()).map_err(|message| TimeParameterError { message })?;
    let interval = expr.interval(now_us, tz);
    let instant = match expr {
        TimeExpr::At { precision, .. } => precision >= Precision::Minute,
        TimeExpr::Now { round, .. } => round.is_none(),
        _ => false,
    };
    if instant { Ok(Interval { to_us: interval.from_us, ..interval }) } else { Ok(interval) }
}

impl TimeExpr {
    /// The interval that this time stands for. `now_us` is the present in microseconds; `tz` the zone of the reader,
    /// for times without an offset and for calendar units.
    ///
    /// A local time that a clock change skips is moved forward by the change; one that occurs twice is the first.
    pub fn interval(&self, now_us: i64, tz: &TimeZone) -> Interval {
        let now = Present::new(now_us, tz);
        match *self {
            Self::At { civil, precision, leap, offset_minutes } => {
                let fixed = offset_minutes.map(|minutes| {
                    TimeZone::fixed(Offset::from_seconds(i32::from(minutes) * 60).expect("at most 24 hours"))
                });
                let tz = fixed.as_ref().unwrap_or(tz);
                match precision {
                    Precision::Year => dates(civil.date(), 1.year(), tz),
                    Precision::Month => dates(civil.date(), 1.month(), tz),
                    Precision::Day => dates(civil.date(), 1.day(), tz),
                    _ => {
                        let start = start_us(civil.to_zoned(tz.clone()).ok().as_ref());
                        let from_us = start.saturating_add(if leap { 1_000_000 } else { 0 });
                        Interval { from_us, to_us: from_us.saturating_add(width_us(precision)) }
                    }
                }
            }
            Self::Now { minus, round } => {
                let then = now.minus(minus);
                round.map_or_else(|| point(then.as_ref()), |unit| rounded(then.as_ref(), unit, tz))
            }
            Self::Today => rounded(now.minus(None).as_ref(), Unit::Day, tz),
            Self::Yesterday => {
                rounded(now.minus(Some(Amount { count: 1, unit: Unit::Day })).as_ref(), Unit::Day, tz)
            }
            Self::ThisWeek => rounded(now.minus(None).as_ref(), Unit::Week, tz),
            Self::ThisMonth => rounded(now.minus(None).as_ref(), Unit::Month, tz),
            Self::Last(amount) => Interval {
                from_us: point(now.minus(Some(amount)).as_ref()).from_us,
                to_us: now_us.saturating_add(1),
            },
        }
    }
}

/// Whether a written range can never match: it ends before it starts at any present and in any zone. Times of unlike
/// kinds (one with and one without an offset, one relative) are not judged.
pub(crate) fn ends_before_it_starts(low: &TimeExpr, high: &TimeExpr) -> bool {
    /// Any present will do for two relative times: 2026-01-15T12:00Z, the middle of a day and a month.
    const SOME_NOW_US: i64 = 1_768_478_400_000_000;
    let kind = |expr: &TimeExpr| match expr {
        TimeExpr::At { offset_minutes, .. } => Some(offset_minutes.is_some()),
        _ => None,
    };
    let at = |expr: &TimeExpr| expr.interval(SOME_NOW_US, &TimeZone::UTC);
    kind(low) == kind(high) && at(low).from_us >= at(high).to_us
}

/// The present in a zone.
struct Present {
    zoned: Option<Zoned>,
}

impl Present {
    fn new(now_us: i64, tz: &TimeZone) -> Self {
        Self { zoned: Timestamp::from_microsecond(now_us).ok().map(|now| now.to_zoned(tz.clone())) }
    }

    /// `None`: before the calendar begins.
    fn minus(&self, amount: Option<Amount>) -> Option<Zoned> {
        let zoned = self.zoned.clone()?;
        let Some(Amount { count, unit }) = amount else { return Some(zoned) };
        let span = Span::new();
        let span = match unit {
            Unit::Second => span.try_seconds(count),
            Unit::Minute => span.try_minutes(count),
            Unit::Hour => span.try_hours(count),
            Unit::Day => span.try_days(count),
            Unit::Week => span.try_weeks(count),
            Unit::Month => span.try_months(count),
            Unit::Year => span.try_years(count),
        };
        zoned.checked_sub(span.ok()?).ok()
    }
}

fn us(zoned: &Zoned) -> i64 {
    // A Timestamp spans about 20,000 years, which 64 bits of microseconds hold; floor, as before 1970 too the
    // microsecond is the one that contains the instant.
    zoned.timestamp().as_nanosecond().div_euclid(1_000) as i64
}

fn start_us(zoned: Option<&Zoned>) -> i64 {
    zoned.map_or(i64::MAX, us)
}

fn point(then: Option<&Zoned>) -> Interval {
    then.map_or(Interval { from_us: i64::MIN, to_us: i64::MIN }, |then| {
        let from_us = us(then);
        Interval { from_us, to_us: from_us + 1 }
    })
}

fn width_us(precision: Precision) -> i64 {
    match precision {
        Precision::Minute => 60_000_000,
        Precision::Second => 1_000_000,
        Precision::Fraction(digits @ 0..=5) => 10_i64.pow(u32::from(6 - digits)),
        _ => 1,
    }
}

/// From the start of `first` to the start of the day `length` later.
fn dates(first: Date, length: Span, tz: &TimeZone) -> Interval {
    let start = |date: Date| start_us(date.to_zoned(tz.clone()).ok().as_ref());
    Interval { from_us: start(first), to_us: first.checked_add(length).map_or(i64::MAX, start) }
}

fn rounded(then: Option<&Zoned>, unit: Unit, tz: &TimeZone) -> Interval {
    let Some(then) = then else { return point(None) };
    let date = then.date();
    match unit {
        Unit::Second => clock_unit(then, jiff::Unit::Second, 1_000_000),
        Unit::Minute => clock_unit(then, jiff::Unit::Minute, 60_000_000),
        Unit::Hour => clock_unit(then, jiff::Unit::Hour, 3_600_000_000),
        Unit::Day => dates(date, 1.day(), tz),
        Unit::Week => dates(monday(date), 1.week(), tz),
        Unit::Month => dates(date.first_of_month(), 1.month(), tz),
        Unit::Year => dates(date.first_of_year(), 1.year(), tz),
    }
}

fn monday(date: Date) -> Date {
    let days = date.weekday().since(Weekday::Monday);
    date.checked_sub(i32::from(days).days()).unwrap_or(date)
}

fn clock_unit(then: &Zoned, unit: jiff::Unit, width_us: i64) -> Interval {
    let round = ZonedRound::new().smallest(unit).mode(RoundMode::Trunc);
    let from_us = then.round(round).as_ref().map_or_else(|_| us(then), us);
    Interval { from_us, to_us: from_us.saturating_add(width_us) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday 2026-11-20, 10:17:30.25 UTC.
    const NOW: &str = "2026-11-20T10:17:30.25Z";

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn check(text: &str, tz: &str, from: &str, to: &str) {
        let interval = TimeExpr::parse(text).unwrap().interval(at(NOW), &zone(tz).unwrap());
        assert_eq!(interval, Interval { from_us: at(from), to_us: at(to) }, "{text} in {tz}");
    }

    #[test]
    fn coarse_times_are_intervals() {
        check("2026", "UTC", "2026-01-01T00:00Z", "2027-01-01T00:00Z");
        check("2026-02", "UTC", "2026-02-01T00:00Z", "2026-03-01T00:00Z");
        check("2026-01-31", "Asia/Tokyo", "2026-01-30T15:00Z", "2026-01-31T15:00Z");
        check("2026-01-31T09:30", "Asia/Tokyo", "2026-01-31T00:30Z", "2026-01-31T00:31Z");
        check("2026-01-31T09:30Z", "Asia/Tokyo", "2026-01-31T09:30Z", "2026-01-31T09:31Z");
        check("2026-01-31T09:30:15.12+01:00", "UTC", "2026-01-31T08:30:15.12Z", "2026-01-31T08:30:15.13Z");
        check(
            "2026-01-31T09:30:15.123456789Z",
            "UTC",
            "2026-01-31T09:30:15.123456Z",
            "2026-01-31T09:30:15.123457Z",
        );
        check("2016-12-31T23:59:60Z", "UTC", "2017-01-01T00:00:00Z", "2017-01-01T00:00:01Z");
    }

    #[test]
    fn days_with_a_clock_change_have_23_or_25_hours() {
        check("2026-03-29", "Europe/Madrid", "2026-03-28T23:00Z", "2026-03-29T22:00Z");
        check("2026-10-25", "Europe/Madrid", "2026-10-24T22:00Z", "2026-10-25T23:00Z");
        check("2026-03-29T02:30", "Europe/Madrid", "2026-03-29T01:30Z", "2026-03-29T01:31Z");
        check("2026-10-25T02:30", "Europe/Madrid", "2026-10-25T00:30Z", "2026-10-25T00:31Z");
    }

    #[test]
    fn relative_times() {
        check("now", "UTC", NOW, "2026-11-20T10:17:30.250001Z");
        check("now-24h", "UTC", "2026-11-19T10:17:30.25Z", "2026-11-19T10:17:30.250001Z");
        check("now-7d/d", "UTC", "2026-11-13T00:00Z", "2026-11-14T00:00Z");
        check("now/h", "Asia/Kolkata", "2026-11-20T09:30Z", "2026-11-20T10:30Z");
        check("now-1mo/mo", "UTC", "2026-10-01T00:00Z", "2026-11-01T00:00Z");
        check("today", "Pacific/Auckland", "2026-11-19T11:00Z", "2026-11-20T11:00Z");
        check("yesterday", "UTC", "2026-11-19T00:00Z", "2026-11-20T00:00Z");
        check("this-week", "UTC", "2026-11-16T00:00Z", "2026-11-23T00:00Z");
        check("this-month", "UTC", "2026-11-01T00:00Z", "2026-12-01T00:00Z");
        check("last-7d", "UTC", "2026-11-13T10:17:30.25Z", "2026-11-20T10:17:30.250001Z");
        check("last-30d", "Europe/Madrid", "2026-10-21T09:17:30.25Z", "2026-11-20T10:17:30.250001Z");
    }

    #[test]
    fn times_beyond_the_calendar_are_open_ends() {
        let utc = zone("utc").unwrap();
        let of = |text: &str| TimeExpr::parse(text).unwrap().interval(at(NOW), &utc);
        assert_eq!(of("9999").to_us, i64::MAX);
        assert_eq!(of("last-999999999y").from_us, i64::MIN);
        assert_eq!(of("now-999999999s/d").to_us, at("1995-03-15T00:00Z"));
    }

    #[test]
    fn parameters_are_half_open() {
        let utc = zone("UTC").unwrap();
        let of = |text: &str| parse_time_parameter(text, at(NOW), &utc).unwrap();
        assert_eq!(of("2026-01-31").to_us, at("2026-02-01T00:00Z"));
        assert_eq!(of("2026-01-31T09:30:00Z").to_us, at("2026-01-31T09:30Z"));
        assert_eq!(of("now-1h").from_us, of("now-1h").to_us);
        assert!(parse_time_parameter("soon", at(NOW), &utc).is_err());
        assert_eq!(zone("Mars/Base").unwrap_err().name, "Mars/Base");
    }
}
