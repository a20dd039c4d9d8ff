//! The report: rows with our number, each peer's, and how many times better ours is.

mod rows;
mod text;

use serde::Serialize;
use tallystick_event::Clock as _;

use super::{Plan, ours::Ours, peers::PeerResult, process::Machine};
use crate::system::SystemClock;

pub(crate) use rows::Row;

/// Everything that was measured, with where and when.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Of this program.
    pub(crate) version: &'static str,
    /// Whether it was built with optimizations; numbers of a build without mean nothing.
    pub(crate) optimized: bool,
    /// The day, UTC.
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) events: u64,
    pub(crate) seed: u64,
    pub(crate) batch: u64,
    pub(crate) connections: usize,
    pub(crate) single_connections: usize,
    /// The comparison.
    pub(crate) rows: Vec<Row>,
    /// Everything about us.
    pub(crate) ours: Ours,
    /// Everything about them.
    pub(crate) peers: Vec<PeerResult>,
}

impl Report {
    /// Puts what was measured together.
    pub(super) fn new(plan: &Plan, ours: Ours, peers: Vec<PeerResult>) -> Self {
        let now = jiff::Timestamp::from_millisecond(SystemClock.now_ms()).unwrap_or_default();
        Self {
            version: env!("CARGO_PKG_VERSION"),
            optimized: !cfg!(debug_assertions),
            date: now.strftime("%Y-%m-%d").to_string(),
            machine: Machine::this(),
            events: plan.events,
            seed: plan.seed,
            batch: plan.batch,
            connections: plan.connections,
            single_connections: plan.single_connections,
            rows: rows::of(plan, &ours, &peers),
            ours,
            peers,
        }
    }

    /// For a terminal.
    pub(crate) fn table(&self) -> String {
        text::table(self)
    }

    /// For a document.
    pub(crate) fn markdown(&self) -> String {
        text::markdown(self)
    }

    /// Answers of peers that differ from ours: then one of the two is wrong, and the comparison is void.
    pub(crate) fn mismatches(&self) -> impl Iterator<Item = String> {
        self.peers.iter().flat_map(|peer| {
            peer.mismatches.iter().map(move |mismatch| format!("{}: {mismatch}", peer.label))
        })
    }
}
