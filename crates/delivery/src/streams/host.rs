//! What streams ask of the server: that what becomes of them is recorded and counted, secrets at rest, and the wall
//! clock's patience.

use async_trait::async_trait;
use tallystick_catalog::{Stream, StreamFault, StreamGap, StreamState, TriedBatch};
use tallystick_event::OrgId;

/// Something that became of a stream without anybody doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// It has failed several times in a row, needs somebody, or has ended.
    Degraded {
        /// What it is now: error, invalid or inactive.
        state: StreamState,
        /// What failed.
        fault: StreamFault,
        /// Failures in a row.
        failures: u64,
    },
    /// It is well again, after a [`Happening::Degraded`].
    Recovered,
    /// Events are not there any more to be sent.
    Gap(StreamGap),
    /// Events were refused for good.
    Rejected {
        /// Whose.
        org: OrgId,
        /// How many.
        events: u64,
        /// The first one.
        first_seq: u64,
        /// The last one.
        last_seq: u64,
        /// Why the first one was.
        reason: String,
    },
    /// A log cannot be read; others of the stream go on.
    LogUnreadable {
        /// Whose.
        org: OrgId,
        /// Why.
        why: String,
    },
}

impl Happening {
    /// The action of the event that records it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Degraded { state: StreamState::Inactive, .. } => "audit_stream.stopped",
            Self::Degraded { .. } => "audit_stream.degraded",
            Self::Recovered => "audit_stream.recovered",
            Self::Gap(_) => "audit_stream.gap_found",
            Self::Rejected { .. } => "audit_stream.events_rejected",
            Self::LogUnreadable { .. } => "audit_stream.log_unreadable",
        }
    }
}

/// What the actions of events about streams begin with. Such an event that is refused gives no event about that.
pub(crate) const ACTION_PREFIX: &str = "audit_stream.";

/// The server, as the streams see it.
#[async_trait]
pub trait Host: Send + Sync {
    /// Something has become of a stream that is to be recorded.
    async fn happened(&self, stream: &Stream, happening: &Happening);

    /// An exchange is over: for metrics.
    fn tried(&self, stream: &Stream, attempt: &TriedBatch) {
        let _ = (stream, attempt);
    }

    /// Returns when the clock of the engine says `at_ms` or later, Unix ms.
    async fn sleep_until(&self, at_ms: i64);
}

/// Seals secrets that the catalog keeps.
pub trait Seals: Send + Sync {
    /// Seals a secret of `whose`.
    fn seal(&self, whose: &str, secret: &[u8]) -> Vec<u8>;
    /// Opens what was sealed for `whose`; none if it was not, or by another key.
    fn open(&self, whose: &str, sealed: &[u8]) -> Option<Vec<u8>>;
}
