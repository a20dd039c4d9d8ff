//! What `/metrics` has of each stream. Written by hand, because the streams that there are change while the service
//! runs, and one that was deleted must not stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use parking_lot::Mutex;
use tallystick_catalog::{Stream, StreamId, StreamState, StreamsOf};

use super::lag::{Progress, progress};
use crate::{error::ApiError, state::AppState};

/// A family of figures: name, type, what it is, and the value of one stream.
type Family = (&'static str, &'static str, &'static str, fn(&Figures) -> u64);

const FAMILIES: &[Family] = &[
    (
        "tallystick_stream_lag_events",
        "gauge",
        "Events of its logs that the stream has not come to yet.",
        |one| one.progress.lag_events(),
    ),
    (
        "tallystick_stream_lag_seconds",
        "gauge",
        "Age of the oldest of them since it was taken in. Alarm on more than you would want to wait.",
        |one| one.progress.lag_seconds(one.now_ms),
    ),
    ("tallystick_stream_delivered_total", "counter", "Events that have arrived.", |one| {
        one.stream.health.delivered
    }),
    ("tallystick_stream_rejected_total", "counter", "Events that the destination has refused for good.", |one| {
        one.stream.health.rejected
    }),
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

/// A stream with how far it is.
struct Figures {
    stream: Stream,
    progress: Progress,
    now_ms: i64,
}

/// The figures of all streams, in the Prometheus text format.
pub async fn render(state: &Arc<AppState>) -> Result<String, ApiError> {
    let catalog = state.engine.catalog();
    let mut streams = Vec::new();
    for stream in catalog.list_streams(StreamsOf::Everybody).await? {
        let cursors = catalog.stream_cursors(&stream.id).await?;
        streams.push((stream, cursors));
    }
    let now_ms = state.clock.now_ms();
    let figures = state.read_in_turn(move |engine| {
        let all = streams.into_iter().map(|(stream, cursors)| {
            let progress = progress(engine, &stream, cursors);
            Figures { stream, progress, now_ms }
        });
        Ok(all.collect::<Vec<_>>())
    });
    Ok(text(&figures.await?))
}

fn text(figures: &[Figures]) -> String {
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
    out
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "\n# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// Ids and names of kinds have nothing in them that would have to be escaped.
fn line(out: &mut String, name: &str, one: &Figures, label: &str, value: u64) {
    let _ = writeln!(out, "{name}{{stream=\"{}\",kind=\"{}\"{label}}} {value}", one.stream.id, one.stream.kind);
}
