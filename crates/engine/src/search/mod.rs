//! Search: set operations over each part's index, bounded to the caller's organizations and the time range,
//! plus a residual check on events where the index alone cannot tell.

mod buckets;
mod count;
mod cursor;
mod evaluate;
mod facets;
mod histogram;
mod leaf;
mod opaque;
mod page;
mod parts;
mod residual;
mod select;
mod text;
mod values;

pub use buckets::Interval;
pub use count::Count;
pub use cursor::{Cursor, Order, SortKey};
pub use facets::{FacetRequest, FacetValue, Facets};
pub use histogram::{Bucket, Histogram, HistogramRequest, OTHER};
pub use page::{Page, SearchRequest, StoredEvent};
pub use parts::{Scope, TimeRange};
pub use select::Selection;
pub use tallystick_segment::expect_many_reads;

pub(crate) use page::require_committed;
pub(crate) use parts::parts;

use std::time::Instant;

/// When a read has to answer with what it has.
#[derive(Debug, Clone, Copy)]
pub struct Deadline(pub Instant);

impl Deadline {
    pub(crate) fn passed(self) -> bool {
        Instant::now() >= self.0
    }
}
