//! What `/metrics` has of each stream. Written by hand, because the streams that there are change while the service
//! runs, and one that was deleted must not stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use parking_lot::Mutex;
use tallystick_catalog::{StreamId, StreamState, StreamsOf};
use tallystick_delivery::streams::StreamView;

use crate::{error::ApiError, state::AppState};

/// A family of figures: name, type, what it is, and the value of one stream.
type Family = (&'static str, &'static str, &'static str, fn(&StreamView) -> u64);

const FAMILIES: &[Family] = &[
    (
        "tallystick_stream_lag_events",
        "gauge",
        "Events of its logs that the stream has not come to yet.",
        |one| one.lag_events,
    ),
    (
        "tallystick_stream_lag_seconds",
        "gauge",
        "Age of the oldest of them since it was taken in. Alarm on more than you would want to wait.",
        |one| one.lag_seconds,
    ),
    ("tallystick_stream_delivered_total", "counter", "Events that have arrived.", |one| {
        one.stream.health.delivered
    }),
    (
        "tallystick_stream_rejected_total",
        "counter",
        "Events that the destination has refused for good.",
        |one| one.stream.health.rejected,
    ),
    ("tallystick_stream_dead_letters", "gauge", "Dead letters that have not arrived since.", |one| {
        one.stream.health.dead_letters
    }),
    (
        "tallystick_stream_consecutive_failures",
        "gauge",
        "Attempts that failed since something arrived.",
        |one| one.stream.health.failures,
    ),
];

/// Attempts since the start, by stream and by what came of them.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<BTreeMap<(StreamId, String), u64>>);

impl Attempts {
    /// Counts one.
    pub fn count(&self, stream: &StreamId, outcome: &str) {
        *self.0.lock().entry((stream.clone(), outcome.to_owned())).or_default() += 1;
    }

    /// Those of streams that are there; the others are forgotten.
    fn of(&self, there: &BTreeSet<StreamId>) -> Vec<(StreamId, String, u64)> {
        let mut counts = self.0.lock();
        counts.retain(|(stream, _), _| there.contains(stream));
        counts.iter().map(|((stream, outcome), count)| (stream.clone(), outcome.clone(), *count)).collect()
    }
}

/// The figures of all streams, in the Prometheus text format.
pub async fn render(state: &Arc<AppState>) -> Result<String, ApiError> {
    let streams = state.streams.list(StreamsOf::Everybody).await?;
    let there = streams.iter().map(|one| one.stream.id.clone()).collect();
    Ok(text(&streams, &state.stream_attempts.of(&there)))
}

fn text(figures: &[StreamView], attempts: &[(StreamId, String, u64)]) -> String {
    let mut out = String::new();
    if figures.is_empty() {
        return out;
    }
    for (name, kind, help, value) in FAMILIES {
        head(&mut out, name, kind, help);
        for one in figures {
            line(&mut out, name, one, "", value(one));
        }
    }
    let name = "tallystick_stream_state";
    head(&mut out, name, "gauge", "1 for the state that the stream is in.");
    for one in figures {
        for state in StreamState::ALL {
            let label = format!(",state=\"{}\"", state.as_str());
            line(&mut out, name, one, &label, u64::from(state == one.stream.state));
        }
    }
    let name = "tallystick_stream_attempts_total";
    head(&mut out, name, "counter", "Batches that were sent since start, by what came of them.");
    for (stream, outcome, count) in attempts {
        if let Some(one) = figures.iter().find(|one| one.stream.id == *stream) {
            line(&mut out, name, one, &format!(",outcome=\"{outcome}\""), *count);
        }
    }
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "\n# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Ids and names of kinds have nothing in them that would have to be escaped.
fn line(out: &mut String, name: &str, one: &StreamView, label: &str, value: u64) {
    let _ =
        writeln!(out, "{name}{{stream=\"{}\",kind=\"{}\"{label}}} {value}", one.stream.id, one.stream.kind);
}
