//! What all lanes of a stream share: whether it gets on, and until when it is left alone.

use parking_lot::Mutex;
use tallystick_catalog::{Stream, StreamFault, StreamState};

use super::{host::Happening, limits::DEGRADED_AFTER};

/// How a stream gets on at this moment.
#[derive(Debug)]
pub(crate) struct Hold {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: StreamState,
    failures: u64,
    until_ms: i64,
    /// It was recorded that it fails.
    is_told: bool,
}

impl Hold {
    pub(crate) fn of(stream: &Stream) -> Self {
        let failures = stream.health.failures;
        Self {
            inner: Mutex::new(Inner {
                state: stream.state,
                failures,
                until_ms: stream.health.next_attempt_ms.unwrap_or(0),
                is_told: stream.state == StreamState::Invalid || failures >= DEGRADED_AFTER,
            }),
        }
    }

    /// It is left alone until then, Unix ms.
    pub(crate) fn until_ms(&self) -> i64 {
        self.inner.lock().until_ms
    }

    /// The number of failures in a row, with one more. Lanes that fail together fail once.
    pub(crate) fn fail(&self, now_ms: i64) -> u64 {
        let mut inner = self.inner.lock();
        if inner.until_ms <= now_ms {
            inner.failures += 1;
        }
        inner.failures.max(1)
    }

    /// Holds everything; what is to be recorded, if anything.
    pub(crate) fn hold(&self, state: StreamState, fault: &StreamFault, until_ms: i64) -> Option<Happening> {
        let mut inner = self.inner.lock();
        inner.until_ms = inner.until_ms.max(until_ms);
        let is_worse = state != StreamState::Error && inner.state != state;
        inner.state = state;
        let is_news = is_worse || (!inner.is_told && inner.failures >= DEGRADED_AFTER);
        if !is_news {
            return None;
        }
        inner.is_told = true;
        Some(Happening::Degraded { state, fault: fault.clone(), failures: inner.failures })
    }

    /// Something has arrived; what is to be recorded, if anything.
    pub(crate) fn well(&self) -> Option<Happening> {
        let mut inner = self.inner.lock();
        (inner.state, inner.failures, inner.until_ms) = (StreamState::Active, 0, 0);
        std::mem::take(&mut inner.is_told).then_some(Happening::Recovered)
    }
}
