//! The sequencer: the only writer. It gives events their place, makes them durable, then answers.
//!
//! Fields and who changes them: `heads` in [`Sequencer::assign`] (staged) and [`Sequencer::write`]
//! (committed); `log` in [`Sequencer::write`] and on [`Command::Trim`]; `next_position`, `tail_started` and
//! `tail_first_position` in [`Sequencer::publish`] and [`Sequencer::freeze`].

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parking_lot::RwLock;
use tallystick_event::{Clock, LeafKind, OrgId, Prepared};
use tallystick_segment::{Rows, Tail};
use tallystick_wal::{AppendError as LogError, CommitLog, Position};

use crate::{
    batch::{self, Sequenced},
    crash::CrashPlan,
    error::AppendError,
    head::Heads,
    idempotency::{self, KeyLookup},
    live::Live,
    options::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, FROZEN_TAILS_MAX, Options},
    proof::Trees,
    queue::{AppendReply, Appended, Command, Submission},
    status::Counters,
    view::{FrozenTail, ViewCell},
};

/// How often an idle sequencer looks at the tail's age.
const IDLE_CHECK: Duration = Duration::from_millis(500);

/// How long a batch waits for the sealer before it is refused.
const SEALER_WAIT_MAX: Duration = Duration::from_secs(10);

pub(crate) struct Sequencer {
    pub(crate) options: Options,
    pub(crate) log: Box<dyn CommitLog>,
    pub(crate) heads: Heads,
    pub(crate) trees: Arc<Trees>,
    pub(crate) view: Arc<ViewCell>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) live: Live,
    pub(crate) counters: Arc<Counters>,
    pub(crate) crash: Arc<CrashPlan>,
    pub(crate) waiting_bytes: Arc<AtomicUsize>,
    pub(crate) commands: Receiver<Command>,
    pub(crate) sealer: Sender<Arc<FrozenTail>>,
    /// Global position of the next event.
    pub(crate) next_position: u64,
    /// Global position of the first event of the growing tail.
    pub(crate) tail_first_position: u64,
    /// When the growing tail got its first event.
    pub(crate) tail_started: Option<Instant>,
    /// The batch's payload, kept to reuse its memory.
    pub(crate) payload: Vec<u8>,
}

/// What becomes of one event of a submission.
enum Place {
    /// Index in the batch's new events.
    New(usize),
    /// Already stored under the same idempotency key.
    Known(Appended),
}

/// A submission that was accepted into the batch, with the places of its events.
struct Accepted {
    places: Vec<Place>,
    reply: tokio::sync::oneshot::Sender<AppendReply>,
}

/// The batch being put together.
#[derive(Default)]
struct Batch {
    events: Vec<Sequenced>,
    answers: Vec<Appended>,
    keys: HashMap<(OrgId, Box<str>), usize>,
    accepted: Vec<Accepted>,
    bytes: usize,
}

