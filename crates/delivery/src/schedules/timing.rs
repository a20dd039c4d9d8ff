//! When a schedule is due: every day, week or month at a time of day, or as a cron expression says, in a time zone.
//!
//! All of it is a cron expression over the clock on the wall, and this is how the wall is tied to time that goes by:
//! - What the wall shows twice, because clocks go back, is the first of the two.
//! - What the wall never shows, because clocks go forward, is the moment at which they do.
//!
//! So nothing that is due once a day is due twice or not at all on such a day.

use cronexpr::{Crontab, MakeTimestamp, parse_crontab};
use jiff::{
    SignedDuration, Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Serialize};
use tallystick_query::zone;

use super::limits::{CRON_BYTES_MAX, INTERVAL_MIN};

/// Days of the week as they are written, with their numbers in cron expressions.
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
/// The last day of the month that all months have.
const DAY_MAX: u64 = 28;
/// Time of day if none is given.
const AT_DEFAULT: &str = "06:00";
/// How far clocks are ever set at once, and more: a place that crosses the date line skips a day.
const JUMP_MAX: SignedDuration = SignedDuration::from_hours(25);
/// How far back the last time is looked for, one after the other, hours: hardly ever further than the first.
const BACK_HOURS: [i64; 5] = [2, 26, 8 * 24, 32 * 24, 4 * 366 * 24];
/// Times of an expression that are looked at for the shortest time between two.
const SAMPLES: usize = 500;

/// When a schedule is due, as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// `daily`, `weekly`, `monthly` or `cron`.
    pub repeat: String,
    /// Time of day, `HH:MM`; not with `cron`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// With `weekly`: `monday` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weekday: Option<String>,
    /// With `monthly`: `1` to `28`, or `last`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// With `cron`: five fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron: Option<String>,
    /// IANA name; UTC if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// What is wrong with a [`Timing`]: the member, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("timing.{member}: {why}")]
pub struct BadTiming {
    /// The member.
    pub member: &'static str,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

fn bad<T>(member: &'static str, why: impl Into<String>) -> Result<T, BadTiming> {
    Err(BadTiming { member, why: why.into() })
}

impl Timing {
    /// With all that holds if it is left out, checked.
    pub fn checked(mut self) -> Result<Self, BadTiming> {
        let takes: &[&str] = match self.repeat.as_str() {
            "daily" => &["at"],
            "weekly" => &["at", "weekday"],
            "monthly" => &["at", "day"],
            "cron" => &["cron"],
            other => return bad("repeat", format!("\"{other}\" is none of daily, weekly, monthly, cron")),
        };
        let given = [("at", &self.at), ("weekday", &self.weekday), ("day", &self.day), ("cron", &self.cron)];
        for (member, value) in given {
            if value.is_some() && !takes.contains(&member) {
                return bad(member, format!("it does not go with {}", self.repeat));
            }
        }
        if takes.contains(&"at") {
            self.at.get_or_insert_with(|| AT_DEFAULT.to_owned());
        }
        if takes.contains(&"weekday") {
            self.weekday.get_or_insert_with(|| "monday".to_owned());
        }
        if takes.contains(&"day") {
            self.day.get_or_insert_with(|| "1".to_owned());
        }
        let clockwork = Clockwork::new(&self)?;
        if self.repeat == "cron" {
            clockwork.require_pauses()?;
        }
        Ok(self)
    }

    /// As it is stored.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("plain data")
    }

    /// What [`Timing::to_text`] wrote.
    pub fn from_text(text: &str) -> Result<Self, BadTiming> {
        serde_json::from_str(text).or_else(|error| bad("repeat", error.to_string()))
    }

    /// The expression that it comes to.
    fn expression(&self) -> Result<String, BadTiming> {
        if self.repeat == "cron" {
            let text = self.cron.as_deref().unwrap_or_default().trim();
            if text.len() > CRON_BYTES_MAX {
                return bad("cron", format!("it has more than {CRON_BYTES_MAX} bytes"));
            }
            if text.split_whitespace().count() != 5 {
                return bad("cron", "it needs five fields: minute, hour, day of month, month, day of week");
            }
            return Ok(text.to_owned());
        }
        let Some((hour, minute)) = self.at.as_deref().and_then(time_of_day) else {
            return bad("at", "it is a time of day such as 06:30");
        };
        let (mut day, mut weekday) = ("*".to_owned(), "*".to_owned());
        if self.repeat == "weekly" {
            let named = self.weekday.as_deref().unwrap_or_default();
            match WEEKDAYS.iter().position(|name| *name == named) {
                Some(number) => weekday = number.to_string(),
                None => return bad("weekday", format!("\"{named}\" is none of {}", WEEKDAYS.join(", "))),
            }
        }
        if self.repeat == "monthly" {
            day = match self.day.as_deref().unwrap_or_default() {
                "last" => "L".to_owned(),
                number if number.parse().is_ok_and(|number| (1..=DAY_MAX).contains(&number)) => {
                    number.to_owned()
                }
                _ => {
                    return bad(
                        "day",
                        format!("it is a day from 1 to {DAY_MAX}, which all months have, or last"),
                    );
                }
            };
        }
        Ok(format!("{minute} {hour} {day} * {weekday}"))
    }
}

