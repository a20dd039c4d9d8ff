//! A clock that stands still until told, and random bytes that never repeat.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tallystick_event::{Clock, Random};

/// A time in November 2026.
pub(crate) const START_MS: i64 = 1_795_168_900_123;

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(AtomicI64::new(START_MS))
    }

    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter spread over the bytes: distinct for every call, also across instances.
pub(crate) struct TestRandom;

static CALLS: AtomicU64 = AtomicU64::new(1);

impl Random for TestRandom {
    fn fill(&self, out: &mut [u8]) {
        let mut state = CALLS.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in out {
            // SplitMix64, one byte a step.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed >> 56) as u8;
        }
    }
}
