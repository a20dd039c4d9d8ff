//! An export that is an evidence pack. It has all records in the order of the log, and a proof that goes through all of
//! them, so one that was cut short is begun again.

use std::time::{Duration, Instant};

use tallystick_engine::{
    proof::{LogInfo, ProofError},
    search::{Cursor, Deadline, Order, SearchRequest, expect_many_reads},
};
use tallystick_event::format_ms;
use tokio::runtime::Handle;

use super::{Pack, What, times};
use crate::{
    failure::Failure,
    job::{Whole, Work},
    limits::SELECTION_EVENTS_MAX,
    pages::PAGE_TIME_MAX,
    sink::Sink,
    spec::Compression,
};

/// How long an export waits for the checkpoint that covers its events. One follows a second after an event.
const PUBLISH_TIME_MAX: Duration = Duration::from_mins(1);
/// How long it waits at once: so soon a stop is noticed.
const PUBLISH_WAIT: Duration = Duration::from_secs(1);

impl Work<'_> {
    /// Writes the pack.
    pub(crate) fn pack(&self) -> Result<Whole, Failure> {
        let info = self.engine.proofs().log_of(&self.export.org)?;
        // Leaves of the log as it was when the export was made.
        let end = self.export.end_seq.saturating_sub(info.base);
        if end == 0 {
            return Err(Failure::NothingToProve);
        }
        let what = self.what(&info, end)?;
        self.await_checkpoint(&info, end)?;
        let catalog = self.engine.catalog();
        let organization = Handle::current().block_on(catalog.organization(&self.export.org));
        let name = organization.map_err(|error| Failure::Broken(error.to_string()))?.name;
        let pack = Pack {
            org: self.export.org.clone(),
            name,
            log: info.log,
            base: info.base,
            what,
            redact: Vec::new(),
        };
        let pack = pack.prepare(self.engine)?;
        self.job.expect(pack.count());
        let mut sink = Sink::open(self.files.open_part(self.export)?, 0, Compression::None)?;
        let mut room_checked = 0;
        pack.write(self.engine, &mut sink, |sink, rows| {
            self.require_going_on(sink.bytes(), &mut room_checked)?;
            self.told(rows, sink.bytes());
            Ok(())
        })?;
        let (bytes, sha256) = sink.finish()?;
        Ok(Whole { rows: pack.count(), bytes, sha256 })
    }

    /// Without a query and times all of the log, or of what a schedule comes to now, whose completeness is proven too.
    fn what(&self, info: &LogInfo, end: u64) -> Result<What, Failure> {
        let request = self.request(None)?;
        let received = self.spec.received();
        let asked = self.spec.lowered_query(&self.export.query);
        let is_all = asked.map_err(|error| Failure::Broken(error.to_string()))?.is_none();
        if is_all && times(request.range).is_none() {
            let from = received.map_or(0, |received| received.first_seq.saturating_sub(info.base));
            return if from < end { Ok(What::Range { from, to: end }) } else { Err(Failure::NothingToProve) };
        }
        let times = match received {
            Some(received) => {
                let (from, to) = (format_ms(received.from_ms), format_ms(received.to_ms));
                Some(format!("taken in from {from}, before {to}"))
            }
            None => times(request.range),
        };
        let request = SearchRequest { order: Order::OldestFirst, ..request };
        let indexes = self.matching(request, info.base)?;
        Ok(What::Selection { indexes, query: self.export.query.clone(), times })
    }

    /// The leaves of all events that match, ascending. They are all that is kept of the events.
    fn matching(&self, mut request: SearchRequest, base: u64) -> Result<Vec<u64>, Failure> {
        expect_many_reads();
        let mut indexes = Vec::new();
        loop {
            if self.job.is_stopped() {
                return Err(Failure::Stopped);
            }
            request.deadline = Deadline(Instant::now() + PAGE_TIME_MAX);
            let page = self.engine.search(&request)?;
            indexes.extend(page.events.iter().filter_map(|event| event.meta.seq.checked_sub(base)));
            if indexes.len() > SELECTION_EVENTS_MAX {
                return Err(Failure::TooMany { max: SELECTION_EVENTS_MAX });
            }
            let next: Option<Cursor> = page.next;
            if next.is_none() {
                break;
            }
            request.cursor = next;
        }
        if indexes.is_empty() {
            return Err(Failure::NothingToProve);
        }
        indexes.sort_unstable();
        Ok(indexes)
    }

    /// Waits until leaves up to `end` are published: the newest event may be younger than the newest checkpoint.
    fn await_checkpoint(&self, info: &LogInfo, end: u64) -> Result<(), Failure> {
        let proofs = self.engine.proofs();
        let started = Instant::now();
        loop {
            if self.job.is_stopped() {
                return Err(Failure::Stopped);
            }
            if !proofs.rolled_back().is_empty() {
                return Err(ProofError::RolledBack.into());
            }
            let wait = proofs.wait_until_published(info.log, end - 1, PUBLISH_WAIT);
            if Handle::current().block_on(wait) {
                return Ok(());
            }
            if started.elapsed() >= PUBLISH_TIME_MAX {
                let published = proofs.log_by_id(info.log)?.published.map_or(0, |published| published.size);
                return Err(ProofError::NotPublished { published }.into());
            }
        }
    }
}
