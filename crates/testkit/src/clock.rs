//! Clocks that say what the test wants.

use std::sync::atomic::{AtomicI64, Ordering};

use tallystick_event::Clock;

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that says `now_ms`, Unix ms.
    pub fn new(now_ms: i64) -> FixedClock {
        FixedClock(AtomicI64::new(now_ms))
    }

    /// Sets the time, Unix ms.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }

    /// Moves the time on (or back, if negative).
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        FixedClock::new(crate::NOW_MS)
    }
}

impl Clock for FixedClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A clock that moves on by the same step whenever it is read.
#[derive(Debug)]
pub struct StepClock {
    next_ms: AtomicI64,
    step_ms: i64,
}

impl StepClock {
    /// A clock that first says `start_ms` (Unix ms), then `step_ms` more each time.
    pub fn new(start_ms: i64, step_ms: i64) -> StepClock {
        StepClock { next_ms: AtomicI64::new(start_ms), step_ms }
    }
}

impl Clock for StepClock {
    fn now_ms(&self) -> i64 {
        self.next_ms.fetch_add(self.step_ms, Ordering::SeqCst)
    }
}
