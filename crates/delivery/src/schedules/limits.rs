//! Limits of schedules, each with its unit.

use std::time::Duration;

use jiff::SignedDuration;

/// Shortest time between two runs of a cron expression.
pub const INTERVAL_MIN: SignedDuration = SignedDuration::from_mins(15);
/// Longest cron expression, bytes.
pub const CRON_BYTES_MAX: usize = 256;
/// Most people that a schedule writes to.
pub const RECIPIENTS_MAX: usize = 20;
/// Largest file that is attached to a message, bytes. Larger ones are a link only.
pub const ATTACHMENT_BYTES_MAX: u64 = 10 << 20;
/// Largest file that is put into a store, bytes: it is sent in one piece, from memory.
pub const OBJECT_BYTES_MAX: u64 = 64 << 20;
/// Longest pattern of a key, bytes.
pub const KEY_PATTERN_BYTES_MAX: usize = 256;
/// Attempts at a delivery before it is given up: about four hours.
pub const DELIVERY_ATTEMPTS_MAX: u32 = 10;
/// First pause between two attempts, ms; each is twice as long as the one before.
pub const RETRY_FIRST_MS: i64 = 60_000;
/// Longest pause between two attempts, ms.
pub const RETRY_MAX_MS: i64 = 3_600_000;
/// Deliveries that are on their way at the same time. Each may have a file of [`OBJECT_BYTES_MAX`] in memory.
pub(crate) const DELIVERING_MAX: usize = 2;
/// How often it is looked whether something is due.
pub(crate) const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Longest that is kept of what another side said, bytes.
pub(crate) const DETAIL_BYTES_MAX: usize = 1_024;
