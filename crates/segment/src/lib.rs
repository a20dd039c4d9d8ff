//! Segments: immutable files of events with their index, and the in-memory tail with the same read interface.
//!
//! ```text
//! Tail::append ──► Tail ──┐                       ┌──► Rows (search, facets, exports)
//!                         ├──► write_segment ──► Segment
//! older segments ─────────┘    (seal and merge are one code path)
//! ```
//!
//! Not here: which segments exist, when to seal or merge, and any query logic.

mod blocks;
mod compress;
mod dictionary;
mod error;
mod file;
mod layout;
mod mapping;
mod opaque;
mod packed;
mod postings;
mod rice;
mod rows;
mod segment;
mod tail;
mod template;
mod varint;
mod write;

pub use error::{Result, SegmentError};
pub use layout::{BODY_BLOCK_ROWS, FORMAT_VERSION, SEGMENT_ROWS_MAX, Section};
pub use rows::{Meta, OrgRows, OrgSpan, Row, Rows, Table, ValueNo, ValueText, WordNo};
pub use segment::{Damage, IndexState, Segment, expect_many_reads};
pub use tail::{Tail, TailEvent};
pub use write::{SegmentInfo, rebuild_index, source::SegmentSource, write_segment};
