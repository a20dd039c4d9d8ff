//! Streams as people see them: what the catalog knows, with how far they are at this moment.

use std::collections::HashMap;

use parking_lot::Mutex;
use tallystick_catalog::{CatalogError, Stream, StreamCursor, StreamId, StreamsOf};
use tallystick_destination::BatchId;
use tallystick_engine::{Engine, ReadError};
use tallystick_event::OrgId;
use tokio::sync::watch;

use super::{error::StreamsError, mask::Mask, plan::content, runner::Streams};

/// Logs whose oldest waiting event is looked at for the age of what a stream has not sent.
const AGED_LOGS_MAX: usize = 32;

/// How far streams are, newer than what the catalog knows.
#[derive(Debug)]
pub(crate) struct Progress {
    seen: Mutex<HashMap<StreamId, HashMap<OrgId, u64>>>,
    changes: watch::Sender<u64>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { seen: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Progress {
    /// Events before `seq` have arrived, or were looked at and do not match.
    pub(crate) fn seen(&self, stream: &StreamId, org: &OrgId, seq: u64) {
        let mut seen = self.seen.lock();
        if let Some(place) = seen.get_mut(stream).and_then(|orgs| orgs.get_mut(org)) {
            *place = seq;
        } else {
            seen.entry(stream.clone()).or_default().insert(org.clone(), seq);
        }
    }

    /// A cursor was moved.
    pub(crate) fn moved(&self, stream: &StreamId, org: &OrgId, seq: u64) {
        self.seen(stream, org, seq);
        self.changed();
    }

    pub(crate) fn forget(&self, stream: &StreamId) {
        self.seen.lock().remove(stream);
        self.changed();
    }

    pub(crate) fn changed(&self) {
        self.changes.send_modify(|number| *number = number.wrapping_add(1));
    }

    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn of(&self, stream: &StreamId) -> HashMap<OrgId, u64> {
        self.seen.lock().get(stream).cloned().unwrap_or_default()
    }
}

/// A range of a log that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InFlight {
    /// The first event.
    pub first_seq: u64,
    /// The last event.
    pub last_seq: u64,
    /// The id of the batch.
    pub batch_id: BatchId,
}

/// How far a stream is in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorView {
    /// Whose log.
    pub org: OrgId,
    /// Everything before has arrived, is a dead letter, does not match, or lies in a gap.
    pub next_seq: u64,
    /// Events in the log.
    pub log_size: u64,
    /// What is on its way.
    pub in_flight: Option<InFlight>,
}

/// A stream at this moment.
#[derive(Debug, Clone)]
pub struct StreamView {
    /// What the catalog knows.
    pub stream: Stream,
    /// What is masked.
    pub mask: Mask,
    /// How far it is, by organization.
    pub cursors: Vec<CursorView>,
    /// Events that have not arrived, and are not known not to match.
    pub lag_events: u64,
    /// Age of the oldest of them, seconds; 0: there is none.
    pub lag_seconds: u64,
}

impl Streams {
    /// A stream as it is now.
    pub async fn get(&self, id: &StreamId) -> Result<StreamView, StreamsError> {
        // Cursors first: what the stream has delivered is then never less than what they say.
        let cursors = self.catalog().stream_cursors(id).await?;
        let stream = self.catalog().stream(id).await?;
        self.view(stream, cursors).await
    }

    /// Streams as they are now, the oldest first.
    pub async fn list(&self, whose: StreamsOf<'_>) -> Result<Vec<StreamView>, StreamsError> {
        let mut views = Vec::new();
        for stream in self.catalog().list_streams(whose).await? {
            match self.get(&stream.id).await {
                Err(StreamsError::Catalog(CatalogError::NotFound { .. })) => {}
                view => views.push(view?),
            }
        }
        Ok(views)
    }

    /// Told when a stream has come further or was changed.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.progress.subscribe()
    }

    async fn view(&self, stream: Stream, cursors: Vec<StreamCursor>) -> Result<StreamView, StreamsError> {
        let seen = self.progress.of(&stream.id);
        let engine = std::sync::Arc::clone(&self.engine);
        let look = move || see(&engine, stream, cursors, &seen);
        let broken = |_| ReadError::Unavailable("a stream cannot be looked at".to_owned());
        Ok(tokio::task::spawn_blocking(look).await.map_err(broken)?)
    }
}

/// Puts together what is known. Blocks.
fn see(
    engine: &Engine,
    stream: Stream,
    cursors: Vec<StreamCursor>,
    seen: &HashMap<OrgId, u64>,
) -> StreamView {
    let content = content(&stream);
    let now_ms = engine.clock().now_ms();
    let sizes = engine.log_sizes();
    let (mut lag_events, mut oldest_ms, mut aged) = (0, now_ms, 0);
    let mut views = Vec::with_capacity(cursors.len());
    let known: std::collections::HashSet<OrgId> = cursors.iter().map(|cursor| cursor.org.clone()).collect();
    let new = sizes.keys().filter(|org| stream.org.is_none() && !known.contains(*org));
    let new: Vec<StreamCursor> =
        new.map(|org| StreamCursor { org: org.clone(), next_seq: 0, in_flight_last: None }).collect();
    for cursor in cursors.into_iter().chain(new) {
        let log_size = sizes.get(&cursor.org).copied().unwrap_or(0);
        let place = seen.get(&cursor.org).copied().unwrap_or(0).max(cursor.next_seq);
        // What is on its way has been looked at, and has not arrived.
        let waits_from = if cursor.in_flight_last.is_some() { cursor.next_seq } else { place };
        let lag = log_size.saturating_sub(waits_from);
        lag_events += lag;
        if lag > 0 && aged < AGED_LOGS_MAX {
            aged += 1;
            // A log that cannot be read has an age that is not known; its stream says what is wrong with it.
            if let Ok(events) = engine.read_log(&cursor.org, waits_from, 1)
                && let Some(event) = events.first()
            {
                oldest_ms = oldest_ms.min(event.meta.received_ms);
            }
        }
        let in_flight = cursor.in_flight_last.map(|last_seq| {
            let place = engine.proofs().place(&cursor.org, cursor.next_seq).map(|place| place.log);
            let log = place.or_else(|| engine.log_of(&cursor.org));
            let log = log.map(|log| engine.proofs().origin(log)).unwrap_or_default();
            let first_seq = cursor.next_seq;
            let batch_id = BatchId::of(stream.id.as_str(), &log, first_seq, last_seq, &content);
            InFlight { first_seq, last_seq, batch_id }
        });
        views.push(CursorView { org: cursor.org, next_seq: cursor.next_seq, log_size, in_flight });
    }
    let mask = Mask::from_text(&stream.mask).unwrap_or_default();
    let lag_seconds = (now_ms - oldest_ms).max(0) as u64 / 1_000;
    StreamView { stream, mask, cursors: views, lag_events, lag_seconds }
}
