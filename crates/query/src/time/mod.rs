//! Times as written in a query: `2026-01`, `2026-01-31T09:30Z`, `now-7d/d`, `last-7d`, `this-week`.
//!
//! A time is kept as written, so that a saved search means the same tomorrow; `resolve` turns it into microseconds.

mod parse;
mod resolve;

use std::fmt;

use jiff::civil::DateTime;
use serde::{Serialize, Serializer};

pub(crate) use resolve::ends_before_it_starts;
pub use resolve::{Interval, TimeParameterError, ZoneError, parse_time_parameter, zone};

/// A time or an interval, as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeExpr {
    /// A calendar time, as coarse or as fine as written. `2026-01` is the whole month.
    At {
        /// Start of the interval on the calendar; what is finer than the precision is at its lowest.
        civil: DateTime,
        /// How much of it was written.
        precision: Precision,
        /// Second 60 was written: one second after `civil`.
        leap: bool,
        /// Offset from UTC in minutes; `None` = the reader's zone.
        offset_minutes: Option<i16>,
    },
    /// `now`, `now-24h`, `now-7d/d`. With a rounding it is the whole unit, otherwise one microsecond.
    Now {
        /// How long ago.
        minus: Option<Amount>,
        /// The unit it is rounded down to.
        round: Option<Unit>,
    },
    /// The current day.
    Today,
    /// The day before it.
    Yesterday,
    /// The current week, from Monday.
    ThisWeek,
    /// The current month.
    ThisMonth,
    /// From so long ago up to now.
    Last(Amount),
}

/// How much of a calendar time was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "units of time")]
pub enum Precision {
    Year,
    Month,
    Day,
    Minute,
    Second,
    /// So many digits of a second, 1 to 9.
    Fraction(u8),
}

/// A number of units, at most 9 digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Amount {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// A unit of time. Days and longer are calendar units in the reader's zone; shorter ones are exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "units of time")]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    /// As written: `s`, `m`, `h`, `d`, `w`, `mo`, `y`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "w",
            Self::Month => "mo",
            Self::Year => "y",
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.as_str())
    }
}

impl fmt::Display for TimeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At { civil, precision, leap, offset_minutes } => {
                fmt_civil(f, civil, *precision, *leap)?;
                fmt_offset(f, *offset_minutes)
            }
            Self::Now { minus, round } => {
                f.write_str("now")?;
                if let Some(amount) = minus {
                    write!(f, "-{amount}")?;
                }
                round.map_or(Ok(()), |unit| write!(f, "/{}", unit.as_str()))
            }
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::ThisWeek => f.write_str("this-week"),
            Self::ThisMonth => f.write_str("this-month"),
            Self::Last(amount) => write!(f, "last-{amount}"),
        }
    }
}

fn fmt_civil(f: &mut fmt::Formatter<'_>, civil: &DateTime, precision: Precision, leap: bool) -> fmt::Result {
    write!(f, "{:04}", civil.year())?;
    if precision >= Precision::Month {
        write!(f, "-{:02}", civil.month())?;
    }
    if precision >= Precision::Day {
        write!(f, "-{:02}", civil.day())?;
    }
    if precision >= Precision::Minute {
        write!(f, "T{:02}:{:02}", civil.hour(), civil.minute())?;
    }
    if precision >= Precision::Second {
        write!(f, ":{:02}", if leap { 60 } else { civil.second() })?;
    }
    if let Precision::Fraction(digits) = precision {
        let nanos = format!("{:09}", civil.subsec_nanosecond());
        write!(f, ".{}", &nanos[..usize::from(digits)])?;
    }
    Ok(())
}

fn fmt_offset(f: &mut fmt::Formatter<'_>, offset_minutes: Option<i16>) -> fmt::Result {
    match offset_minutes {
        None => Ok(()),
        Some(0) => f.write_str("Z"),
        Some(minutes) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            write!(f, "{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
        }
    }
}

impl Serialize for TimeExpr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
