//! An event as the log has it: made of the record that the log hands out, which is checked against its leaf first.

use anyhow::{Context as _, ensure};
use tallystick_event::{LogId, Unit, Units};
use tallystick_verify::{Disclosure, RangeHeader, Record, RecordChecker, RecordUnit};

/// What the log has at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) leaf_hash: [u8; 32],
    pub(crate) received_ms: i64,
    /// As `GET /v1/events/{id}` shows it.
    pub(crate) event: Box<[u8]>,
    /// Parts of it are not in the log any more.
    pub(crate) is_erased: bool,
}

impl Expected {
    /// About how much memory it takes, bytes.
    pub(crate) fn byte_count(&self) -> usize {
        size_of::<Self>() + self.event.len() + self.id.len()
    }
}

/// Reads the lines of a range (`docs/formats/event-proof.md`). `base` is the seq of the log's leaf 0.
///
/// # Errors
/// Lines that are not what was asked for, and records that are not what their leaf commits to: then the log, or
/// whoever answers for it, is what has to be looked at, and not the copy.
pub(crate) fn read_range(
    lines: &[u8],
    log: LogId,
    base: u64,
    from: u64,
    to: u64,
) -> anyhow::Result<Vec<Expected>> {
    let mut lines = lines.split(|byte| *byte == b'\n');
    let header: RangeHeader =
        serde_json::from_slice(lines.next().unwrap_or_default()).context("the range has no first line")?;
    ensure!((header.from, header.to) == (from, to), "the service gave another range than {from} to {to}");
    let mut checker = RecordChecker::new(log);
    let (mut room, mut found) = (Vec::new(), Vec::with_capacity(usize::try_from(to - from)?));
    for index in from..to {
        let line = lines.next().filter(|line| !line.is_empty()).context("the range ends too early")?;
        let record = Record::parse_line(line)?;
        ensure!(record.seq == index, "the range has leaf {} in the place of {index}", record.seq);
        let expected = of_record(&record, &mut checker, base, &mut room);
        found.push(expected.with_context(|| format!("leaf {index} of the log"))?);
    }
    Ok(found)
}

fn of_record(
    record: &Record<'_>,
    checker: &mut RecordChecker,
    base: u64,
    room: &mut Vec<u8>,
) -> anyhow::Result<Expected> {
    let sound = checker.check(record)?;
    let mut values: [Option<Vec<u8>>; Unit::ALL.len()] = Default::default();
    let mut is_erased = false;
    for unit in &record.units {
        let RecordUnit::Disclosed(text) = unit else {
            is_erased = true;
            continue;
        };
        let disclosed = Disclosure::decode(text, room).context("a unit is not readable")?;
        let unit = Unit::from_name(&disclosed.name);
        let unit = unit.with_context(|| format!("a unit has the name {:?}", disclosed.name))?;
        values[unit as usize] = Some(disclosed.value.as_bytes().to_vec());
    }
    let units = Units::from_parts(values.each_ref().map(|value| value.as_deref()));
    let (leaf, seq) = (sound.leaf, base + record.seq);
    let mut event = Vec::new();
    tallystick_event::render(&mut event, &leaf.id, seq, leaf.received_ms, &units)?;
    Ok(Expected {
        seq,
        id: leaf.id.to_string(),
        leaf_hash: record.leaf_hash(),
        received_ms: leaf.received_ms,
        event: event.into(),
        is_erased,
    })
}
