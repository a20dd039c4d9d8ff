//! The event as the API gives it: members in a fixed readable order, spliced from the stored canonical bytes.

use crate::ids::EventId;
use crate::json::canonical;
use crate::json::scan::{CorruptBytes, Scanner};
use crate::time;
use crate::units::{Unit, Units};

/// Members of the `event` unit in the order of [`EventParts`].
const EVENT_MEMBERS: [&str; 8] =
    ["action", "idempotency_key", "occurred_at", "org", "outcome", "reason", "source", "version"];
const ACTION: usize = 0;
const IDEMPOTENCY_KEY: usize = 1;
const OCCURRED_AT: usize = 2;
const ORG: usize = 3;
const OUTCOME: usize = 4;
const REASON: usize = 5;
const SOURCE: usize = 6;
const VERSION: usize = 7;

/// The canonical bytes of each member, by index in [`EVENT_MEMBERS`].
type EventParts<'a> = [Option<&'a [u8]>; EVENT_MEMBERS.len()];

/// Appends the event as one JSON object. Units that are absent (or erased) give no members. `received_ms` is Unix
/// ms. On an error nothing useful is in `out` after its old length.
pub fn render(
    out: &mut Vec<u8>,
    id: &EventId,
    seq: u64,
    received_ms: i64,
    units: &Units,
) -> Result<(), CorruptBytes> {
    let parts = event_parts(units.get(Unit::Event))?;
    out.reserve(units.total_len() + 256);
    out.extend_from_slice(b"{\"id\":\"");
    id.write_to(out);
    out.extend_from_slice(b"\",\"seq\":");
    out.extend_from_slice(seq.to_string().as_bytes());
    member(out, "org", parts[ORG]);
    member(out, "action", parts[ACTION]);
    member(out, "occurred_at", parts[OCCURRED_AT]);
    out.extend_from_slice(b",\"received_at\":\"");
    time::write_ms(out, received_ms);
    out.push(b'"');
    member(out, "version", parts[VERSION]);
    member(out, "actor", units.get(Unit::Actor));
    member(out, "targets", units.get(Unit::Targets));
    member(out, "context", units.get(Unit::Context));
    member(out, "outcome", parts[OUTCOME]);
    member(out, "reason", parts[REASON]);
    member(out, "changes", units.get(Unit::Changes));
    member(out, "metadata", units.get(Unit::Metadata));
    member(out, "source", parts[SOURCE]);
    member(out, "idempotency_key", parts[IDEMPOTENCY_KEY]);
    out.push(b'}');
    Ok(())
}

/// [`render`] as a tree, for code that looks into events one at a time.
pub fn render_value(
    id: &EventId,
    seq: u64,
    received_ms: i64,
    units: &Units,
) -> Result<serde_json::Value, CorruptBytes> {
    let mut json = Vec::new();
    render(&mut json, id, seq, received_ms, units)?;
    serde_json::from_slice(&json).map_err(|e| CorruptBytes { offset: e.column() })
}

fn member(out: &mut Vec<u8>, name: &str, value: Option<&[u8]>) {
    if let Some(value) = value {
        out.push(b',');
        canonical::string(out, name);
        out.push(b':');
        out.extend_from_slice(value);
    }
}

fn event_parts(unit: Option<&[u8]>) -> Result<EventParts<'_>, CorruptBytes> {
    let mut parts = EventParts::default();
    let Some(unit) = unit else { return Ok(parts) };
    let mut s = Scanner::new(unit)?;
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        let i = EVENT_MEMBERS.iter().position(|m| *m == name).ok_or(s.corrupt())?;
        parts[i] = Some(s.skip()?);
    }
    s.finish()?;
    Ok(parts)
}
