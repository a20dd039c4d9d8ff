//! Settings and limits of the engine, with units.

use std::{path::PathBuf, time::Duration};

/// Events in one commit-log batch at most.
pub const BATCH_EVENTS_MAX: usize = 4_096;
/// Canonical bytes in one commit-log batch after which it is closed. One submission is never split, so a
/// batch can exceed this by one submission.
pub const BATCH_BYTES_MAX: usize = 4 << 20;
/// Canonical bytes waiting in front of the sequencer after which submissions are refused as overload.
pub const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Submissions waiting in front of the sequencer at most.
pub(crate) const QUEUE_SUBMISSIONS_MAX: usize = 4_096;
/// Frozen tails that may wait for the sealer before writes are refused.
pub(crate) const FROZEN_TAILS_MAX: usize = 4;
/// Events a segment is compacted up to, about.
pub(crate) const SEGMENT_EVENTS_MAX: u64 = 8 << 20;
/// Adjacent segments of one size class that are merged into one.
pub(crate) const COMPACTION_FAN_IN: usize = 8;
/// Events that a live-tail reader may lag behind before it is sent a gap.
pub const LIVE_LAG_EVENTS_MAX: u64 = 10_000;

/// The organization that holds the instance's own events (keys created, organizations created, ...).
pub const INSTANCE_ORG: &str = "instance";

/// Where the engine keeps its data and when it seals.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory: `log/` and `segments/` live in it.
    pub data_dir: PathBuf,
    /// Address this server listens on, for the lock file, so that a second server can say who holds the directory.
    pub listen: String,
    /// Events after which the tail is sealed.
    pub tail_events_max: u32,
    /// Bytes of the tail's events, without its index, after which it is sealed.
    pub tail_bytes_max: usize,
    /// Age of the tail's oldest event after which it is sealed.
    pub tail_age_max: Duration,
    /// What the origin of every log begins with, such as a host name; empty: the instance's id. It can be chosen once.
    pub origin: String,
    /// How long after a log has grown its new size is published, at most.
    pub checkpoint_interval: Duration,
    /// Read the whole index of every segment at the start, and rebuild what is damaged. Without it only damage that the
    /// opening of a segment meets is rebuilt.
    pub check_indexes: bool,
    /// Abort the process at this named point (crash tests only; see [`crate::crash`]).
    pub crash_at: Option<String>,
}

impl Options {
    /// Defaults for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: String::new(),
            tail_events_max: 256 << 10,
            tail_bytes_max: 192 << 20,
            tail_age_max: Duration::from_mins(5),
            origin: String::new(),
            checkpoint_interval: Duration::from_secs(1),
            check_indexes: false,
            crash_at: None,
        }
    }
}