fn time_of_day(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, below: u8| {
        let is_two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| is_two && *number < below)
    };
    Some((number(hour, 24)?, number(minute, 60)?))
}

/// A [`Timing`] that tells times.
#[derive(Debug)]
pub struct Clockwork {
    /// Over the wall's time as if it were UTC.
    wall: Crontab,
    zone: TimeZone,
}

impl Clockwork {
    /// Of what is written.
    pub fn new(timing: &Timing) -> Result<Self, BadTiming> {
        let expression = timing.expression()?;
        let wall = parse_crontab(&format!("{expression} UTC")).or_else(|error| {
            // The first line repeats what was given.
            let said = error.to_string();
            let why = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
            bad("cron", format!("it is no cron expression: {why}"))
        })?;
        let zone = match timing.time_zone.as_deref() {
            None | Some("") => TimeZone::UTC,
            Some(name) => zone(name).or_else(|error| bad("time_zone", error.to_string()))?,
        };
        Ok(Self { wall, zone })
    }

    /// The zone of the wall.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first time after a moment, Unix ms; none: there is none within years.
    pub fn next_after(&self, ms: i64) -> Option<i64> {
        let mut wall = self.wall_at(ms)?.checked_sub(JUMP_MAX).ok()?;
        loop {
            wall = self.next_on_wall(wall)?;
            let at = self.moment(wall)?;
            if at > ms {
                return Some(at);
            }
        }
    }

