//! Every limit of what goes out, with its unit, in one place.

use std::time::Duration;

/// Time for a whole call, from looking the name up to the last byte, where the options say nothing else.
pub const CALL_TIME_MAX: Duration = Duration::from_secs(5);

/// Longest PEM text of certificates or of a key, bytes. All of Mozilla's roots are about 220 KiB.
pub const PEM_BYTES_MAX: usize = 512 << 10;
