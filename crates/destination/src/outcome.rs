//! What came of one exchange with a destination, in terms that are the same for all kinds.

use std::time::Duration;

/// One event of a batch that the other side has refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Its place in [`crate::Batch::records`].
    pub index: usize,
    /// What the other side said of it; at most [`crate::limits::EXCERPT_BYTES_MAX`].
    pub reason: String,
}

/// What came of one exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is there, now or from an earlier attempt.
    Delivered,
    /// Some events were refused for good, some have to be sent again, the rest is there.
    Partial {
        /// Refused for good.
        rejected: Vec<Rejection>,
        /// Places in [`crate::Batch::records`] that have to be sent again, ascending.
        again: Vec<usize>,
    },
    /// Nothing is there, or that is not known; it may work later.
    Retry {
        /// As long the other side wants to be left alone.
        after: Option<Duration>,
    },
    /// It is too much for one exchange: half of it may work. A single event is too large.
    Split,
    /// Nobody but a person can mend it: credentials, permissions, addresses, certificates, a table that is not there.
    Misconfigured,
    /// The other side cannot read something in the batch and does not say what: one event at a time finds out.
    Refused,
    /// The other side wants nothing any more, for good.
    Gone,
}

/// What came of one exchange, and what is shown of it to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it means.
    pub outcome: Outcome,
    /// The status of HTTP, or the code of the protocol; none if there was no answer.
    pub status: Option<u16>,
    /// What the other side said, or why there was no answer; at most [`crate::limits::EXCERPT_BYTES_MAX`], without
    /// secrets of the settings.
    pub detail: String,
    /// Bytes that were sent as the body.
    pub sent_bytes: u64,
}

impl Answer {
    /// An answer with nothing to say but what it means.
    pub fn plain(outcome: Outcome) -> Self {
        Self { outcome, status: None, detail: String::new(), sent_bytes: 0 }
    }
}
