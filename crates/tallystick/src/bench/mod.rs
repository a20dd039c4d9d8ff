//! The benchmark: what the service can do, measured through its API and compared with other engines.
//!
//! ```text
//! generate ──► events ──► write ──► storage ──► search ──► live ──► crash     (ours: the real service over HTTP)
//!                  └────► files ──► peers/*.py: insert, settle, search        (peers: the same events and searches)
//! ```

mod events;
pub mod generate;
mod http;
mod live;
mod ours;
mod peers;
mod process;
mod proof;
mod report;
mod samples;
mod search;
mod server;
mod storage;
mod write;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use self::{events::Events, generate::Workload};
use crate::output::say;

pub(crate) use self::{peers::Peer, report::Report};

/// Variants of each kind of search.
const VARIANTS: usize = 10;

/// What is to be measured.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Events to write and search.
    pub(crate) events: u64,
    /// Where every random choice comes from.
    pub(crate) seed: u64,
    /// Connections for batches.
    pub(crate) connections: usize,
    /// Events in one batch.
    pub(crate) batch: u64,
    /// Events written one a call.
    pub(crate) single_events: u64,
    /// Connections for those.
    pub(crate) single_connections: usize,
    /// Restarts for each cold search; 0 leaves cold searches out.
    pub(crate) cold_rounds: usize,
    /// Address and key of a service elsewhere; without it one is started.
    pub(crate) elsewhere: Option<(String, String)>,
    /// Engines to compare with.
    pub(crate) peers: Vec<Peer>,
    /// Python with their packages.
    pub(crate) python: PathBuf,
    /// Where everything is kept; without it, it is removed at the end.
    pub(crate) keep_data: Option<PathBuf>,
}

/// Measures everything.
pub(crate) async fn run(plan: &Plan) -> anyhow::Result<Report> {
    if !plan.peers.is_empty() {
        peers::check_python(&plan.python)?;
    }
    let temporary = if plan.keep_data.is_none() { Some(tempfile::tempdir()?) } else { None };
    let folder = match (&temporary, &plan.keep_data) {
        (Some(temporary), _) => temporary.path().to_owned(),
        (None, Some(folder)) => folder.clone(),
        (None, None) => unreachable!("one of them is made"),
    };
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let events = Events::new(plan.seed, plan.events);
    let workload = Workload::new(plan.seed, &events.config, plan.events, VARIANTS);
    let (ours, answers) = ours::measure(plan, &events, &workload, &folder).await?;
    let peers = match &answers {
        Some(answers) => compare(plan, &events, answers, &folder)?,
        None => Vec::new(),
    };
    Ok(Report::new(plan, ours, peers))
}

fn compare(
    plan: &Plan,
    events: &Events,
    answers: &search::Answers,
    folder: &Path,
) -> anyhow::Result<Vec<peers::PeerResult>> {
    if plan.peers.is_empty() {
        return Ok(Vec::new());
    }
    // Only now: writing them to the disk would have disturbed our own measurement.
    say("writes the events for the peers");
    let input = folder.join("events");
    std::fs::create_dir_all(&input)?;
    let files = events.write_files(&input)?;
    let work = peers::Work { python: &plan.python, folder, files: &files, answers };
    plan.peers.iter().map(|&peer| peers::run(peer, &work)).collect()
}