impl Sequencer {
    /// Runs until told to stop or until the commit log fails for good.
    pub(crate) fn run(mut self) {
        loop {
            let first = match self.commands.recv_timeout(IDLE_CHECK) {
                Ok(command) => command,
                Err(RecvTimeoutError::Timeout) => {
                    self.freeze_if_due();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.wait_for_sealer();
            let mut batch = Batch::default();
            let mut after = None;
            self.gather(first, &mut batch, &mut after);
            if !batch.accepted.is_empty() && self.write(batch).is_err() {
                self.counters.halt();
                tracing::error!("the commit log has stopped; restart the process to recover");
                return;
            }
            if let Some(command) = after
                && self.control(command).is_break()
            {
                return;
            }
            self.freeze_if_due();
        }
    }

    /// Holds writes back while the sealer catches up; the queue fills meanwhile and answers overload. A disk that
    /// is full, or a sealer that gets nowhere, is not waited for: [`Self::check`] refuses then.
    fn wait_for_sealer(&self) {
        let started = Instant::now();
        while self.view.load().frozen.len() >= FROZEN_TAILS_MAX
            && !self.counters.sealer_out_of_space()
            && started.elapsed() < SEALER_WAIT_MAX
        {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Takes `first` and whatever else waits into the batch. There is no timer: while one batch is being
    /// synced the next one gathers in the queue, so fsync time makes the batches. A control command closes it.
    fn gather(&mut self, first: Command, batch: &mut Batch, after: &mut Option<Command>) {
        let mut next = Some(first);
        while let Some(command) = next.take() {
            match command {
                Command::Append(submission) => self.accept(submission, batch),
                other => {
                    *after = Some(other);
                    return;
                }
            }
            if batch.events.len() < BATCH_EVENTS_MAX && batch.bytes < BATCH_BYTES_MAX {
                next = self.commands.try_recv().ok();
            }
        }
    }

    fn control(&mut self, command: Command) -> std::ops::ControlFlow<()> {
        match command {
            Command::Append(_) => unreachable!("appends are gathered into batches"),
            Command::AddOrg { org, head, done } => {
                if self.heads.get(&org).is_none() {
                    self.heads.insert(org, head);
                }
                let _ = done.send(());
            }
            Command::RemoveOrg { org, done } => {
                let _ = done.send(self.heads.remove_empty(&org));
            }
            Command::SetArchived { org, archived, done } => {
                self.heads.set_archived(&org, archived);
                let _ = done.send(());
            }
            Command::Trim { before } => {
                if let Err(error) = self.log.trim(Position(before)) {
                    // Files that stay are replayed and skipped at the next start: wasteful, never wrong.
                    tracing::warn!(before, %error, "old commit-log files could not be deleted");
                }
                self.crash.visit("seal.after_trim");
            }
            Command::Freeze => self.freeze(),
            Command::Stop => return std::ops::ControlFlow::Break(()),
        }
        std::ops::ControlFlow::Continue(())
    }

    fn accept(&mut self, submission: Submission, batch: &mut Batch) {
        self.waiting_bytes.fetch_sub(submission.bytes, Ordering::AcqRel);
        let Submission { events, bytes, reply } = submission;
        match self.check(&events, batch) {
            Err(refusal) => {
                let _ = reply.send(Err(refusal));
            }
            Ok(known) => {
                let places = self.assign(events, known, batch);
                batch.bytes += bytes;
                batch.accepted.push(Accepted { places, reply });
            }
        }
    }

    /// Decides on every event of a submission before anything changes, so that a refusal changes nothing.
    fn check(&self, events: &[Prepared], batch: &Batch) -> Result<Vec<Option<Known>>, AppendError> {
        if self.view.load().frozen.len() >= FROZEN_TAILS_MAX {
            return Err(if self.counters.sealer_out_of_space() {
                AppendError::NoSpace
            } else {
                AppendError::Overloaded
            });
        }
        let mut own_keys: HashMap<(&OrgId, &str), usize> = HashMap::new();
        let mut known = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            let head = self
                .heads
                .get(&event.org)
                .ok_or_else(|| AppendError::UnknownOrg { org: event.org.clone() })?;
            // The leaf that a renewed log begins with is owed to its readers, whether or not it takes events.
            if head.archived && event.kind != LeafKind::Recovery {
                return Err(AppendError::ArchivedOrg { org: event.org.clone() });
            }
            known.push(match &event.idempotency_key {
                None => None,
                Some(key) => {
                    let earlier = own_keys.get(&(&event.org, &**key)).copied();
                    let found = match earlier {
                        Some(earlier) => {
                            idempotency::same_or_refuse(
                                index,
                                event,
                                &events[earlier].units,
                                events[earlier].id,
                            )?;
                            Some(Known::InSubmission(earlier))
                        }
                        None => self.known_key(index, event, key, batch)?,
                    };
                    own_keys.entry((&event.org, key)).or_insert(index);
                    found
                }
            });
        }
        Ok(known)
    }

    fn known_key(
        &self,
        index: usize,
        event: &Prepared,
        key: &str,
        batch: &Batch,
    ) -> Result<Option<Known>, AppendError> {
        if let Some(&at) = batch.keys.get(&(event.org.clone(), key.into())) {
            let earlier = &batch.events[at].event;
            idempotency::same_or_refuse(index, event, &earlier.units, earlier.id)?;
            return Ok(Some(Known::InBatch(at)));
        }
        let lookup = KeyLookup { org: &event.org, key };
        match lookup.find(&self.view.load())? {
            None => Ok(None),
            Some(stored) => {
                idempotency::same_or_refuse(index, event, &stored.units, stored.meta.id)?;
                let tree = self.trees.of_event(&event.org, stored.meta.seq);
                let tree = tree.expect("every organization with events has a log");
                Ok(Some(Known::Stored(stored.appended(&tree))))
            }
        }
    }

    fn assign(&mut self, events: Vec<Prepared>, known: Vec<Option<Known>>, batch: &mut Batch) -> Vec<Place> {
        let now_ms = self.clock.now_ms();
        let mut places: Vec<Place> = Vec::with_capacity(events.len());
        for (event, known) in events.into_iter().zip(known) {
            let place = match known {
                Some(Known::Stored(appended)) => Place::Known(appended),
                Some(Known::InBatch(at)) => Place::Known(duplicate_of(&batch.answers[at])),
                Some(Known::InSubmission(earlier)) => Place::Known(match &places[earlier] {
                    Place::New(at) => duplicate_of(&batch.answers[*at]),
                    Place::Known(appended) => appended.clone(),
                }),
                None => {
                    let head = self.heads.stage(&event.org).expect("checked before");
                    let (seq, received_ms, leaf_hash) = head.take(&event, now_ms);
                    let log = head.log;
                    let at = batch.events.len();
                    if let Some(key) = &event.idempotency_key {
                        batch.keys.insert((event.org.clone(), key.clone()), at);
                    }
                    batch.answers.push(Appended {
                        id: event.id,
                        seq,
                        received_ms,
                        leaf_hash,
                        duplicate: false,
                    });
                    batch.events.push(Sequenced { org: event.org.clone(), log, seq, received_ms, event });
                    Place::New(at)
                }
            };
            places.push(place);
        }
        places
    }

    /// Makes the batch durable, then searchable, then answers. `Err` means that the log cannot go on.
    fn write(&mut self, batch: Batch) -> Result<(), ()> {
        self.crash.visit("append.before_log");
        if !batch.events.is_empty() {
            self.payload.clear();
            batch::encode(&batch.events, &mut self.payload);
            let started = Instant::now();
            if let Err(error) = self.log.append(&self.payload, batch.events.len() as u32) {
                self.heads.rollback();
                let (refusal, fatal) = match error {
                    LogError::NoSpace { .. } => (AppendError::NoSpace, false),
                    LogError::NoFile { .. } => (AppendError::Overloaded, false),
                    error => {
                        tracing::error!(%error, "the commit log refused a batch");
                        (AppendError::Halted, true)
                    }
                };
                for accepted in batch.accepted {
                    let _ = accepted.reply.send(Err(refusal.clone()));
                }
                return if fatal { Err(()) } else { Ok(()) };
            }
            self.counters.batch(batch.events.len(), self.payload.len(), started.elapsed());
            // From here the events are durable; a crash may lose the answer, never the events.
            self.crash.visit("append.after_log");
            self.heads.commit(|head, completed| self.trees.grown(head, completed));
            self.publish(&batch.events);
            self.crash.visit("append.after_tail");
        }
        for accepted in batch.accepted {
            let answers = accepted.places.into_iter().map(|place| match place {
                Place::New(at) => batch.answers[at].clone(),
                Place::Known(appended) => appended,
            });
            let _ = accepted.reply.send(Ok(answers.collect()));
        }
        self.crash.visit("append.after_ack");
        self.live.wake(&batch.events);
        Ok(())
    }

    /// Adds durable events to the tail. Before the answer, so that a read which starts after it sees them.
    fn publish(&mut self, events: &[Sequenced]) {
        let view = self.view.load();
        let mut tail = view.active.write();
        for event in events {
            // Sequenced events are canonical and a tail is frozen long before it is full.
            tail.append(&event.for_tail()).expect("the tail takes every sequenced event");
        }
        drop(tail);
        self.next_position += events.len() as u64;
        self.tail_started.get_or_insert_with(Instant::now);
    }

    fn freeze_if_due(&mut self) {
        let (events, bytes) = {
            let view = self.view.load();
            let tail = view.active.read();
            (tail.len(), tail.body_bytes())
        };
        let old = self.tail_started.is_some_and(|started| started.elapsed() >= self.options.tail_age_max);
        if events >= self.options.tail_events_max || bytes >= self.options.tail_bytes_max || old {
            self.freeze();
        }
    }

    /// Hands the tail to the sealer and starts a new one.
    fn freeze(&mut self) {
        if self.next_position == self.tail_first_position {
            return;
        }
        let heads = self.heads.take_grown();
        let (first_position, end_position) = (self.tail_first_position, self.next_position);
        let mut frozen = None;
        self.view.change(|view| {
            let tail = std::mem::replace(&mut view.active, Arc::new(RwLock::new(Tail::default())));
            let waiting = Arc::new(FrozenTail { tail, first_position, end_position, heads });
            view.frozen.push(Arc::clone(&waiting));
            frozen = Some(waiting);
        });
        self.tail_first_position = end_position;
        self.tail_started = None;
        let _ = self.sealer.send(frozen.expect("set by the change above"));
    }
}

/// Where the event of an idempotency key was found.
enum Known {
    Stored(Appended),
    InBatch(usize),
    InSubmission(usize),
}

fn duplicate_of(first: &Appended) -> Appended {
    Appended { duplicate: true, ..first.clone() }
}
