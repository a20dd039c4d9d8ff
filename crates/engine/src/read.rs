//! Reads by place instead of by query: one event by id, and a log in its own order.

use std::{collections::BTreeMap, ops::ControlFlow};

use tallystick_event::{EventId, LogId, OrgId};
use tallystick_merkle::Hash;
use tallystick_segment::{Meta, Row, Rows};

use crate::{
    Engine,
    error::ReadError,
    head::leaf,
    search::{Scope, StoredEvent, parts},
};

impl Engine {
    /// The event with this id, if the scope may see it. Blocks; call it off the async threads.
    pub fn get(&self, id: &EventId, scope: &Scope) -> Result<Option<StoredEvent>, ReadError> {
        self.find(id, scope, |(rows, row), org, meta| Ok(StoredEvent { org, meta, units: rows.units(row)? }))
    }

    /// As [`Engine::get`] without the event itself: whose it is, and its columns.
    pub fn locate(&self, id: &EventId, scope: &Scope) -> Result<Option<(OrgId, Meta)>, ReadError> {
        self.find(id, scope, |_, org, meta| Ok((org, meta)))
    }

    fn find<T>(
        &self,
        id: &EventId,
        scope: &Scope,
        take: impl Fn((&dyn Rows, Row), OrgId, Meta) -> Result<T, ReadError>,
    ) -> Result<Option<T>, ReadError> {
        let look = |rows: &dyn Rows| -> Result<Option<Option<T>>, ReadError> {
            let Some(row) = rows.find_id(id)? else { return Ok(None) };
            let org = rows.org_of(row)?;
            if !scope.contains(&org) {
                return Ok(Some(None));
            }
            take((rows, row), org, rows.meta(row)?).map(|found| Some(Some(found)))
        };
        let found = self.view().each_newest_first(|rows| match look(rows) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(found)) => ControlFlow::Break(Ok(found)),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        match found {
            ControlFlow::Continue(()) => Ok(None),
            ControlFlow::Break(found) => found,
        }
    }

    /// At most `limit` events of a log from `from_seq` on, in the order of the log. Nothing is ever left out,
    /// late events included: this is what live tails, exports and streams follow.
    pub fn read_log(&self, org: &OrgId, from_seq: u64, limit: usize) -> Result<Vec<StoredEvent>, ReadError> {
        self.require_org(org)?;
        let mut events: Vec<StoredEvent> = Vec::new();
        for part in parts(&self.view()) {
            if events.len() >= limit {
                break;
            }
            part.read(|rows| -> Result<(), ReadError> {
                let next = events.last().map_or(from_seq, |event| event.meta.seq + 1);
                for row in rows.rows_by_seq(org, next, limit - events.len())? {
                    let meta = rows.meta(row)?;
                    // Parts stand in log order, so each goes on where the one before ended.
                    let expected = events.last().map(|event| event.meta.seq + 1);
                    if expected.is_some_and(|expected| expected != meta.seq) {
                        return Err(ReadError::Corrupt(format!(
                            "log of {org}: seq {} follows a gap",
                            meta.seq
                        )));
                    }
                    events.push(StoredEvent { org: org.clone(), meta, units: rows.units(row)? });
                }
                Ok(())
            })?;
        }
        Ok(events)
    }

    /// The number of events in a log: the seq that the next one gets.
    pub fn log_size(&self, org: &OrgId) -> Result<u64, ReadError> {
        self.require_org(org)?;
        let size = self.view().each_newest_first(|rows| {
            match rows.orgs().into_iter().find(|span| span.org == *org && span.rows > 0) {
                Some(span) => ControlFlow::Break(span.seq.1 + 1),
                None => ControlFlow::Continue(()),
            }
        });
        Ok(match size {
            ControlFlow::Break(size) => size,
            ControlFlow::Continue(()) => 0,
        })
    }

    /// The sizes of all logs that have events.
    pub fn log_sizes(&self) -> BTreeMap<OrgId, u64> {
        let mut sizes = BTreeMap::new();
        let all: ControlFlow<()> = self.view().each_newest_first(|rows| {
            for span in rows.orgs().into_iter().filter(|span| span.rows > 0) {
                sizes.entry(span.org).or_insert(span.seq.1 + 1);
            }
            ControlFlow::Continue(())
        });
        debug_assert!(all.is_continue(), "every part was looked at");
        sizes
    }

    /// The log that an event stands in, and the hash of its leaf there; none if the organization is gone.
    pub fn leaf_of(&self, event: &StoredEvent) -> Option<(LogId, Hash)> {
        let StoredEvent { org, meta, .. } = event;
        let place = self.proofs().place(org, meta.seq)?;
        let leaf = leaf(place.log, place.index, meta.received_ms, meta.id, meta.leaf_form, meta.units_root);
        Some((place.log, leaf.hash()))
    }

    pub(crate) fn require_scope(&self, scope: &Scope) -> Result<(), ReadError> {
        match scope {
            Scope::Orgs(orgs) => orgs.iter().try_for_each(|org| self.require_org(org)),
            Scope::All => Ok(()),
        }
    }
}
