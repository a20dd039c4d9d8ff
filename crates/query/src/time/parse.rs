//! Reads a written time. Errors are the message for the person.

use jiff::civil::{Date, DateTime, Time};

use super::{Amount, Precision, TimeExpr, Unit};

impl TimeExpr {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let named = match text {
            "today" => Some(Self::Today),
            "yesterday" => Some(Self::Yesterday),
            "this-week" => Some(Self::ThisWeek),
            "this-month" => Some(Self::ThisMonth),
            _ => None,
        };
        if let Some(expr) = named {
            return Ok(expr);
        }
        let relative = match (text.strip_prefix("last-"), text.strip_prefix("now")) {
            (Some(rest), _) => amount(rest).map(Self::Last),
            (_, Some(rest)) => now(rest),
            _ => return calendar(text),
        };
        relative.ok_or_else(|| not_a_time(text))
    }
}

fn not_a_time(text: &str) -> String {
    format!("“{text}” is not a time; use 2026-01-31, 2026-01-31T09:30Z, now-24h, today or last-7d")
}

fn now(rest: &str) -> Option<TimeExpr> {
    let (minus, round) = match rest.split_once('/') {
        Some((minus, round)) => (minus, Some(unit(round)?)),
        None => (rest, None),
    };
    let minus = if minus.is_empty() { None } else { Some(amount(minus.strip_prefix('-')?)?) };
    Some(TimeExpr::Now { minus, round })
}

fn amount(text: &str) -> Option<Amount> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    Some(Amount { count: text[..digits].parse().ok()?, unit: unit(&text[digits..])? })
}

fn unit(text: &str) -> Option<Unit> {
    [Unit::Second, Unit::Minute, Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Year]
        .into_iter()
        .find(|unit| unit.as_str() == text)
}

/// Takes fixed-width fields off the front of a text.
struct Reader<'a> {
    left: &'a str,
}

impl<'a> Reader<'a> {
    fn digits(&mut self, count: usize) -> Option<&'a str> {
        let taken = self.left.get(..count)?;
        if !taken.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.left = &self.left[count..];
        Some(taken)
    }

    fn skip(&mut self, any_of: &[char]) -> bool {
        match self.left.strip_prefix(any_of) {
            Some(rest) => {
                self.left = rest;
                true
            }
            None => false,
        }
    }
}

fn calendar(text: &str) -> Result<TimeExpr, String> {
    let mut reader = Reader { left: text };
    read_calendar(&mut reader)?.filter(|_| reader.left.is_empty()).ok_or_else(|| not_a_time(text))
}

/// `Ok(None)`: not the shape of a time. `Err`: the shape of one, with an impossible number in it.
fn read_calendar(reader: &mut Reader<'_>) -> Result<Option<TimeExpr>, String> {
    let Some(year) = reader.digits(4) else { return Ok(None) };
    let mut month = "01";
    let mut day = "01";
    let mut precision = Precision::Year;
    if reader.skip(&['-']) {
        let Some(digits) = reader.digits(2) else { return Ok(None) };
        (month, precision) = (digits, Precision::Month);
        if reader.skip(&['-']) {
            let Some(digits) = reader.digits(2) else { return Ok(None) };
            (day, precision) = (digits, Precision::Day);
        }
    }
    let date = date(year, month, day)?;
    if precision < Precision::Day || !reader.skip(&['T', 't', ' ']) {
        return Ok(Some(TimeExpr::At {
            civil: date.at(0, 0, 0, 0),
            precision,
            leap: false,
            offset_minutes: None,
        }));
    }
    read_clock(reader, date)
}

fn date(year: &str, month: &str, day: &str) -> Result<Date, String> {
    let (year_number, month_number) = (number(year), number(month));
    let Ok(first) = Date::new(year_number, month_number as i8, 1) else {
        return Err(format!("there is no month {month}"));
    };
    Date::new(year_number, month_number as i8, number(day) as i8)
        .map_err(|_| format!("{year}-{month} has {} days", first.days_in_month()))
}

