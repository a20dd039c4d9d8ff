//! The demonstration: the sample organization's history, quickly, and then its life as it happens.

mod history;
mod live;
pub(crate) mod owner;
pub mod sim;
mod story;

use std::sync::Arc;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tallystick_engine::Engine;
use tallystick_event::{PrepareContext, PrepareScratch, Prepared, Preparer};

pub(crate) use history::load;
pub(crate) use live::live;
pub(crate) use story::tell;

/// Setting in the catalog that says what a data directory's demonstration follows from.
const SETTING: &str = "demo";

/// What is already in a data directory, so that a second start goes on instead of beginning anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// Seed of the simulation.
    pub(crate) seed: u64,
    /// Its first instant, Unix ms.
    pub(crate) start_ms: i64,
    /// Everything up to here is stored, Unix ms.
    pub(crate) until_ms: i64,
}

impl Progress {
    /// What the data directory holds; none if it is new.
    pub(crate) async fn read(engine: &Engine) -> anyhow::Result<Option<Self>> {
        let text = engine.catalog().setting(SETTING).await?;
        text.map(|text| {
            serde_json::from_str(&text).context("the demonstration's state in the catalog is damaged")
        })
        .transpose()
    }

    /// Remembers it.
    pub(crate) async fn write(self, engine: &Engine) -> anyhow::Result<()> {
        engine.catalog().set_setting(SETTING, &serde_json::to_string(&self)?).await?;
        Ok(())
    }
}

/// Prepares simulated events. One that the service would refuse is a defect of the simulation.
fn prepare(
    preparer: &Preparer,
    events: &[sim::SimEvent],
    scratch: &mut PrepareScratch,
) -> anyhow::Result<Vec<Prepared>> {
    let context = PrepareContext { org: None, source: "demo", default_idempotency: None };
    events
        .iter()
        .map(|event| {
            preparer
                .prepare_with(event.json.as_bytes(), &context, scratch)
                .with_context(|| format!("the simulation made an event that is not valid: {}", event.json))
        })
        .collect()
}

/// Appends, waiting while the queue is full.
async fn append(engine: &Arc<Engine>, events: Vec<Prepared>) -> anyhow::Result<usize> {
    loop {
        match engine.append(events.clone()).await {
            Ok(appended) => return Ok(appended.iter().filter(|one| !one.duplicate).count()),
            Err(tallystick_engine::AppendError::Overloaded) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error).context("cannot store the demonstration's events"),
        }
    }
}
