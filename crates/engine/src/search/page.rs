//! One page of results, newest or oldest first, stopping as soon as the page is full.

use tallystick_event::OrgId;
use tallystick_query::Lowered;
use tallystick_segment::{Meta, OrgSpan, Row, Rows, SegmentError};

use super::{
    Deadline,
    cursor::{Cursor, Order, SortKey},
    evaluate::{Matches, evaluate},
    parts::{Part, Scope, TimeRange, Window, parts, spans},
    residual::Residual,
};
use crate::{Engine, error::ReadError};

/// What to find.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Whose events may be seen.
    pub scope: Scope,
    /// The query; `None` matches everything.
    pub query: Option<Lowered>,
    /// Bounds on the time of occurrence.
    pub range: TimeRange,
    /// Only events with a smaller seq: the logs as they were once. [`u64::MAX`]: all.
    pub before_seq: u64,
    /// Newest or oldest first.
    pub order: Order,
    /// Rows on the page at most.
    pub limit: usize,
    /// Where the page starts.
    pub cursor: Option<Cursor>,
    /// When to answer with what was found so far.
    pub deadline: Deadline,
}

/// An event as it is stored.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its organization.
    pub org: OrgId,
    /// Place, times, id.
    pub meta: Meta,
    /// Its units' canonical bytes.
    pub units: tallystick_event::Units,
}

/// What is shown must be what was taken in: the leaf, which is proven, commits to the units.
pub(crate) fn require_committed(
    org: &OrgId,
    meta: &Meta,
    units: &tallystick_event::Units,
) -> Result<(), ReadError> {
    if tallystick_event::units_root_of(&meta.salt, units) == meta.units_root {
        return Ok(());
    }
    let (id, seq) = (meta.id, meta.seq);
    Err(ReadError::tampered(format!("event {id} (seq {seq}) of {org} is not what its leaf commits to")))
}

impl StoredEvent {
    /// Checks that it is what its leaf commits to: for whoever shows parts of it.
    pub fn require_committed(&self) -> Result<(), ReadError> {
        require_committed(&self.org, &self.meta, &self.units)
    }

    /// Appends the event's JSON as the API shows it, if it is what its leaf commits to.
    pub fn render(&self, out: &mut Vec<u8>) -> Result<(), ReadError> {
        self.require_committed()?;
        let Meta { id, seq, received_ms, .. } = &self.meta;
        tallystick_event::render(out, id, *seq, *received_ms, &self.units)
            .map_err(|error| ReadError::Corrupt(format!("event {id}: {error}")))
    }

    /// Place in the order of results.
    pub fn sort_key(&self) -> SortKey {
        SortKey { occurred_us: self.meta.occurred_us, seq: self.meta.seq, org: self.org.clone() }
    }
}

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The events in order.
    pub events: Vec<StoredEvent>,
    /// Goes on after the last event; `None` at the end of the results.
    pub next: Option<Cursor>,
    /// Set when the deadline passed first: the answer is complete only up to this time of occurrence
    /// (Unix microseconds), in the direction of the search.
    pub searched_until_us: Option<i64>,
}

/// A row that may be on the page.
struct Hit {
    key: SortKey,
    part: usize,
    row: Row,
}

/// Where a page stands while its parts are looked at.
struct Collector<'a> {
    request: &'a SearchRequest,
    range: TimeRange,
    hits: Vec<Hit>,
}

impl Engine {
    /// Finds one page of events. Blocks for as long as the deadline allows; call it off the async threads.
    pub fn search(&self, request: &SearchRequest) -> Result<Page, ReadError> {
        self.require_scope(&request.scope)?;
        let view = self.view();
        let parts = parts(&view);
        let mut collector = Collector { request, range: start_range(request), hits: Vec::new() };
        let newest_first = request.order == Order::NewestFirst;
        // A part's extreme time decides whether it can still contribute, so the most promising come first.
        let mut reach: Vec<(i64, usize)> = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if let Some(extreme) = part.read(|rows| collector.extreme(rows)) {
                reach.push((extreme, index));
            }
        }
        reach.sort_unstable();
        if newest_first {
            reach.reverse();
        }
        let mut searched_until_us = None;
        for (extreme, index) in reach {
            if collector.is_full_before(extreme) {
                break;
            }
            if collector.must_stop_at(extreme) {
                searched_until_us = Some(extreme);
                break;
            }
            let complete = parts[index].read(|rows| collector.take_part(rows, index))?;
            if let Some(until) = complete {
                searched_until_us = Some(until);
                break;
            }
        }
        collector.finish(&parts, searched_until_us)
    }
}

