//! A stream's task: its logs in turn, a few at a time, each when there is something to send.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

use tallystick_catalog::{StreamCursor, StreamHealthChange, StreamState};
use tallystick_engine::{Grown, ReadError};
use tallystick_event::OrgId;
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};

use super::{
    backoff,
    host::Happening,
    lane::{Lane, Rest},
    limits::{LANES_MAX, STOP_GRACE},
    replay::replay,
    send::{Halt, Pause, Work},
};

/// A log of the stream.
#[derive(Default)]
struct Slot {
    /// Not there while it has its turn.
    lane: Option<Lane>,
    is_queued: bool,
    /// The log has grown during the turn.
    is_dirty: bool,
    wake_ms: Option<i64>,
}

type Turn = (Lane, Result<Rest, Halt>);

/// All logs of a stream.
pub(crate) struct Worker {
    work: Arc<Work>,
    slots: HashMap<OrgId, Slot>,
    queue: VecDeque<OrgId>,
    wakes: BTreeSet<(i64, OrgId)>,
    turns: JoinSet<Turn>,
    is_replay_due: bool,
}

impl Worker {
    pub(crate) fn new(work: Arc<Work>, cursors: Vec<StreamCursor>) -> Self {
        let slot = |cursor: StreamCursor| {
            let org = cursor.org.clone();
            (org, Slot { lane: Some(Lane::at(cursor)), ..Slot::default() })
        };
        Self {
            work,
            slots: cursors.into_iter().map(slot).collect(),
            queue: VecDeque::new(),
            wakes: BTreeSet::new(),
            turns: JoinSet::new(),
            is_replay_due: true,
        }
    }

    /// Runs until everything stops, somebody changes the stream, or the other side wants nothing any more. Says of a
    /// fault of ours.
    pub(crate) async fn run(mut self, replays: &Notify) -> Result<(), JoinError> {
        // First listen, then look: what arrives in between is seen twice rather than never.
        let mut live = self.work.engine.subscribe();
        self.look();
        loop {
            if self.is_replay_due && self.turns.is_empty() {
                self.is_replay_due = false;
                if replay(&self.work).await.is_err() {
                    break;
                }
            }
            self.begin_turns();
            let wake_ms = self.wakes.first().map(|(ms, _)| *ms);
            tokio::select! {
                () = self.work.stop.cancelled() => break,
                Some(done) = self.turns.join_next() => {
                    let (lane, end) = done?;
                    if self.end_turn(lane, end).await.is_err() {
                        break;
                    }
                }
                grown = live.growth() => match grown {
                    Grown::Logs(logs) => {
                        for (org, _) in &*logs {
                            if self.is_ours(org) {
                                self.enqueue(org);
                            }
                        }
                    }
                    Grown::Unknown => self.look(),
                    Grown::Stopped => break,
                },
                () = self.work.host.sleep_until(wake_ms.unwrap_or(i64::MAX)), if wake_ms.is_some() => self.wake(),
                () = replays.notified() => self.is_replay_due = true,
            }
        }
        if self.work.stop.is_cancelled() {
            // What is on its way may arrive; after that the same goes out again at the next start.
            let rest = async { while self.turns.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(STOP_GRACE, rest).await;
        }
        Ok(())
    }

    fn is_ours(&self, org: &OrgId) -> bool {
        self.work.plan.stream.org.as_ref().is_none_or(|ours| ours == org)
    }

    /// Queues every log that is behind.
    fn look(&mut self) {
        let sizes = self.work.engine.log_sizes();
        for (org, size) in &sizes {
            let lane = self.slots.get(org).and_then(|slot| slot.lane.as_ref());
            if self.is_ours(org) && lane.is_none_or(|lane| lane.is_behind(*size)) {
                self.enqueue(org);
            }
        }
    }

    fn enqueue(&mut self, org: &OrgId) {
        let slot = self.slots.entry(org.clone()).or_insert_with(|| {
            // An organization that was made after the stream.
            let cursor = StreamCursor { org: org.clone(), next_seq: 0, in_flight_last: None };
            Slot { lane: Some(Lane::at(cursor)), ..Slot::default() }
        });
        if slot.lane.is_none() {
            slot.is_dirty = true;
            return;
        }
        // What waits for company, or for its log to become readable, is looked at when its time has come.
        if !slot.is_queued && slot.wake_ms.is_none() {
            slot.is_queued = true;
            self.queue.push_back(org.clone());
        }
    }

    /// Queues those whose time has come.
    fn wake(&mut self) {
        let now = self.work.now_ms();
        while let Some((ms, org)) = self.wakes.first().cloned() {
            if ms > now {
                break;
            }
            self.wakes.remove(&(ms, org.clone()));
            if let Some(slot) = self.slots.get_mut(&org) {
                slot.wake_ms = None;
            }
            self.enqueue(&org);
        }
    }

    fn begin_turns(&mut self) {
        let is_alone = self.work.plan.stream.org.is_some();
        while !self.is_replay_due && self.turns.len() < LANES_MAX {
            let Some(org) = self.queue.pop_front() else { break };
            let Some(slot) = self.slots.get_mut(&org) else { continue };
            (slot.is_queued, slot.is_dirty) = (false, false);
            let Some(mut lane) = slot.lane.take() else { continue };
            let work = Arc::clone(&self.work);
            self.turns.spawn(async move {
                let end = lane.turn(&work, is_alone).await;
                (lane, end)
            });
        }
    }

    async fn end_turn(&mut self, mut lane: Lane, end: Result<Rest, Halt>) -> Result<(), Halt> {
        let org = lane.org.clone();
        let (wake_ms, is_more) = match end {
            Ok(Rest::Idle(wake_ms)) => (wake_ms, false),
            Ok(Rest::More) => (None, true),
            Err(Halt::Unreadable(ReadError::UnknownOrg { .. })) => {
                self.slots.remove(&org);
                return Ok(());
            }
            Err(Halt::Unreadable(error)) => {
                lane.unreadable += 1;
                (Some(self.unreadable(&lane, &error).await?), false)
            }
            Err(halt) => return Err(halt),
        };
        let slot = self.slots.entry(org.clone()).or_default();
        slot.lane = Some(lane);
        slot.wake_ms = wake_ms;
        let is_dirty = slot.is_dirty;
        if let Some(ms) = wake_ms {
            self.wakes.insert((ms, org.clone()));
        }
        if is_more || is_dirty {
            self.enqueue(&org);
        }
        Ok(())
    }

    /// A log that cannot be read holds itself only; when it is tried again.
    async fn unreadable(&self, lane: &Lane, error: &ReadError) -> Result<i64, Halt> {
        let work = &self.work;
        let (stream, org) = (&work.plan.stream, &lane.org);
        tracing::error!(stream = %stream.id, %org, %error, "a stream cannot read a log");
        let fault = work.fault("log_unreadable", None, format!("the log of {org}: {error}"));
        if lane.unreadable == 1 {
            work.tell(&Happening::LogUnreadable { org: org.clone(), why: error.to_string() }).await;
        }
        let wait = backoff::mend_ms(lane.unreadable, &*work.random);
        if stream.org.is_some() {
            work.failed(StreamState::Error, fault, Pause::Mend).await?;
            return Ok(work.hold.until_ms());
        }
        let change = StreamHealthChange::Noted(fault);
        work.insist(|| work.catalog().note_stream_health(&stream.id, stream.generation, &change)).await?;
        Ok(work.now_ms().saturating_add(wait))
    }
}
