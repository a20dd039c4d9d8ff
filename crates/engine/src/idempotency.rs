//! Idempotency keys: a repeated key finds the event it was first used for, for as long as that event exists.

use std::ops::ControlFlow;

use serde_json::Value;
use tallystick_event::{EventId, OrgId, Prepared, Unit, Units, terms};
use tallystick_segment::{Meta, Rows, SegmentError};

use crate::{error::AppendError, head::leaf, proof::Tree, queue::Appended, view::View};

/// A key to look for.
pub(crate) struct KeyLookup<'a> {
    pub(crate) org: &'a OrgId,
    pub(crate) key: &'a str,
}

/// The stored event that holds a key.
pub(crate) struct StoredKey {
    pub(crate) meta: Meta,
    pub(crate) units: Units,
}

impl StoredKey {
    /// The answer that its first submission got, marked as a duplicate.
    pub(crate) fn appended(&self, tree: &Tree) -> Appended {
        let Meta { seq, received_ms, id, leaf_form, units_root, .. } = self.meta;
        let leaf = leaf(tree.log, seq - tree.base, received_ms, id, leaf_form, units_root);
        Appended { id, seq, received_ms, leaf_hash: leaf.hash(), duplicate: true }
    }
}

impl KeyLookup<'_> {
    /// Looks in every part, newest first, since repeats mostly follow soon.
    pub(crate) fn find(&self, view: &View) -> Result<Option<StoredKey>, AppendError> {
        let hash = terms::opaque_hash(terms::Opaque::IdempotencyKey, self.key.as_bytes());
        let found = view.each_newest_first(|part| match self.find_in(part, hash) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(stored)) => ControlFlow::Break(Ok(stored)),
            Err(error) => ControlFlow::Break(Err(AppendError::Corrupt(error.to_string()))),
        });
        match found {
            ControlFlow::Continue(()) => Ok(None),
            ControlFlow::Break(result) => result.map(Some),
        }
    }

    fn find_in(&self, part: &dyn Rows, hash: u64) -> Result<Option<StoredKey>, SegmentError> {
        for row in part.opaque(hash)? {
            if part.org_of(row)? != *self.org {
                continue;
            }
            let units = part.units(row)?;
            if stored_key(&units).as_deref() == Some(self.key) {
                return Ok(Some(StoredKey { meta: part.meta(row)?, units }));
            }
        }
        Ok(None)
    }
}

fn event_unit(units: &Units) -> Option<Value> {
    serde_json::from_slice(units.get(Unit::Event)?).ok()
}

fn stored_key(units: &Units) -> Option<String> {
    Some(event_unit(units)?.get("idempotency_key")?.as_str()?.to_owned())
}

/// Accepts a repeated key only for the same event; otherwise data would be lost without a word.
pub(crate) fn same_or_refuse(
    index: usize,
    event: &Prepared,
    stored: &Units,
    existing: EventId,
) -> Result<(), AppendError> {
    if same_event(&event.units, stored) { Ok(()) } else { Err(AppendError::KeyReused { index, existing }) }
}

/// Equal in all that the sender says. `occurred_at` is left out, as it defaults to the time of the call, and
/// so is `source`, as a retry may come with a rotated key.
fn same_event(a: &Units, b: &Units) -> bool {
    let others = [Unit::Actor, Unit::Changes, Unit::Context, Unit::Metadata, Unit::Targets];
    if others.iter().any(|unit| a.get(*unit) != b.get(*unit)) {
        return false;
    }
    let essence = |units: &Units| {
        let mut value = event_unit(units)?;
        let object = value.as_object_mut()?;
        object.remove("occurred_at");
        object.remove("source");
        Some(value)
    };
    essence(a) == essence(b)
}