/// The time range with the cursor's bound drawn in.
fn start_range(request: &SearchRequest) -> TimeRange {
    let mut range = request.range.within(request.query.as_ref());
    if let Some(cursor) = &request.cursor {
        // Rows of the same microsecond may still be due; the exact check is on the whole key.
        match request.order {
            Order::NewestFirst => range.to_us = range.to_us.min(cursor.after.occurred_us.saturating_add(1)),
            Order::OldestFirst => range.from_us = range.from_us.max(cursor.after.occurred_us),
        }
    }
    range
}

impl Collector<'_> {
    fn newest_first(&self) -> bool {
        self.request.order == Order::NewestFirst
    }

    /// The newest (oldest) time in scope of a part, if it has any event in the range.
    fn extreme(&self, rows: &dyn Rows) -> Option<i64> {
        let spans = spans(rows, &self.request.scope, self.range);
        let times = spans.iter().map(|span| self.extreme_of(span));
        if self.newest_first() { times.max() } else { times.min() }
    }

    /// The newest (oldest) time that an organization can still contribute.
    fn extreme_of(&self, span: &OrgSpan) -> i64 {
        if self.newest_first() {
            span.occurred_us.1.min(self.range.to_us - 1)
        } else {
            span.occurred_us.0.max(self.range.from_us)
        }
    }

    /// Whether time is up. A page that goes on from a cursor gets somewhere beyond it first, however long that
    /// takes: a caller who keeps asking always comes to the end.
    fn must_stop_at(&self, reached_us: i64) -> bool {
        let progress = match (&self.request.cursor, self.newest_first()) {
            (None, _) => true,
            (Some(_), true) => reached_us + 1 < self.range.to_us,
            (Some(_), false) => reached_us > self.range.from_us + 1,
        };
        progress && self.request.deadline.passed()
    }

    /// Whether the page is full and nothing at or beyond `extreme` could still get onto it.
    fn is_full_before(&mut self, extreme: i64) -> bool {
        let wanted = self.request.limit + 1;
        if self.hits.len() < wanted {
            return false;
        }
        self.sort();
        self.hits.truncate(wanted);
        let last = self.hits[wanted - 1].key.occurred_us;
        if self.newest_first() { extreme < last } else { extreme > last }
    }

    fn sort(&mut self) {
        if self.newest_first() {
            self.hits.sort_unstable_by(|a, b| b.key.cmp(&a.key));
        } else {
            self.hits.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        }
    }

    fn is_due(&self, key: &SortKey) -> bool {
        if key.seq >= self.request.before_seq {
            return false;
        }
        match &self.request.cursor {
            None => true,
            Some(cursor) if self.newest_first() => *key < cursor.after,
            Some(cursor) => *key > cursor.after,
        }
    }

    /// Collects a part's best rows. `Some(time)` when the deadline passed before the part was done.
    fn take_part(&mut self, rows: &dyn Rows, part: usize) -> Result<Option<i64>, ReadError> {
        let matches = match &self.request.query {
            None => Matches::everything(),
            Some(query) => evaluate(rows, &query.expr)?,
        };
        if matches.is_empty() {
            return Ok(None);
        }
        let residual = Residual::new(self.request.query.as_ref(), &matches);
        let spans = spans(rows, &self.request.scope, self.range);
        for (index, span) in spans.iter().enumerate() {
            let stopped = match Window::of(rows, span, self.range)? {
                Window::Sorted(range) => {
                    let candidates = matches.in_order(range, self.newest_first());
                    self.take_sorted(rows, part, &span.org, candidates, &residual)?
                }
                Window::Unsorted(inside) => {
                    let mut keyed = Vec::new();
                    for row in &matches.restrict(inside) {
                        let key = sort_key(rows, row, &span.org)?;
                        if self.is_due(&key) {
                            keyed.push(Hit { key, part, row });
                        }
                    }
                    self.take_unsorted(rows, keyed, &residual)?
                }
            };
            if let Some(reached) = stopped {
                // Organizations that were not looked at yet may have something newer (older) still.
                let rest = spans[index + 1..].iter().map(|span| self.extreme_of(span));
                let until = rest.fold(reached, |a, b| if self.newest_first() { a.max(b) } else { a.min(b) });
                return Ok(Some(until));
            }
        }
        Ok(None)
    }

    fn take_sorted(
        &mut self,
        rows: &dyn Rows,
        part: usize,
        org: &OrgId,
        candidates: impl Iterator<Item = Row>,
        residual: &Residual<'_>,
    ) -> Result<Option<i64>, ReadError> {
        let wanted = self.request.limit + 1;
        let mut taken = 0;
        for row in candidates {
            if taken == wanted {
                break;
            }
            let key = sort_key(rows, row, org)?;
            if !self.is_due(&key) {
                continue;
            }
            if residual.accepts(rows, row)? {
                self.hits.push(Hit { key, part, row });
                taken += 1;
            } else if self.must_stop_at(key.occurred_us) {
                return Ok(Some(key.occurred_us));
            }
        }
        Ok(None)
    }

    fn take_unsorted(
        &mut self,
        rows: &dyn Rows,
        mut keyed: Vec<Hit>,
        residual: &Residual<'_>,
    ) -> Result<Option<i64>, ReadError> {
        let newest_first = self.newest_first();
        let order = |a: &Hit, b: &Hit| if newest_first { b.key.cmp(&a.key) } else { a.key.cmp(&b.key) };
        let wanted = self.request.limit + 1;
        if !residual.is_needed() && keyed.len() > wanted {
            keyed.select_nth_unstable_by(wanted - 1, order);
            keyed.truncate(wanted);
        }
        keyed.sort_unstable_by(order);
        let mut taken = 0;
        for hit in keyed {
            if taken == wanted {
                break;
            }
            if residual.accepts(rows, hit.row)? {
                self.hits.push(hit);
                taken += 1;
            } else if self.must_stop_at(hit.key.occurred_us) {
                return Ok(Some(hit.key.occurred_us));
            }
        }
        Ok(None)
    }

    /// Sorts, cuts to the page and reads the bodies.
    fn finish(mut self, parts: &[Part], searched_until_us: Option<i64>) -> Result<Page, ReadError> {
        self.sort();
        let newest_first = self.newest_first();
        if let Some(until) = searched_until_us {
            // Rows beyond it are only some of those there are; handing them out would hide the others.
            self.hits.retain(|hit| {
                if newest_first { hit.key.occurred_us > until } else { hit.key.occurred_us < until }
            });
        }
        let more = self.hits.len() > self.request.limit;
        self.hits.truncate(self.request.limit);
        let events = read_bodies(&self.hits, parts)?;
        let next = match (more, searched_until_us) {
            (true, _) => self.hits.last().map(|hit| hit.key.clone()),
            (false, Some(until)) => Some(resume_at(until, newest_first)),
            (false, None) => None,
        };
        let next = next.map(|after| Cursor { order: self.request.order, after });
        Ok(Page { events, next, searched_until_us: searched_until_us.filter(|_| !more) })
    }
}

