//! A log as the service hands it out: in pieces of a range, each of which is asked for when something of it is needed.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use anyhow::Context as _;
use serde::Deserialize;
use tallystick_event::LogId;

use super::expected::{Expected, read_range};
use crate::{
    client::{Call, Client, ClientError},
    exit::{Advice, Exit},
};

/// Events of one piece.
const PIECE_EVENTS: u64 = 1_024;
/// Bytes of pieces that are kept, because copies are not always quite in order. The newest piece always is.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// How long is waited for the checkpoint of the newest events.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(5);
const CHECKPOINT_POLL: Duration = Duration::from_millis(200);

/// What is compared with: in the service, or in a test.
pub(crate) trait Log {
    /// Looks how long the log is by now, if it is not known to reach a place.
    async fn reach(&mut self, seq: u64) -> anyhow::Result<()>;

    /// What the log has at a place; none: the log is not that long.
    async fn get(&mut self, seq: u64) -> anyhow::Result<Option<Arc<Expected>>>;
}

/// Which log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogInfo {
    pub(crate) origin: String,
    pub(crate) org: String,
    pub(crate) id: LogId,
    /// Seq of its first event.
    pub(crate) base: u64,
    /// Behind the seq of its last event that a checkpoint covers.
    pub(crate) end: u64,
}

#[derive(Deserialize)]
struct State {
    origin: String,
    log: String,
    org: String,
    size: u64,
    base_seq: u64,
    checkpoint: Option<Published>,
}

#[derive(Deserialize)]
struct Published {
    size: u64,
}

impl LogInfo {
    /// The log with this id, or the present one of an organization; none if there is none that the caller may see.
    pub(crate) async fn find(client: &Client, name: &str) -> anyhow::Result<Option<Self>> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_name) {
            return Ok(None);
        }
        let started = tokio::time::Instant::now();
        let mut wanted = None;
        loop {
            let state: State = match client.json(&Call::get(format!("/v1/logs/{name}/integrity"))).await {
                Ok(state) => state,
                Err(ClientError::Refused(problem)) if problem.status == 404 => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            // What was taken in a moment ago is not proven yet.
            let published = state.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
            let is_late = published < *wanted.get_or_insert(state.size);
            if is_late && started.elapsed() < CHECKPOINT_WAIT {
                tokio::time::sleep(CHECKPOINT_POLL).await;
                continue;
            }
            let id = state.log.parse().context("the service names a log that has no id")?;
            let (base, end) = (state.base_seq, state.base_seq + published);
            return Ok(Some(Self { origin: state.origin, org: state.org, id, base, end }));
        }
    }
}

struct Piece {
    first: u64,
    events: Vec<Arc<Expected>>,
    bytes: usize,
}

/// A log that the service has.
pub(crate) struct LogReader {
    client: Client,
    pub(crate) info: LogInfo,
    /// The last that was needed is last.
    kept: VecDeque<Piece>,
}

impl LogReader {
    pub(crate) fn new(client: Client, info: LogInfo) -> Self {
        Self { client, info, kept: VecDeque::new() }
    }

    /// The first seq that was taken in at this time or later.
    pub(crate) async fn first_since(&mut self, ms: i64) -> anyhow::Result<u64> {
        let (mut low, mut high) = (self.info.base, self.info.end);
        while low < high {
            let middle = low + (high - low) / 2;
            let expected = self.get(middle).await?.context("the log became shorter")?;
            if expected.received_ms < ms { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    async fn load(&mut self, seq: u64) -> anyhow::Result<Piece> {
        let info = &self.info;
        let index = seq - info.base;
        let from = index - index % PIECE_EVENTS;
        let to = (from + PIECE_EVENTS).min(info.end - info.base);
        let call = Call::get(format!("/v1/logs/{}/range", info.id));
        let call = call.query("from", from.to_string()).query("to", to.to_string());
        let lines = self.client.bytes(&call).await?;
        let (log, base) = (info.id, info.base);
        let read = tokio::task::spawn_blocking(move || read_range(&lines, log, base, from, to)).await?;
        let events = read.map_err(|error| {
            error.context(Advice {
                message: format!("the log of {} itself does not hold", info.org),
                help: format!("verify it: tallystick verify log {}/v1/logs/{}", self.client.base(), info.id),
                exit: Exit::Failed,
            })
        })?;
        let bytes = events.iter().map(Expected::byte_count).sum();
        Ok(Piece { first: base + from, events: events.into_iter().map(Arc::new).collect(), bytes })
    }
}

impl Log for LogReader {
    async fn reach(&mut self, seq: u64) -> anyhow::Result<()> {
        if seq < self.info.end {
            return Ok(());
        }
        if let Some(known) = LogInfo::find(&self.client, &self.info.id.to_string()).await? {
            self.info.end = known.end.max(self.info.end);
            // The piece at the end may be longer now.
            self.kept.retain(|piece| piece.events.len() as u64 == PIECE_EVENTS);
        }
        Ok(())
    }

    async fn get(&mut self, seq: u64) -> anyhow::Result<Option<Arc<Expected>>> {
        if !(self.info.base..self.info.end).contains(&seq) {
            return Ok(None);
        }
        let holds = |piece: &Piece| seq >= piece.first && seq - piece.first < piece.events.len() as u64;
        let piece = match self.kept.iter().rposition(holds) {
            Some(at) => self.kept.remove(at).expect("it was found there"),
            None => self.load(seq).await?,
        };
        let found = piece.events.get(usize::try_from(seq - piece.first)?).cloned();
        self.kept.push_back(piece);
        let mut bytes: usize = self.kept.iter().map(|piece| piece.bytes).sum();
        while bytes > KEPT_BYTES_MAX && self.kept.len() > 1 {
            bytes -= self.kept.pop_front().map_or(0, |piece| piece.bytes);
        }
        Ok(found)
    }
}
