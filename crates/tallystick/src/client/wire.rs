//! The answers of the API that several commands read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::ProblemDetail;

/// A page of events, each as the service wrote it: what passes through here stays the same to the byte.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) events: Vec<Box<RawValue>>,
    pub(crate) next_cursor: Option<String>,
    /// How far the search got, if it ran out of time.
    #[serde(default)]
    pub(crate) searched_until: Option<String>,
    #[serde(default)]
    pub(crate) warnings: Vec<ProblemDetail>,
}

/// The answer to a write.
#[derive(Debug, Deserialize)]
pub(crate) struct Accepted {
    pub(crate) events: Vec<Written>,
}

/// One event of a write: taken in, or, with `partial=true`, refused.
#[derive(Debug, Deserialize)]
pub(crate) struct Written {
    pub(crate) id: Option<String>,
    pub(crate) seq: Option<u64>,
    #[serde(default)]
    pub(crate) duplicate: bool,
    pub(crate) error: Option<Refusal>,
}

/// Why one event of a write was refused.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) errors: Vec<ProblemDetail>,
}
