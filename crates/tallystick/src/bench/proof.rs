//! How long the proof of an event takes, for events from anywhere in the largest log, by event id as everybody asks.

use std::time::Instant;

use anyhow::Context as _;
use serde::Deserialize;
use tallystick_event::{EventId, Leaf};
use tallystick_merkle::{BundleId, TilePath, decode_bundle};

use super::{http::Connection, samples::Samples};
use crate::seeded::Rng;

/// Events that are proven.
const EVENTS: u64 = 1_000;
/// Entries of a full bundle.
const BUNDLE: u64 = tallystick_merkle::limits::TILE_HASHES as u64;

#[derive(Deserialize)]
struct Integrity {
    checkpoint: Option<Published>,
}

#[derive(Deserialize)]
struct Published {
    size: u64,
}

/// How long proofs took: each for an event that was not asked for before, then each again.
pub(crate) struct Times {
    /// The first time.
    pub(crate) first: Samples,
    /// The second time.
    pub(crate) again: Samples,
}

/// Measures both.
pub(crate) async fn measure(connection: &mut Connection, org: &str, seed: u64) -> anyhow::Result<Times> {
    let answer = connection.get(&format!("/v1/logs/{org}/integrity")).await?;
    let integrity: Integrity = serde_json::from_slice(&answer)?;
    let size = integrity.checkpoint.context("the log is not published")?.size;
    let mut rng = Rng::new(seed);
    let mut ids = Vec::new();
    for _ in 0..EVENTS.min(size) {
        let index = u64::from(rng.below(u32::try_from(size).unwrap_or(u32::MAX)));
        ids.push(id_at(connection, org, index, size).await?);
    }
    let mut times = Times { first: Samples::default(), again: Samples::default() };
    for samples in [&mut times.first, &mut times.again] {
        for id in &ids {
            let started = Instant::now();
            connection.get(&format!("/v1/events/{id}/proof")).await?;
            samples.push(started.elapsed());
        }
    }
    Ok(times)
}

/// The event of a leaf, read from the entries of the log: that touches no hash which the proof will need.
async fn id_at(connection: &mut Connection, org: &str, index: u64, size: u64) -> anyhow::Result<EventId> {
    let bundle = BundleId::in_tree(index / BUNDLE, size).context("a bundle of the published log")?;
    let bytes = connection.get(&format!("/v1/logs/{org}/{}", TilePath::Entries(bundle))).await?;
    let entries = decode_bundle(&bytes, bundle.width())?;
    let leaf = entries[(index % BUNDLE) as usize].try_into().context("a leaf has 88 bytes")?;
    Ok(Leaf::decode(leaf)?.id)
}
