//! Events on their way to the service, each with where it came from.

use std::{fmt, sync::Arc};

use bytes::Bytes;

/// Events of one call at most.
pub(super) const BATCH_EVENTS_MAX: usize = 1_000;
/// Bytes of one call after which it is sent; one event more may be in it.
pub(super) const BATCH_BYTES_MAX: usize = 4 << 20;

/// Where a record stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The file as it was named.
    pub(super) file: Arc<str>,
    /// Line in which its document begins, from 1.
    pub(super) line: u64,
    /// Number of the record in its document, from 1, if the document holds several.
    pub(super) record: Option<u64>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)?;
        self.record.map_or(Ok(()), |record| write!(f, " (record {record})"))
    }
}

/// Events of one call: NDJSON, and the place of each line.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    lines: Vec<Bytes>,
    places: Vec<Place>,
    bytes: usize,
}

impl Batch {
    /// Adds an event.
    pub(super) fn push(&mut self, json: Vec<u8>, place: Place) {
        self.bytes += json.len() + 1;
        self.lines.push(json.into());
        self.places.push(place);
    }

    /// Whether it is time to send it.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= BATCH_EVENTS_MAX || self.bytes >= BATCH_BYTES_MAX
    }

    /// Number of events.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Where each event came from.
    pub(super) fn places(&self) -> &[Place] {
        &self.places
    }

    /// As a body.
    pub(super) fn body(&self) -> Bytes {
        let mut body = Vec::with_capacity(self.bytes);
        for line in &self.lines {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        body.into()
    }

    /// The same events in batches of at most `events_max`.
    pub(super) fn split(&self, events_max: usize) -> Vec<Batch> {
        let pieces = self.lines.chunks(events_max).zip(self.places.chunks(events_max));
        pieces
            .map(|(lines, places)| Batch {
                bytes: lines.iter().map(|line| line.len() + 1).sum(),
                lines: lines.to_vec(),
                places: places.to_vec(),
            })
            .collect()
    }
}