fn read_clock(reader: &mut Reader<'_>, date: Date) -> Result<Option<TimeExpr>, String> {
    let Some(hour) = reader.digits(2) else { return Ok(None) };
    if !reader.skip(&[':']) {
        return Ok(None);
    }
    let Some(minute) = reader.digits(2) else { return Ok(None) };
    let (mut second, mut nanos, mut precision) = ("00", 0, Precision::Minute);
    if reader.skip(&[':']) {
        let Some(digits) = reader.digits(2) else { return Ok(None) };
        (second, precision) = (digits, Precision::Second);
        if reader.skip(&['.']) {
            let count = reader.left.bytes().take_while(u8::is_ascii_digit).count();
            if count == 0 || count > 9 {
                return Ok(None);
            }
            let digits = reader.digits(count).expect("they were just counted");
            nanos = format!("{digits:0<9}").parse().expect("nine digits");
            precision = Precision::Fraction(count as u8);
        }
    }
    for (name, digits, max) in [("hour", hour, 23), ("minute", minute, 59), ("second", second, 60)] {
        if number(digits) > max {
            return Err(format!("there is no {name} {digits}"));
        }
    }
    let Some(offset_minutes) = read_offset(reader)? else { return Ok(None) };
    let leap = second == "60";
    let second = number(second).min(59) as i8;
    let time =
        Time::new(number(hour) as i8, number(minute) as i8, second, nanos).expect("each part was checked");
    Ok(Some(TimeExpr::At { civil: DateTime::from_parts(date, time), precision, leap, offset_minutes }))
}

/// `Some(None)`: no offset is written.
#[expect(clippy::option_option, reason = "three outcomes: not an offset, none written, an offset")]
fn read_offset(reader: &mut Reader<'_>) -> Result<Option<Option<i16>>, String> {
    if reader.left.is_empty() {
        return Ok(Some(None));
    }
    if reader.skip(&['Z', 'z']) {
        return Ok(Some(Some(0)));
    }
    let negative = reader.left.starts_with('-');
    if !reader.skip(&['+', '-']) {
        return Ok(None);
    }
    let Some(hours) = reader.digits(2) else { return Ok(None) };
    reader.skip(&[':']);
    let Some(minutes) = reader.digits(2) else { return Ok(None) };
    if number(hours) > 23 || number(minutes) > 59 {
        return Err(format!("there is no offset {hours}:{minutes}"));
    }
    let total = number(hours) * 60 + number(minutes);
    Ok(Some(Some(if negative { -total } else { total })))
}

/// The number of at most four digits.
fn number(digits: &str) -> i16 {
    digits.parse().expect("at most four digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_as_written() {
        for text in [
            "2026",
            "2026-01",
            "2026-01-31",
            "2026-01-31T09:30",
            "2026-01-31T09:30:15",
            "2026-01-31T09:30:15.120",
            "2026-01-31T09:30Z",
            "2026-01-31T09:30:15.123456789+01:30",
            "2026-01-31T09:30-08:00",
            "2016-12-31T23:59:60Z",
            "now",
            "now-24h",
            "now-7d/d",
            "now/mo",
            "now-3y",
            "today",
            "yesterday",
            "this-week",
            "this-month",
            "last-7d",
        ] {
            assert_eq!(TimeExpr::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(TimeExpr::parse("2026-01-31 09:30z").unwrap().to_string(), "2026-01-31T09:30Z");
        assert_eq!(TimeExpr::parse("2026-01-31T09:30+0100").unwrap().to_string(), "2026-01-31T09:30+01:00");
    }

    #[test]
    fn impossible_times_are_named() {
        for (text, message) in [
            ("2026-13-01", "there is no month 13"),
            ("2026-02-30", "2026-02 has 28 days"),
            ("2026-02-00", "2026-02 has 28 days"),
            ("2026-01-01T24:00", "there is no hour 24"),
            ("2026-01-01T00:60", "there is no minute 60"),
            ("2026-01-01T00:00:61", "there is no second 61"),
            ("2026-01-01T00:00+24:00", "there is no offset 24:00"),
        ] {
            assert_eq!(TimeExpr::parse(text).unwrap_err(), message);
        }
        for text in [
            "",
            "26",
            "2026-1",
            "2026-01-01T09",
            "now+1d",
            "now-",
            "now-1x",
            "last-",
            "last-1234567890d",
            "２０２６",
            "2026Z",
            "tomorrow",
        ] {
            assert!(TimeExpr::parse(text).unwrap_err().contains("is not a time"), "{text}");
        }
    }
}
