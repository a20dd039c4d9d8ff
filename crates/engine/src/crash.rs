//! Named crash points: where a test can make the process die as by `kill -9`.
//!
//! After each durable step of the write path stands one of these names, and beside the call a comment says
//! what is guaranteed if the process dies there. `tests/it/crash.rs` of the binary visits all of [`POINTS`].

use std::sync::atomic::{AtomicU32, Ordering};

/// All crash points, in the order of an event's life.
pub const POINTS: &[&str] = &[
    "append.before_log",
    "append.after_log",
    "append.after_tail",
    "append.after_ack",
    "checkpoint.before_guard",
    "checkpoint.after_guard",
    "seal.before_write",
    "seal.after_write",
    "seal.after_commit",
    "seal.after_trim",
    "compact.after_write",
    "compact.after_commit",
    "compact.after_delete",
];

/// Which point to die at, and after how many visits.
#[derive(Debug, Default)]
pub(crate) struct CrashPlan {
    point: Option<String>,
    visits_left: AtomicU32,
}

impl CrashPlan {
    /// From `name` or `name:visits` (die at the n-th visit; 1 when not said).
    pub(crate) fn new(spec: Option<&str>) -> Self {
        let Some(spec) = spec else { return Self::default() };
        let (name, visits) = spec.split_once(':').unwrap_or((spec, "1"));
        let visits = visits.parse().unwrap_or(1).max(1);
        Self { point: Some(name.to_owned()), visits_left: AtomicU32::new(visits) }
    }

    /// Dies here if the plan says so.
    pub(crate) fn visit(&self, point: &'static str) {
        debug_assert!(POINTS.contains(&point), "unlisted crash point {point}");
        if self.point.as_deref() == Some(point) && self.visits_left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    }
}
