//! Reading a log for a stream: what matches becomes records, until there is enough for a batch.

use serde::Deserialize;
use serde_json::Value;
use tallystick_catalog::{GAP_RETENTION, NewDeadLetter, StreamGap};
use tallystick_destination::Record;
use tallystick_engine::{Engine, ReadError, facts, search::StoredEvent};
use tallystick_event::{OrgId, Outcome, Unit};
use tallystick_format::{FormatName, Place, render, render_native};
use tallystick_query::EventFacts;

use super::{
    limits::{READ_EVENTS, SCAN_EVENTS_MAX},
    plan::Plan,
};

const HOUR_MS: i64 = 3_600_000;
/// Why an event is a dead letter that no format can hold.
const UNRENDERABLE: &str = "unrenderable";

/// What was found from one place of a log on.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Where it begins.
    pub(crate) first_seq: u64,
    /// Behind the last event that was looked at and belongs to it.
    pub(crate) end_seq: u64,
    pub(crate) records: Vec<Record>,
    pub(crate) bytes: usize,
    /// Matching events that cannot be rendered.
    pub(crate) letters: Vec<NewDeadLetter>,
    /// Events before `first_seq` that are not there any more.
    pub(crate) gap: Option<StreamGap>,
    /// No more fits in.
    pub(crate) is_full: bool,
    /// There was no more in the log.
    pub(crate) is_at_end: bool,
}

impl Scan {
    pub(crate) fn from(seq: u64) -> Self {
        Self { first_seq: seq, end_seq: seq, ..Self::default() }
    }

    /// The last event of its range. There is one: it holds records or letters.
    pub(crate) fn last_seq(&self) -> u64 {
        self.end_seq.saturating_sub(1).max(self.first_seq)
    }

    /// When its events have waited long enough for others, Unix ms.
    pub(crate) fn ripe_ms(&self, plan: &Plan) -> i64 {
        let Some(first) = self.records.first().filter(|_| !self.is_full) else { return 0 };
        let linger = i64::try_from(plan.linger.as_millis()).unwrap_or(i64::MAX);
        let waited = first.received_ms.saturating_add(linger);
        if plan.kind.shape.is_by_hour {
            return waited.min((first.received_ms.div_euclid(HOUR_MS) + 1) * HOUR_MS);
        }
        waited
    }
}

/// One log, as one stream reads it.
pub(crate) struct Reader<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) plan: &'a Plan,
    pub(crate) org: &'a OrgId,
    /// For hashes of masked values.
    pub(crate) key: &'a [u8],
    pub(crate) now_ms: i64,
}

