//! Limits of what is sent and read. Those of one kind of destination stand in its folder.

use std::time::Duration;

/// Most bytes that are read of an answer.
pub const ANSWER_BYTES_MAX: usize = 65_536;
/// Most bytes of an answer that are kept and shown.
pub const EXCERPT_BYTES_MAX: usize = 2_048;
/// How long one exchange may take.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(30);
/// Longest time that another side may ask to be left alone; it may be asked sooner.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);
/// Longest text of one setting, bytes.
pub const SETTING_BYTES_MAX: usize = 16_384;
