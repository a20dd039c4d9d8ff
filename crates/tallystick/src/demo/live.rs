//! The sample organization's present: each simulated event is stored when its time has come.

use std::{sync::Arc, time::Duration};

use tallystick_event::PrepareScratch;
use tallystick_server::AppState;

use super::{append, history::History, prepare};

/// Events stored in one go at most, after the machine was asleep.
const CHUNK_EVENTS_MAX: usize = 1_000;

/// Goes on until it fails, which it should not.
pub(crate) async fn live(state: Arc<AppState>, history: History) -> anyhow::Result<()> {
    let History { mut simulation, mut next, .. } = history;
    let mut scratch = PrepareScratch::default();
    loop {
        let wait_ms = next.occurred_ms - state.clock.now_ms();
        if wait_ms > 0 {
            tokio::time::sleep(Duration::from_millis(wait_ms as u64)).await;
        }
        let now_ms = state.clock.now_ms();
        let mut due = Vec::new();
        while next.occurred_ms <= now_ms && due.len() < CHUNK_EVENTS_MAX {
            due.push(std::mem::replace(&mut next, simulation.next_event()));
        }
        if !due.is_empty() {
            let events = prepare(&state.preparer, &due, &mut scratch)?;
            append(&state.engine, events).await?;
        }
    }
}
