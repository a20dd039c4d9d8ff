//! `Retry-After` (RFC 9110 10.2.3): how long the other side wants to be left alone.

use std::time::Duration;

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::limits::RETRY_AFTER_MAX;

/// The forms of a date in HTTP (RFC 9110 5.6.7): the one that is written today, and two old ones.
const DATE_FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// The time from now on, at most [`RETRY_AFTER_MAX`]; none if the other side does not say, or nothing readable. Seconds
/// may have a fraction, as some services send them. A date is compared with the other side's own clock if it shows it,
/// with `now_ms` (Unix ms) otherwise; one that has passed is no time at all.
pub(crate) fn retry_after(headers: &HeaderMap, now_ms: Option<i64>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let seconds: f64 = text.parse().ok()?;
        return Some(Duration::from_secs_f64(seconds.min(RETRY_AFTER_MAX.as_secs_f64())));
    }
    let until = date_ms(text)?;
    let now = headers.get(DATE).and_then(|date| date_ms(date.to_str().ok()?)).or(now_ms)?;
    let wait = u64::try_from(until.saturating_sub(now)).unwrap_or(0);
    Some(Duration::from_millis(wait).min(RETRY_AFTER_MAX))
}

/// Unix ms of a date of HTTP.
fn date_ms(text: &str) -> Option<i64> {
    let date = DATE_FORMS.iter().find_map(|form| DateTime::strptime(form, text.trim()).ok())?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(pairs: &[(&'static str, &str)], now_ms: Option<i64>) -> Option<u64> {
        let headers = pairs.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_str(value).unwrap())
        });
        retry_after(&headers.collect(), now_ms).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_are_clamped() {
        assert_eq!(wait(&[], None), None);
        assert_eq!(wait(&[("retry-after", "0")], None), Some(0));
        assert_eq!(wait(&[("retry-after", " 17 ")], None), Some(17));
        assert_eq!(wait(&[("retry-after", "1.5")], None), Some(1));
        assert_eq!(wait(&[("retry-after", "86400")], None), Some(3600));
        assert_eq!(wait(&[("retry-after", "99999999999999999999999999")], None), Some(3600));
        for nonsense in ["-1", "soon", "", "1e", "NaN", "inf"] {
            assert_eq!(wait(&[("retry-after", nonsense)], Some(0)), None, "{nonsense}");
        }
    }

    #[test]
    fn all_forms_of_dates_are_read() {
        let now = Some(784_111_767_000);
        for date in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(wait(&[("retry-after", date)], now), Some(10), "{date}");
            assert_eq!(wait(&[("retry-after", date)], None), None, "{date}");
        }
        let far = "Mon, 06 Nov 2034 08:49:37 GMT";
        assert_eq!(wait(&[("retry-after", far)], now), Some(3600));
        assert_eq!(wait(&[("retry-after", "Sat, 05 Nov 1994 08:49:37 GMT")], now), Some(0));
    }

    #[test]
    fn the_other_sides_clock_counts() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:07 GMT");
        let until = ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait(&[date, until], Some(0)), Some(30));
    }
}
