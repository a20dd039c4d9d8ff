//! How long after the acknowledgement a live reader has an event.

use std::{collections::HashMap, time::Duration, time::Instant};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;

use super::{
    http::{Connection, Target},
    samples::Samples,
};
use crate::client::{Call, Client, Messages};

/// Pause between two events, so that each meets a reader that waits.
const PAUSE: Duration = Duration::from_millis(4);
/// How long the last events may take to arrive.
const ARRIVAL_TIME_MAX: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Acknowledged {
    events: Vec<Acknowledgement>,
}

#[derive(Deserialize)]
struct Acknowledgement {
    seq: u64,
}

/// Follows the log of `org` while these events, all of that organization, are written one after the other.
pub(crate) async fn latency(
    target: &Target,
    client: &Client,
    org: &str,
    events: &[Bytes],
) -> anyhow::Result<Samples> {
    let call = Call::get("/v1/tail").query("org", org);
    let response = client.once(&call, None).await.context("cannot follow the log")?;
    let mut messages = Messages::new(response.bytes_stream().boxed());
    let expected = events.len();
    let reader = tokio::spawn(async move {
        let mut read = HashMap::with_capacity(expected);
        while read.len() < expected {
            let Some(message) = messages.next().await? else { break };
            if message.kind == "event"
                && let Some(seq) = message.id.and_then(|id| id.parse::<u64>().ok())
            {
                read.insert(seq, Instant::now());
            }
        }
        anyhow::Ok(read)
    });
    let mut connection = Connection::open(target).await?;
    let mut acknowledged = Vec::with_capacity(expected);
    for event in events {
        let (answer, _) = connection.write("application/json", event).await?;
        let at = Instant::now();
        let answer: Acknowledged = serde_json::from_slice(&answer)?;
        acknowledged.extend(answer.events.first().map(|event| (event.seq, at)));
        tokio::time::sleep(PAUSE).await;
    }
    let read = tokio::time::timeout(ARRIVAL_TIME_MAX, reader)
        .await
        .context("events did not reach the reader")???;
    let mut samples = Samples::default();
    for (seq, at) in acknowledged {
        if let Some(read_at) = read.get(&seq) {
            // A reader may have it before the writer is told: that is no time at all.
            samples.push(read_at.saturating_duration_since(at));
        }
    }
    ensure!(samples.len() == expected, "the reader saw {} of {expected} events", samples.len());
    Ok(samples)
}
