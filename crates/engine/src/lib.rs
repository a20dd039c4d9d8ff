//! The engine: sequencer, tail, sealer, compactor, recovery, search and live tail.
//!
//! Invariants:
//! - One thread, the sequencer, changes heads, the commit log and the tail; everybody else sees snapshots.
//! - An event is acknowledged after fdatasync of the commit log and after it is searchable.
//! - Positions of segments, frozen tails and the growing tail are adjacent, without gap or overlap.
//! - There is no HTTP, no SQL and no clock but the one passed in.

mod batch;
mod compact;
pub mod crash;
mod engine;
mod error;
pub mod facts;
mod files;
mod head;
mod idempotency;
mod live;
mod options;
pub mod proof;
mod queue;
mod read;
mod recover;
mod seal;
pub mod search;
mod sequencer;
mod status;
mod view;

pub use batch::events_by_org;
pub use engine::Engine;
pub use error::{AppendError, BatchError, OpenError, ReadError, Verdict};
pub use live::{Grown, LiveReader};
pub use options::{
    BATCH_BYTES_MAX, BATCH_EVENTS_MAX, INSTANCE_ORG, LIVE_LAG_EVENTS_MAX, Options, QUEUE_BYTES_MAX,
};
pub use queue::Appended;
pub use recover::Recovered;
pub use status::{SegmentStatus, Status};