impl Reader<'_> {
    /// Goes on with a scan until it is full, the log ends, or it has looked at enough. Blocks.
    pub(crate) fn extend(&self, mut scan: Scan) -> Result<Scan, ReadError> {
        let until = scan.end_seq.saturating_add(SCAN_EVENTS_MAX);
        scan.is_at_end = false;
        while !scan.is_full && scan.end_seq < until {
            let events = self.engine.read_log(self.org, scan.end_seq, READ_EVENTS)?;
            let is_last = events.len() < READ_EVENTS;
            for event in &events {
                if !self.follows(&mut scan, event) || !self.take(&mut scan, event, true)? {
                    return Ok(scan);
                }
            }
            if is_last {
                scan.is_at_end = true;
                return Ok(scan);
            }
        }
        // What was found goes out before more is looked at.
        scan.is_full = !scan.records.is_empty();
        Ok(scan)
    }

    /// Exactly the events of a range that was made durable, or only the gap that it begins with: then it cannot go out
    /// again as what it was. A log that ends before the range does is damaged. Blocks.
    pub(crate) fn range(&self, first_seq: u64, last_seq: u64) -> Result<Scan, ReadError> {
        let mut scan = Scan { is_full: true, ..Scan::from(first_seq) };
        while scan.end_seq <= last_seq {
            let most = usize::try_from(last_seq - scan.end_seq + 1).unwrap_or(READ_EVENTS).min(READ_EVENTS);
            let events = self.engine.read_log(self.org, scan.end_seq, most)?;
            let Some(first) = events.first() else {
                let ends = scan.end_seq;
                let what = format!("the log of {} ends at {ends}, and {last_seq} was sent of it", self.org);
                return Err(ReadError::Corrupt(what));
            };
            if first.meta.seq > scan.end_seq {
                let gap = self.gap(first_seq, first.meta.seq.min(last_seq + 1) - 1);
                return Ok(Scan { gap: Some(gap), ..Scan::from(first_seq) });
            }
            for event in events.iter().take_while(|event| event.meta.seq <= last_seq) {
                self.take(&mut scan, event, false)?;
            }
            scan.end_seq = events.last().map_or(last_seq, |event| event.meta.seq) + 1;
        }
        scan.end_seq = last_seq + 1;
        Ok(scan)
    }

    /// Single events of the log, whether they match or not: somebody asked for them. Blocks.
    pub(crate) fn singles(&self, seqs: &[u64]) -> Result<Scan, ReadError> {
        let mut scan = Scan::from(seqs.first().copied().unwrap_or_default());
        for seq in seqs {
            let events = self.engine.read_log(self.org, *seq, 1)?;
            if let Some(event) = events.first().filter(|event| event.meta.seq == *seq) {
                self.render(&mut scan, event, None)?;
            }
            scan.end_seq = seq + 1;
        }
        Ok(scan)
    }

    /// Notes what is missing before an event; false if the scan has to end there.
    fn follows(&self, scan: &mut Scan, event: &StoredEvent) -> bool {
        let seq = event.meta.seq;
        if seq == scan.end_seq {
            return true;
        }
        if !scan.records.is_empty() || !scan.letters.is_empty() || scan.gap.is_some() {
            scan.is_full = true;
            return false;
        }
        scan.gap = Some(self.gap(scan.end_seq, seq - 1));
        (scan.first_seq, scan.end_seq) = (seq, seq);
        true
    }

    /// Events that are not in the log any more.
    fn gap(&self, first_seq: u64, last_seq: u64) -> StreamGap {
        let (org, reason) = (self.org.clone(), GAP_RETENTION.to_owned());
        StreamGap { org, first_seq, last_seq, reason, at_ms: self.now_ms }
    }

    /// Takes one event; false if it has to wait for the next batch.
    fn take(&self, scan: &mut Scan, event: &StoredEvent, is_bounded: bool) -> Result<bool, ReadError> {
        let shape = &self.plan.kind.shape;
        let mut json = None;
        if let Some(query) = &self.plan.query {
            let value = facts::json_of(&event.meta, &event.units)?;
            if !tallystick_query::matches(query, &EventFacts::from_json(&value)) {
                scan.end_seq = event.meta.seq + 1;
                return Ok(true);
            }
            json = Some(value);
        }
        let hour = |ms: i64| ms.div_euclid(HOUR_MS);
        let is_other_hour = |first: &Record| hour(first.received_ms) != hour(event.meta.received_ms);
        if is_bounded && shape.is_by_hour && scan.records.first().is_some_and(is_other_hour) {
            scan.is_full = true;
            return Ok(false);
        }
        let before = (scan.records.len(), scan.bytes);
        self.render(scan, event, json)?;
        if is_bounded && before.0 > 0 && scan.records.len() > before.0 && scan.bytes > shape.bytes_max {
            // One too many: it begins the next batch.
            scan.records.truncate(before.0);
            scan.bytes = before.1;
            scan.is_full = true;
            return Ok(false);
        }
        scan.end_seq = event.meta.seq + 1;
        let is_full = scan.records.len() >= shape.events_max || scan.bytes >= shape.bytes_max;
        if is_bounded && is_full {
            scan.is_full = true;
            return Ok(false);
        }
        Ok(true)
    }

    /// Makes an event a record, or a dead letter if that cannot be.
    fn render(&self, scan: &mut Scan, event: &StoredEvent, json: Option<Value>) -> Result<(), ReadError> {
        let meta = &event.meta;
        let (log, leaf_hash) =
            self.engine.leaf_of(event).ok_or_else(|| ReadError::UnknownOrg { org: self.org.clone() })?;
        let (log, event_id) = (self.engine.proofs().origin(log), meta.id.to_string());
        let place = Place {
            org: self.org.as_str(),
            org_name: None,
            log: &log,
            seq: meta.seq,
            event_id: &event_id,
            leaf_hash: &leaf_hash,
            received_ms: meta.received_ms,
            product: &self.plan.product.0,
            version: &self.plan.product.1,
        };
        // Checks that the event is what its leaf commits to.
        let mut stored = Vec::with_capacity(event.units.total_len() + 512);
        event.render(&mut stored)?;
        let mut native = Vec::with_capacity(stored.len() + 512);
        let mut bytes = Vec::new();
        let is_native = self.plan.format == FormatName::Native;
        let rendered = if is_native && self.plan.mask.is_empty() {
            render_native(&stored, &place, &mut native)
        } else {
            let parsed = || facts::json_of(meta, &event.units);
            let mut value = json.map_or_else(parsed, Ok)?;
            self.plan.mask.apply(&mut value, self.key);
            let own = |out: &mut Vec<u8>| {
                if is_native { Ok(()) } else { render(self.plan.format, &value, &place, out) }
            };
            render(FormatName::Native, &value, &place, &mut native).and_then(|()| own(&mut bytes))
        };
        if let Err(error) = rendered {
            scan.letters.push(NewDeadLetter {
                seq: meta.seq,
                event_id,
                reason: UNRENDERABLE.to_owned(),
                status: None,
                excerpt: error.to_string(),
            });
            return Ok(());
        }
        let native = bytes::Bytes::from(native);
        let bytes = if is_native { native.clone() } else { bytes::Bytes::from(bytes) };
        scan.bytes += bytes.len();
        scan.records.push(Record {
            seq: meta.seq,
            event_id,
            leaf_hash,
            occurred_ms: meta.occurred_us.div_euclid(1_000),
            received_ms: meta.received_ms,
            action: action(event),
            is_failure: matches!(meta.outcome, Outcome::Failure | Outcome::Denied),
            bytes,
            native,
        });
        Ok(())
    }
}

/// The action, without looking at the rest of the event.
fn action(event: &StoredEvent) -> String {
    #[derive(Deserialize)]
    struct Head {
        #[serde(default)]
        action: String,
    }
    let unit = event.units.get(Unit::Event).unwrap_or_default();
    serde_json::from_slice::<Head>(unit).map(|head| head.action).unwrap_or_default()
}