/// The events of the hits. Part by part and row by row, whatever their order: a block is unpacked once for all of its
/// rows that are wanted, also where several parts overlap in time.
fn read_bodies(hits: &[Hit], parts: &[Part]) -> Result<Vec<StoredEvent>, ReadError> {
    let mut in_place: Vec<usize> = (0..hits.len()).collect();
    in_place.sort_unstable_by_key(|at| (hits[*at].part, hits[*at].row));
    let mut found: Vec<Option<StoredEvent>> = vec![None; hits.len()];
    for run in in_place.chunk_by(|a, b| hits[*a].part == hits[*b].part) {
        parts[hits[run[0]].part].read(|rows| {
            for &at in run {
                let hit = &hits[at];
                let (meta, units) = (rows.meta(hit.row)?, rows.units(hit.row)?);
                found[at] = Some(StoredEvent { org: hit.key.org.clone(), meta, units });
            }
            Ok::<_, SegmentError>(())
        })?;
    }
    Ok(found.into_iter().map(|event| event.expect("each hit is in a run")).collect())
}

fn sort_key(rows: &dyn Rows, row: Row, org: &OrgId) -> Result<SortKey, SegmentError> {
    Ok(SortKey { occurred_us: rows.occurred_us(row)?, seq: rows.seq(row)?, org: org.clone() })
}

/// A key such that everything at `until_us` itself is still due.
fn resume_at(until_us: i64, newest_first: bool) -> SortKey {
    let org: OrgId = "z".repeat(64).parse().expect("a valid organization id");
    if newest_first {
        SortKey { occurred_us: until_us, seq: u64::MAX, org }
    } else {
        SortKey { occurred_us: until_us.saturating_sub(1), seq: u64::MAX, org }
    }
}
