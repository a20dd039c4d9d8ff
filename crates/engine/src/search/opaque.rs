//! Ids that occur once or a few times: hash-table candidates, verified on the event.

use roaring::RoaringBitmap;
use serde_json::Value;
use tallystick_event::{
    Unit, Units,
    terms::{self, Opaque},
};
use tallystick_segment::Rows;

use super::evaluate::{LeafRows, every_row};
use crate::error::ReadError;

/// Candidates verified on the spot. A session with more events than this is left to the residual check, which
/// stops when the page is full.
const VERIFY_MAX: usize = 256;

/// Rows whose id is exactly `value`.
pub(super) fn equal(rows: &dyn Rows, field: Opaque, value: &str) -> Result<LeafRows, ReadError> {
    let candidates = rows.opaque(terms::opaque_hash(field, value.as_bytes()))?;
    if candidates.len() > VERIFY_MAX {
        return Ok(LeafRows::may(candidates.into_iter().collect()));
    }
    let mut set = RoaringBitmap::new();
    for row in candidates {
        if id_of(&rows.units(row)?, field).as_deref() == Some(value) {
            set.insert(row);
        }
    }
    Ok(LeafRows::Exact(set))
}

/// Rows that have such an id at all: only the event itself can tell.
pub(super) fn exists(rows: &dyn Rows, field: Opaque) -> Result<LeafRows, ReadError> {
    Ok(LeafRows::may(match field {
        Opaque::IdempotencyKey => every_row(rows),
        _ => super::leaf::lookup(rows, &terms::key_has(terms::Has::Correlation))?,
    }))
}

fn id_of(units: &Units, field: Opaque) -> Option<String> {
    let (unit, member) = match field {
        Opaque::Request => (Unit::Context, "request_id"),
        Opaque::Session => (Unit::Context, "session_id"),
        Opaque::Trace => (Unit::Context, "trace_id"),
        Opaque::IdempotencyKey => (Unit::Event, "idempotency_key"),
    };
    let value: Value = serde_json::from_slice(units.get(unit)?).ok()?;
    Some(value.get(member)?.as_str()?.to_owned())
}
