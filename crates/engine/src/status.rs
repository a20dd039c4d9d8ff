//! Counters that the engine keeps about itself, for metrics, `doctor` and readiness.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

/// Counts since start. Relaxed everywhere: they inform, nothing is decided by their order.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) events: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) log_bytes: AtomicU64,
    pub(crate) log_micros: AtomicU64,
    pub(crate) seals: AtomicU64,
    pub(crate) seal_failures: AtomicU64,
    pub(crate) compactions: AtomicU64,
    pub(crate) compaction_failures: AtomicU64,
    pub(crate) checkpoints: AtomicU64,
    halted: AtomicBool,
    out_of_space: AtomicBool,
}

impl Counters {
    pub(crate) fn batch(&self, events: usize, bytes: usize, took: Duration) {
        self.events.fetch_add(events as u64, Ordering::Relaxed);
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.log_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.log_micros.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
    }

    pub(crate) fn checkpoints(&self, logs: usize) {
        self.checkpoints.fetch_add(logs as u64, Ordering::Relaxed);
    }

    pub(crate) fn halt(&self) {
        self.halted.store(true, Ordering::SeqCst);
    }

    pub(crate) fn halted(&self) -> bool {
        self.halted.load(Ordering::SeqCst)
    }

    pub(crate) fn set_sealer_out_of_space(&self, value: bool) {
        self.out_of_space.store(value, Ordering::SeqCst);
    }

    pub(crate) fn sealer_out_of_space(&self) -> bool {
        self.out_of_space.load(Ordering::SeqCst)
    }
}

/// The engine as it is now.
#[derive(Debug, Clone)]
pub struct Status {
    /// The commit log has met a fatal error: writes are refused until the process restarts.
    pub halted: bool,
    /// The sealer found the disk full and tries again.
    pub out_of_space: bool,
    /// Events acknowledged since start.
    pub events: u64,
    /// Batches written since start.
    pub batches: u64,
    /// Payload bytes written to the commit log since start.
    pub log_bytes: u64,
    /// Microseconds spent in appends to the commit log since start.
    pub log_micros: u64,
    /// Tails sealed since start.
    pub seals: u64,
    /// Seals that failed and are tried again.
    pub seal_failures: u64,
    /// Compactions since start.
    pub compactions: u64,
    /// Compactions that failed.
    pub compaction_failures: u64,
    /// Checkpoints published since start.
    pub checkpoints: u64,
    /// Logs that are not what was signed before; then nothing is written and nothing signed.
    pub rolled_back: usize,
    /// Complete rounds of the self-audit since start.
    pub audit_rounds: u64,
    /// What the last round of it found, hashes that it healed aside.
    pub audit_findings: u64,
    /// Since when, Unix ms, checkpoints of the directory wait for witnesses; none: all are confirmed, or none is
    /// needed.
    pub unwitnessed_since_ms: Option<i64>,
    /// Canonical bytes waiting in front of the sequencer.
    pub queue_bytes: usize,
    /// Events in the growing tail.
    pub tail_events: u64,
    /// Bytes of the events in the growing tail, without its index.
    pub tail_bytes: usize,
    /// Tails that wait for the sealer.
    pub frozen_tails: usize,
    /// Sealed segments.
    pub segments: Vec<SegmentStatus>,
}

/// One sealed segment.
#[derive(Debug, Clone)]
pub struct SegmentStatus {
    /// File name below `segments/`.
    pub file: String,
    /// Events in it.
    pub events: u64,
    /// Its size on disk, bytes.
    pub bytes: u64,
}