    /// The last time up to a moment, which may be that one, Unix ms; none: there was none within years.
    pub fn last_until(&self, ms: i64) -> Option<i64> {
        for hours in BACK_HOURS {
            let mut found = None;
            let mut at = ms.saturating_sub(hours * 3_600_000);
            while let Some(next) = self.next_after(at).filter(|next| *next <= ms) {
                at = next;
                found = Some(next);
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn wall_at(&self, ms: i64) -> Option<DateTime> {
        Some(Timestamp::from_millisecond(ms).ok()?.to_zoned(self.zone.clone()).datetime())
    }

    fn next_on_wall(&self, wall: DateTime) -> Option<DateTime> {
        let as_utc = wall.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let start = MakeTimestamp::from_millisecond(as_utc.as_millisecond()).ok()?;
        self.wall.find_next(start).ok().map(|next| next.datetime())
    }

    /// When the wall shows this, Unix ms.
    fn moment(&self, wall: DateTime) -> Option<i64> {
        let ambiguous = self.zone.to_ambiguous_timestamp(wall);
        if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
            let behind = ambiguous.later().ok()?.checked_add(SignedDuration::from_secs(1)).ok()?;
            return self.zone.preceding(behind).next().map(|jump| jump.timestamp().as_millisecond());
        }
        ambiguous.compatible().ok().map(Timestamp::as_millisecond)
    }

    /// Refuses what is due more often than exports are good for, or never.
    fn require_pauses(&self) -> Result<(), BadTiming> {
        let mut last: Option<DateTime> = None;
        let mut wall = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0);
        for _ in 0..SAMPLES {
            let Some(next) = self.next_on_wall(wall) else { break };
            if last.is_some_and(|last| next.duration_since(last) < INTERVAL_MIN) {
                let minutes = INTERVAL_MIN.as_mins();
                return bad("cron", format!("it is due more often than every {minutes} minutes"));
            }
            (wall, last) = (next, Some(next));
        }
        if last.is_none() {
            return bad("cron", "it is never due");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timing(repeat: &str, zone: &str) -> Timing {
        Timing {
            repeat: repeat.to_owned(),
            at: None,
            weekday: None,
            day: None,
            cron: None,
            time_zone: Some(zone.to_owned()),
        }
    }

    fn cron(text: &str, zone: &str) -> Timing {
        Timing { cron: Some(text.to_owned()), ..timing("cron", zone) }
    }

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    /// The times of a timing from a moment on, as they are in UTC.
    fn times(timing: Timing, from: &str, count: usize) -> Vec<String> {
        let clockwork = Clockwork::new(&timing.checked().unwrap()).unwrap();
        let mut at = ms(from);
        let mut found = Vec::new();
        for _ in 0..count {
            let next = clockwork.next_after(at).unwrap();
            assert!(next > at);
            assert_eq!(clockwork.last_until(next), Some(next), "the last one until it is itself");
            assert!(clockwork.last_until(next - 1).is_none_or(|last| last <= at), "nothing lies between");
            at = next;
            found.push(Timestamp::from_millisecond(at).unwrap().to_string());
        }
        found
    }

    #[test]
    fn days_weeks_and_months_are_those_of_the_zone() {
        let at = |at: &str, timing: Timing| Timing { at: Some(at.to_owned()), ..timing };
        assert_eq!(
            times(at("08:30", timing("daily", "Asia/Tokyo")), "2026-11-22T00:00:00Z", 2),
            ["2026-11-22T23:30:00Z", "2026-11-23T23:30:00Z"]
        );
        let weekly = Timing { weekday: Some("friday".to_owned()), ..timing("weekly", "UTC") };
        assert_eq!(
            times(weekly, "2026-11-22T00:00:00Z", 2),
            ["2026-11-27T06:00:00Z", "2026-12-04T06:00:00Z"]
        );
        let last = Timing { day: Some("last".to_owned()), ..timing("monthly", "UTC") };
        assert_eq!(
            times(at("00:00", last), "2027-01-01T00:00:00Z", 3),
            ["2027-01-31T00:00:00Z", "2027-02-28T00:00:00Z", "2027-03-31T00:00:00Z"]
        );
        assert_eq!(
            times(cron("15 6 * * 1-5", "America/New_York"), "2026-11-20T12:00:00Z", 2),
            ["2026-11-23T11:15:00Z", "2026-11-24T11:15:00Z"]
        );
    }

    #[test]
    fn what_is_not_on_the_wall_is_due_when_clocks_go_forward() {
        // 2027-03-28, 02:00 to 03:00 in Madrid is left out: 01:00 UTC.
        let daily = Timing { at: Some("02:30".to_owned()), ..timing("daily", "Europe/Madrid") };
        assert_eq!(
            times(daily, "2027-03-27T00:00:00Z", 3),
            ["2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"]
        );
        // All that would be within the hour comes to the same moment, once.
        assert_eq!(
            times(cron("*/30 2,3 * * *", "Europe/Madrid"), "2027-03-27T23:00:00Z", 4),
            ["2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z", "2027-03-29T00:00:00Z", "2027-03-29T00:30:00Z"]
        );
    }

    #[test]
    fn what_is_twice_on_the_wall_is_due_once() {
        // 2026-10-25, 02:00 to 03:00 in Madrid comes twice: from 00:00 and from 01:00 UTC.
        let daily = Timing { at: Some("02:30".to_owned()), ..timing("daily", "Europe/Madrid") };
        assert_eq!(times(daily, "2026-10-24T12:00:00Z", 2), ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
        // Also for whoever asks within the second of the two.
        let clockwork = Clockwork::new(&cron("30 2 * * *", "Europe/Madrid")).unwrap();
        assert_eq!(clockwork.next_after(ms("2026-10-25T01:10:00Z")), Some(ms("2026-10-26T01:30:00Z")));
        // Samoa had no 30 December 2011.
        assert_eq!(
            times(cron("0 8 * * *", "Pacific/Apia"), "2011-12-29T12:00:00Z", 3),
            ["2011-12-29T18:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T18:00:00Z"]
        );
    }

    #[test]
    fn the_last_time_may_be_years_ago() {
        let leap = Clockwork::new(&cron("0 0 29 2 *", "UTC")).unwrap();
        assert_eq!(leap.last_until(ms("2027-06-01T00:00:00Z")), Some(ms("2024-02-29T00:00:00Z")));
        assert_eq!(leap.next_after(ms("2027-06-01T00:00:00Z")), Some(ms("2028-02-29T00:00:00Z")));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_place() {
        let refused = |timing: Timing| timing.checked().unwrap_err().member;
        assert_eq!(refused(timing("hourly", "UTC")), "repeat");
        assert_eq!(refused(timing("daily", "Mars/Olympus")), "time_zone");
        for at in ["6:30", "24:00", "06:60", "+6:30", ""] {
            assert_eq!(refused(Timing { at: Some(at.to_owned()), ..timing("daily", "UTC") }), "at", "{at}");
        }
        assert_eq!(refused(Timing { weekday: Some("mon".to_owned()), ..timing("weekly", "UTC") }), "weekday");
        assert_eq!(
            refused(Timing { weekday: Some("monday".to_owned()), ..timing("daily", "UTC") }),
            "weekday"
        );
        for day in ["0", "29", "31", "first"] {
            assert_eq!(
                refused(Timing { day: Some(day.to_owned()), ..timing("monthly", "UTC") }),
                "day",
                "{day}"
            );
        }
        let long = format!("{} * * * *", "1,".repeat(CRON_BYTES_MAX));
        for text in [
            "* * * *",
            "0 0 * * * *",
            "@daily",
            "61 * * * *",
            "*/5 * * * *",
            "0,1 0 1 1 *",
            "0 0 30 2 *",
            &long,
        ] {
            assert_eq!(refused(cron(text, "UTC")), "cron", "{text}");
        }
        for text in ["*/15 * * * *", "0 6 * * MON-FRI", "0 0 L * *", "30 5 1,15 * *"] {
            let good = cron(text, "UTC").checked().unwrap();
            assert_eq!(Timing::from_text(&good.to_text()), Ok(good));
        }
    }
}
