//! Limits of the lake, each with its unit.

use std::time::Duration;

/// Most events in one file.
pub const LAKE_EVENTS_MAX: usize = 100_000;
/// Most bytes of events in one file, before they are encoded. While a batch is on its way there are in memory: its
/// events, one row group of columns ([`crate::limits`]: 16 MiB, and as much again while it is encoded), and the file,
/// which is smaller than its events unless they cannot be compressed. So at most about 100 MiB, and the next batch's
/// events, which are read ahead.
pub const LAKE_BYTES_MAX: usize = 32 << 20;
/// How long the first event of a file waits for others, by default.
pub const LAKE_LINGER: Duration = Duration::from_mins(1);
/// How long it may be told to wait, seconds. No file goes past a full hour anyway.
pub const LAKE_LINGER_S_MAX: u64 = 3_600;
/// Bytes of a disk that a lake leaves free: it may be the disk of the log.
pub(crate) const RESERVE_BYTES: u64 = 1 << 30;
