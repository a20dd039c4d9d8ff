//! What the cases share: the time at which they begin, and random bytes that never repeat between nodes.

use std::sync::{Arc, LazyLock};

use tallystick_testkit::SeededRandom;

/// Unix ms.
pub(crate) const START_MS: i64 = tallystick_testkit::NOW_MS;

/// One for all nodes: two that draw the same ids would be a fault of the test.
pub(crate) static RANDOM: LazyLock<Arc<SeededRandom>> = LazyLock::new(|| Arc::new(SeededRandom::new(7)));
