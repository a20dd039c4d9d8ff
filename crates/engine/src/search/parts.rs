//! The parts a search looks at, bounded to the caller's organizations and the time range before anything else.

use std::{ops::Range, sync::Arc};

use parking_lot::RwLock;
use roaring::RoaringBitmap;
use tallystick_event::OrgId;
use tallystick_query::Lowered;
use tallystick_segment::{OrgRows, OrgSpan, Row, Rows, SegmentError, Tail};

use crate::view::{SealedSegment, View};

/// Whose events a read may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Exactly these organizations.
    Orgs(Vec<OrgId>),
    /// Every organization of the instance.
    All,
}

impl Scope {
    /// Whether events of `org` may be seen.
    pub fn contains(&self, org: &OrgId) -> bool {
        match self {
            Self::Orgs(orgs) => orgs.contains(org),
            Self::All => true,
        }
    }
}

/// Times of occurrence a read is bounded to, Unix microseconds, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// From, inclusive.
    pub from_us: i64,
    /// To, exclusive.
    pub to_us: i64,
}

impl TimeRange {
    /// No bounds.
    pub const ALL: Self = Self { from_us: i64::MIN, to_us: i64::MAX };

    /// The range with what a query itself demands of `created`.
    pub(crate) fn within(self, query: Option<&Lowered>) -> Self {
        let (from_us, to_us) = query.map_or((i64::MIN, i64::MAX), Lowered::created_bounds);
        Self { from_us: self.from_us.max(from_us), to_us: self.to_us.min(to_us) }
    }

    pub(crate) fn contains(&self, occurred_us: i64) -> bool {
        self.from_us <= occurred_us && occurred_us < self.to_us
    }

    pub(crate) fn overlaps(&self, (min, max): (i64, i64)) -> bool {
        self.from_us < self.to_us && min < self.to_us && max >= self.from_us
    }
}

/// One place to look. A tail is read-locked for as long as [`Part::read`]'s closure runs.
#[derive(Clone)]
pub(crate) enum Part {
    Segment(Arc<SealedSegment>),
    Tail(Arc<RwLock<Tail>>),
}

impl Part {
    pub(crate) fn read<R>(&self, f: impl FnOnce(&dyn Rows) -> R) -> R {
        match self {
            Self::Segment(sealed) => f(&sealed.segment),
            Self::Tail(tail) => f(&*tail.read()),
        }
    }
}

/// All parts of a view in log order.
pub(crate) fn parts(view: &View) -> Vec<Part> {
    let segments = view.segments.iter().map(|sealed| Part::Segment(Arc::clone(sealed)));
    let frozen = view.frozen.iter().map(|frozen| Part::Tail(Arc::clone(&frozen.tail)));
    segments.chain(frozen).chain([Part::Tail(Arc::clone(&view.active))]).collect()
}

/// The organizations of a part that are in scope and have events in the time range.
pub(crate) fn spans(rows: &dyn Rows, scope: &Scope, range: TimeRange) -> Vec<OrgSpan> {
    let mut spans = rows.orgs();
    spans.retain(|span| span.rows > 0 && scope.contains(&span.org) && range.overlaps(span.occurred_us));
    spans
}

/// The rows of one organization inside a time range.
pub(crate) enum Window {
    /// Contiguous, sorted by (occurred_us, seq).
    Sorted(Range<Row>),
    /// Any order.
    Unsorted(RoaringBitmap),
}

impl Window {
    pub(crate) fn of(rows: &dyn Rows, span: &OrgSpan, range: TimeRange) -> Result<Self, SegmentError> {
        let covered = range.from_us <= span.occurred_us.0 && span.occurred_us.1 < range.to_us;
        Ok(match rows.org_rows(&span.org) {
            OrgRows::Range(all) if covered => Self::Sorted(all),
            OrgRows::Range(all) => {
                let start = first_at_or_after(rows, all.clone(), range.from_us)?;
                let end = first_at_or_after(rows, start..all.end, range.to_us)?;
                Self::Sorted(start..end)
            }
            OrgRows::List(all) if covered => Self::Unsorted(all),
            OrgRows::List(all) => {
                let mut inside = RoaringBitmap::new();
                for row in all {
                    if range.contains(rows.occurred_us(row)?) {
                        inside.insert(row);
                    }
                }
                Self::Unsorted(inside)
            }
        })
    }

    /// Adds the window's rows to a set.
    pub(crate) fn add_to(&self, set: &mut RoaringBitmap) {
        match self {
            Self::Sorted(range) => {
                set.insert_range(range.clone());
            }
            Self::Unsorted(rows) => *set |= rows,
        }
    }
}

/// First row of a sorted range that occurred at or after `time_us`.
pub(crate) fn first_at_or_after(
    rows: &dyn Rows,
    range: Range<Row>,
    time_us: i64,
) -> Result<Row, SegmentError> {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if rows.occurred_us(middle)? < time_us {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
