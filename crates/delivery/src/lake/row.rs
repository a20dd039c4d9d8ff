//! A record of a batch as a row: the columns of exports, and where the event stands in its log.

use jiff::Timestamp;
use tallystick_destination::{Batch, Record};
use tallystick_event::{CorruptBytes, members::each_element};

use crate::{
    failure::Failure,
    fields::Members,
    rows::{COLUMNS, Columns, Kind, Row, Rows},
};

/// What a lake has besides the columns of exports, behind them.
const OWN: &[(&str, Kind)] = &[("log", Kind::Text), ("leaf_hash", Kind::Text)];
const COUNT: usize = COLUMNS.len() + OWN.len();

/// The columns of a lake in their order. docs/formats/lake.md says what is in them.
pub(crate) static LAKE_COLUMNS: Columns = &all();

const fn all() -> [(&'static str, Kind); COUNT] {
    let mut columns = [OWN[0]; COUNT];
    let mut index = 0;
    while index < COUNT {
        columns[index] = if index < COLUMNS.len() { COLUMNS[index] } else { OWN[index - COLUMNS.len()] };
        index += 1;
    }
    columns
}

/// Adds a record. What it says of itself counts, since the stream may have masked some of it.
///
/// # Errors
/// [`Failure::Broken`]: it is no event.
pub(crate) fn add(rows: &mut Rows, batch: &Batch, record: &Record) -> Result<(), Failure> {
    let no_event = |error: CorruptBytes| Failure::Broken(format!("event {}: {error}", record.event_id));
    let json = str::from_utf8(&record.native).map_err(|error| {
        let offset = error.valid_up_to();
        no_event(CorruptBytes { offset })
    })?;
    let event = Members::of(Some(json.as_bytes())).map_err(no_event)?;
    let part = |name: &str| event.raw(name).filter(|bytes| *bytes != b"null");
    let text = |name: &str| part(name).and_then(|bytes| str::from_utf8(bytes).ok());
    let actor = Members::of(part("actor")).map_err(no_event)?;
    let context = Members::of(part("context")).map_err(no_event)?;
    let mut targets = Vec::new();
    if let Some(list) = part("targets") {
        each_element(list, |target| targets.push(target)).map_err(no_event)?;
    }
    let targets = targets.into_iter().map(|target| Members::of(Some(target)));
    let targets: Vec<Members<'_>> = targets.collect::<Result<_, _>>().map_err(no_event)?;
    let occurred = event.text("occurred_at").map_err(no_event)?.and_then(|time| micros(&time));
    rows.add(&Row {
        seq: record.seq,
        id: &record.event_id,
        org: &batch.org,
        // What was masked must not stand in a column.
        occurred_us: occurred.unwrap_or_else(|| record.received_ms.saturating_mul(1_000)),
        received_ms: record.received_ms,
        event: &event,
        actor: &actor,
        context: &context,
        targets: &targets,
        changes: text("changes"),
        metadata: text("metadata"),
        json,
        log: &batch.log,
        leaf_hash: &hex::encode(record.leaf_hash),
    })
}

/// Unix µs, rounded down.
fn micros(time: &str) -> Option<i64> {
    let nanos = time.parse::<Timestamp>().ok()?.as_nanosecond();
    i64::try_from(nanos.div_euclid(1_000)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_columns_are_those_that_are_written() {
        let text = include_str!("../../../../docs/formats/lake.md");
        for (name, _) in OWN {
            assert!(text.contains(&format!("| `{name}` |")), "{name}");
        }
        let names: std::collections::BTreeSet<&str> = LAKE_COLUMNS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), COUNT);
        assert!(LAKE_COLUMNS.starts_with(COLUMNS), "a lake has the columns of exports, in their order");
    }

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(micros("1970-01-01T00:00:00.0000019Z"), Some(1));
        assert_eq!(micros("1969-12-31T23:59:59.9999999Z"), Some(-1));
        assert_eq!(micros("2026-11-22T02:00:00+02:00"), Some(1_795_305_600_000_000));
        assert_eq!(micros("***"), None);
    }
}
