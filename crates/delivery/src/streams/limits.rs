//! Limits of streams, each with its unit.

use std::time::Duration;

/// Events of a log that are read at once.
pub(crate) const READ_EVENTS: usize = 512;
/// Events that are looked at in one go when few of them match.
pub(crate) const SCAN_EVENTS_MAX: u64 = 16_384;
/// Logs of one stream whose batches are on their way at the same time.
pub const LANES_MAX: usize = 4;
/// Batches of one log that are sent in a row while other logs of the stream wait.
pub(crate) const TURN_BATCHES: usize = 4;
/// Reads of all streams at the same time, by default.
pub const READING_MAX_DEFAULT: usize = 2;
/// Longest pause after a failure that may pass by itself, ms; the first is at most [`RETRY_FIRST_MS`].
pub const RETRY_MAX_MS: i64 = 300_000;
/// See [`RETRY_MAX_MS`].
pub const RETRY_FIRST_MS: i64 = 1_000;
/// Shortest such pause, ms.
pub(crate) const RETRY_MIN_MS: i64 = 100;
/// First pause after a failure that somebody has to mend, ms.
pub const MEND_FIRST_MS: i64 = 60_000;
/// Longest pause after a failure that somebody has to mend, ms.
pub const MEND_MAX_MS: i64 = 3_600_000;
/// Failures in a row after which it is recorded that a stream fails.
pub const DEGRADED_AFTER: u64 = 3;
/// How often at most a cursor is moved over events that do not match, ms.
pub(crate) const SKIP_NOTE_MS: i64 = 1_000;
/// How often events that wait for company are looked at, ms.
pub(crate) const LINGER_LOOK_MS: i64 = 250;
/// How long a send may go on when everything stops.
pub(crate) const STOP_GRACE: Duration = Duration::from_secs(5);
/// Pause before a catalog that failed is asked again.
pub(crate) const CATALOG_PAUSE: Duration = Duration::from_secs(2);
/// How often changes are looked for without being told of any.
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Most parts of an event that a mask names.
pub const MASK_FIELDS_MAX: usize = 100;
/// Longest name of a part of an event, bytes.
pub const MASK_FIELD_BYTES_MAX: usize = 256;
/// Dead letters that are sent again in one batch.
pub(crate) const REPLAY_EVENTS_MAX: u32 = 200;
