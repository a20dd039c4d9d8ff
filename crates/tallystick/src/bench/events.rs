//! The events of one benchmark: made ahead of the clock, in the same order every time, as bodies for the service and as
//! files for the peers.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::generate::{Generator, GeneratorConfig};

/// When the last of the generated events happened: fixed, so that the same seed gives the same bytes on every day.
const END_MS: i64 = 1_790_812_800_000; // 2026-10-01T00:00:00Z
/// Other events that fit into the thirty days.
const OTHERS_MAX: u64 = 10_000_000;
/// Events in one file for the peers.
const FILE_EVENTS: u64 = 100_000;

/// What is generated.
#[derive(Clone, Debug)]
pub(crate) struct Events {
    /// Where every random choice comes from.
    pub(crate) seed: u64,
    /// How many are searched.
    pub(crate) count: u64,
    /// Shape and skew.
    pub(crate) config: GeneratorConfig,
}

impl Events {
    /// The published shape.
    pub(crate) fn new(seed: u64, count: u64) -> Self {
        Self { seed, count, config: GeneratorConfig::published(count, END_MS) }
    }

    /// From the first event on.
    pub(crate) fn source(&self) -> Source {
        Source::new(self.seed, &self.config)
    }

    /// Other events, for what is measured after the searches. The same generator could not go on: its time would run
    /// ahead of the clock.
    pub(crate) fn source_of_others(&self) -> Source {
        Source::new(!self.seed, &GeneratorConfig::published(OTHERS_MAX, END_MS))
    }

    /// Writes them as NDJSON files, in order, and returns their paths.
    pub(crate) fn write_files(&self, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let mut source = self.source();
        let mut paths = Vec::new();
        while source.made < self.count {
            let count = FILE_EVENTS.min(self.count - source.made);
            let path = folder.join(format!("events-{:05}.ndjson", paths.len()));
            let mut file = File::create(&path)?;
            for body in source.bodies(count, count) {
                file.write_all(&body)?;
            }
            paths.push(path);
        }
        Ok(paths)
    }
}

/// Makes events one after the other, and counts what making them costs.
pub(crate) struct Source {
    generator: Generator,
    /// Events made so far.
    pub(crate) made: u64,
    /// Their JSON, line breaks included.
    pub(crate) bytes: u64,
    /// Time it took.
    pub(crate) took: Duration,
}

impl Source {
    fn new(seed: u64, config: &GeneratorConfig) -> Self {
        Self { generator: Generator::new(seed, config.clone()), made: 0, bytes: 0, took: Duration::ZERO }
    }

    /// The next `count` events as NDJSON bodies of `batch` events each.
    pub(crate) fn bodies(&mut self, count: u64, batch: u64) -> Vec<Bytes> {
        let started = Instant::now();
        let mut bodies = Vec::with_capacity(count.div_ceil(batch) as usize);
        let mut left = count;
        while left > 0 {
            let size = batch.min(left);
            let mut body = Vec::new();
            self.generator.fill_batch(&mut body, size as usize);
            self.bytes += body.len() as u64;
            bodies.push(Bytes::from(body));
            left -= size;
        }
        self.made += count;
        self.took += started.elapsed();
        bodies
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_bodies_hold_the_same_events() {
        let events = Events::new(3, 2_500);
        let folder = tempfile::tempdir().unwrap();
        let files = events.write_files(folder.path()).unwrap();
        let from_files: Vec<u8> = files.iter().flat_map(|path| std::fs::read(path).unwrap()).collect();
        let mut source = events.source();
        let bodies = source.bodies(2_500, 1_000);
        assert_eq!(bodies.len(), 3);
        assert_eq!(bodies.concat(), from_files);
        assert_eq!((source.made, source.bytes), (2_500, from_files.len() as u64));
    }
}
