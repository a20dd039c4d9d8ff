//! Reads by place instead of by query: one event by id, and a log in its own order.

use std::ops::ControlFlow;

use tallystick_event::{EventId, OrgId};
use tallystick_segment::Rows;

use crate::{
    Engine,
    error::ReadError,
    search::{Scope, StoredEvent, parts},
};

impl Engine {
    /// The event with this id, if the scope may see it. Blocks; call it off the async threads.
    pub fn get(&self, id: &EventId, scope: &Scope) -> Result<Option<StoredEvent>, ReadError> {
        let found = self.view().each_newest_first(|rows| match find(rows, id) {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(event)) => ControlFlow::Break(Ok(event)),
            Err(error) => ControlFlow::Break(Err(error)),
        });
        match found {
            ControlFlow::Continue(()) => Ok(None),
            ControlFlow::Break(result) => result.map(|event| Some(event).filter(|e| scope.contains(&e.org))),
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

    pub(crate) fn require_scope(&self, scope: &Scope) -> Result<(), ReadError> {
        match scope {
            Scope::Orgs(orgs) => orgs.iter().try_for_each(|org| self.require_org(org)),
            Scope::All => Ok(()),
        }
    }
}

fn find(rows: &dyn Rows, id: &EventId) -> Result<Option<StoredEvent>, ReadError> {
    let Some(row) = rows.find_id(id)? else { return Ok(None) };
    Ok(Some(StoredEvent { org: rows.org_of(row)?, meta: rows.meta(row)?, units: rows.units(row)? }))
}
