//! Keys of files in stores: a pattern with the date in it, and the number of the run, so that no run writes where
//! another has.

use jiff::{Timestamp, tz::TimeZone};
use tallystick_catalog::{Export, ScheduleRun};
use tallystick_destination::object::{KEY_BYTES_MAX, Prefix};

use super::{error::SchedulesError, limits::KEY_PATTERN_BYTES_MAX};
use crate::{spec::Spec, statement::slug};

/// The pattern if nobody says: a folder a schedule and month.
pub(crate) const PATTERN_DEFAULT: &str = "{name}/{year}/{month}/{name}-{date}-{run}.{ext}";
/// What stands behind the key of a file in that of its manifest.
pub(crate) const MANIFEST_SUFFIX: &str = ".export.json";
/// What can stand in a pattern.
const PLACES: [&str; 11] =
    ["org", "schedule", "name", "date", "time", "year", "month", "day", "run", "export", "ext"];

/// Refuses a pattern that cannot work, whatever is put into it.
pub(crate) fn check_pattern(pattern: &str) -> Result<(), SchedulesError> {
    let bad = |why: String| SchedulesError::Invalid { what: "store.key", why };
    if pattern.len() > KEY_PATTERN_BYTES_MAX {
        return Err(bad(format!("it has more than {KEY_PATTERN_BYTES_MAX} bytes")));
    }
    if !pattern.contains("{run}") && !pattern.contains("{export}") {
        return Err(bad("it needs {run} or {export}, or a run would write where another has".to_owned()));
    }
    let sample = filled(pattern, |place| PLACES.contains(&place).then(|| "x".to_owned()));
    let sample = sample.map_err(|place| bad(format!("{{{place}}} is none of {}", PLACES.join(", "))))?;
    Prefix::new("store.key", &sample).map(drop).map_err(|error| bad(error.why))
}

/// The key of a run's file below the store's prefix. What people have named is made harmless.
pub(crate) fn key(
    pattern: &str,
    prefix: &Prefix,
    export: &Export,
    spec: &Spec,
    run: &ScheduleRun,
    zone: &TimeZone,
) -> Result<String, String> {
    let due = Timestamp::from_millisecond(run.due_ms).unwrap_or_default().to_zoned(zone.clone());
    let value = |place: &str| {
        Some(match place {
            "org" => slug(export.org.as_str(), "org"),
            "schedule" => run.schedule.to_string(),
            "name" => slug(&export.name, "export"),
            "date" => due.strftime("%Y-%m-%d").to_string(),
            "time" => due.strftime("%H%M").to_string(),
            "year" => due.strftime("%Y").to_string(),
            "month" => due.strftime("%m").to_string(),
            "day" => due.strftime("%d").to_string(),
            "run" => run.number.to_string(),
            "export" => export.id.to_string(),
            "ext" => format!("{}{}", spec.format.extension(), spec.compression.extension()),
            _ => return None,
        })
    };
    let below = filled(pattern, value).map_err(|place| format!("nothing is known of {{{place}}}"))?;
    let key = format!("{}{}", prefix.as_str(), below.trim_matches('/'));
    if key.len() + MANIFEST_SUFFIX.len() > KEY_BYTES_MAX {
        return Err(format!("the key would have {} bytes", key.len()));
    }
    Ok(key)
}

/// A pattern with values in its places; the place that has none, if there is one.
fn filled(pattern: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let (mut out, mut rest) = (String::new(), pattern);
    while let Some((before, behind)) = rest.split_once('{') {
        let (place, behind) = behind.split_once('}').ok_or_else(|| behind.to_owned())?;
        out.push_str(before);
        out.push_str(&value(place).ok_or_else(|| place.to_owned())?);
        rest = behind;
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_cannot_work_are_refused() {
        check_pattern(PATTERN_DEFAULT).unwrap();
        check_pattern("{org}/{schedule}/{date}T{time}-{export}.{ext}").unwrap();
        for bad in [
            "{name}.csv",
            "{run}/../x",
            "{run}//x",
            "{run}.{extension}",
            "{run",
            "{run}?",
            &"{run}".repeat(99),
        ] {
            assert!(check_pattern(bad).is_err(), "{bad}");
        }
    }
}
