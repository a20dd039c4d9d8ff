//! Loading the sample organization's past: simulated and prepared on a thread of its own, stored as fast as it comes.

use std::sync::Arc;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use tallystick_event::PrepareScratch;
use tallystick_server::AppState;
use tokio::sync::mpsc;

use super::{
    Progress, append, prepare,
    sim::{SimEvent, Simulation, SimulationOptions},
};

/// Events of one append.
const CHUNK_EVENTS: usize = 2_000;
/// Prepared chunks that may wait, so that preparing and storing overlap.
const CHUNKS_WAITING_MAX: usize = 4;

/// What a load brought.
pub(crate) struct History {
    /// Events stored.
    pub(crate) stored: usize,
    /// The simulation, standing at `until_ms`, and its first event after that.
    pub(crate) simulation: Simulation,
    /// The event that comes next.
    pub(crate) next: SimEvent,
}

/// Stores everything from `progress.until_ms` up to `now_ms`.
pub(crate) async fn load(state: &Arc<AppState>, progress: Progress, now_ms: i64) -> anyhow::Result<History> {
    let bar = progress_bar(progress, now_ms);
    let (chunks, mut prepared) = mpsc::channel(CHUNKS_WAITING_MAX);
    let worker = {
        let state = Arc::clone(state);
        tokio::task::spawn_blocking(move || simulate(&state, progress, now_ms, &chunks))
    };
    let mut stored = 0;
    while let Some((at_ms, events)) = prepared.recv().await {
        stored += append(&state.engine, events).await?;
        bar.set_position((at_ms - progress.until_ms).max(0) as u64);
        bar.set_message(stored.to_string());
    }
    let (simulation, next) = worker.await.context("the simulation stopped")??;
    bar.finish_and_clear();
    Progress { until_ms: now_ms, ..progress }.write(&state.engine).await?;
    Ok(History { stored, simulation, next })
}

type Chunk = (i64, Vec<tallystick_event::Prepared>);

fn simulate(
    state: &AppState,
    progress: Progress,
    now_ms: i64,
    chunks: &mpsc::Sender<Chunk>,
) -> anyhow::Result<(Simulation, SimEvent)> {
    let options = SimulationOptions {
        start_ms: progress.start_ms,
        live_from_ms: now_ms,
        ..SimulationOptions::usual(progress.seed, now_ms)
    };
    let mut simulation = Simulation::new(options);
    let mut scratch = PrepareScratch::default();
    let mut waiting = Vec::with_capacity(CHUNK_EVENTS);
    loop {
        let event = simulation.next_event();
        let is_past = event.occurred_ms <= now_ms;
        if waiting.len() == CHUNK_EVENTS || (!is_past && !waiting.is_empty()) {
            let events = prepare(&state.preparer, &waiting, &mut scratch)?;
            // The receiver is gone when storing failed; its error is the one to tell.
            if chunks.blocking_send((event.occurred_ms, events)).is_err() {
                return Ok((simulation, event));
            }
            waiting.clear();
        }
        if !is_past {
            return Ok((simulation, event));
        }
        if event.occurred_ms > progress.until_ms {
            waiting.push(event);
        }
    }
}

fn progress_bar(progress: Progress, now_ms: i64) -> ProgressBar {
    let bar = ProgressBar::new((now_ms - progress.until_ms).max(0) as u64);
    let template = "loading history {bar:30} {percent}%  {msg} events";
    bar.with_style(ProgressStyle::with_template(template).expect("the template is well formed"))
}
