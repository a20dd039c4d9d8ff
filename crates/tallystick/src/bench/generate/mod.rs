//! Benchmark events: realistic in size, skew and text, and cheap enough to come from the machine that is measured. It
//! exists so that every engine of a comparison gets exactly the same bytes, from a seed.

mod draw;
mod format;
#[cfg(test)]
mod tests;
mod vocabulary;
mod workload;

use crate::seeded::Rng;
use draw::Draws;
use format::Formatter;
use vocabulary::Vocabulary;

pub use workload::{QUERY_KINDS, QueryKind, Workload, WorkloadQuery};

/// The average size of an event's JSON, bytes; the events that the design was measured with had this size.
pub const EVENT_BYTES_AVERAGE: usize = 718;

/// The shape of the generated events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorConfig {
    /// Organizations; the first gets about a sixth of all events. Ids are `org_0000` and so on
    /// ([`GeneratorConfig::org_id`]).
    pub orgs: u32,
    /// Actors over all organizations.
    pub actors: u32,
    /// Targets over all organizations.
    pub targets: u32,
    /// How many events the span is spread over. More may be generated: time then simply goes on.
    pub events: u64,
    /// When the first event happened, Unix milliseconds.
    pub start_ms: i64,
    /// How much time passes over `events`, milliseconds.
    pub span_ms: i64,
}

impl GeneratorConfig {
    /// The shape that the published measurements use: 200 organizations, 50,000 actors, 500,000 targets, and `events`
    /// events over the thirty days that end at `end_ms`.
    pub fn published(events: u64, end_ms: i64) -> Self {
        let span_ms = 30 * 86_400_000;
        Self { orgs: 200, actors: 50_000, targets: 500_000, events, start_ms: end_ms - span_ms, span_ms }
    }

    /// The id of an organization by rank.
    pub fn org_id(rank: u32) -> String {
        format!("org_{rank:04}")
    }

    /// The ids of all organizations that events may name, to be created before the first event is sent.
    pub fn org_ids(&self) -> impl Iterator<Item = String> {
        (0..self.orgs).map(Self::org_id)
    }
}

/// Writes events. The same seed and configuration give the same bytes.
pub struct Generator {
    draws: Draws,
    formatter: Formatter,
}

impl Generator {
    /// A generator at its first event.
    pub fn new(seed: u64, config: GeneratorConfig) -> Self {
        let vocabulary = Vocabulary::new(&mut Rng::new(seed));
        let draws = Draws::new(seed, config, vocabulary.topics.clone());
        Self { draws, formatter: Formatter::new(seed, vocabulary, vocabulary::actions()) }
    }

    /// Appends the next `count` events to `out` as NDJSON, one line each.
    pub fn fill_batch(&mut self, out: &mut Vec<u8>, count: usize) {
        format::fill(&mut self.formatter, &mut self.draws, out, count, b'\n');
    }

    /// Appends the next `count` events to `out` as one JSON array.
    pub fn fill_array(&mut self, out: &mut Vec<u8>, count: usize) {
        out.push(b'[');
        format::fill(&mut self.formatter, &mut self.draws, out, count, b',');
        match out.last_mut() {
            Some(last) if *last == b',' => *last = b']',
            _ => out.push(b']'),
        }
    }
}
