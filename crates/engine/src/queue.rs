//! The bounded queue in front of the sequencer. A full queue answers overload at once instead of waiting.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tallystick_event::{EventId, OrgId, Prepared};
use tallystick_merkle::Hash;
use tokio::sync::oneshot;

use crate::{
    error::AppendError,
    head::Head,
    options::{QUEUE_BYTES_MAX, QUEUE_SUBMISSIONS_MAX},
};

/// The answer for one event: durable, in order, searchable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The event's id. For a repeated idempotency key, that of the event stored first.
    pub id: EventId,
    /// Index of its leaf in its organization's log.
    pub seq: u64,
    /// Unix milliseconds.
    pub received_ms: i64,
    /// RFC 6962 leaf hash.
    pub leaf_hash: Hash,
    /// The idempotency key was seen before; nothing new was stored.
    pub duplicate: bool,
}

pub(crate) type AppendReply = Result<Vec<Appended>, AppendError>;

/// Events of one call: taken in together or not at all.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) events: Vec<Prepared>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<AppendReply>,
}

/// What the sequencer is told.
#[derive(Debug)]
pub(crate) enum Command {
    Append(Submission),
    /// An organization was created.
    AddOrg {
        org: OrgId,
        head: Head,
        done: oneshot::Sender<()>,
    },
    /// An organization is about to be deleted: answers with its head if it has no events, and then takes no more.
    RemoveOrg {
        org: OrgId,
        done: oneshot::Sender<Option<Head>>,
    },
    /// Writes to an organization are refused from now on, or allowed again.
    SetArchived {
        org: OrgId,
        archived: bool,
        done: oneshot::Sender<()>,
    },
    /// Everything below this position is in segments.
    Trim {
        before: u64,
    },
    /// Seal what is in the tail now.
    Freeze,
    /// Finish what was submitted before, then end.
    Stop,
}

/// The sending side, shared by all request tasks.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    sender: Sender<Command>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl Queue {
    pub(crate) fn new() -> (Self, Receiver<Command>, Arc<AtomicUsize>) {
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_SUBMISSIONS_MAX);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        (Self { sender, waiting_bytes: Arc::clone(&waiting_bytes) }, receiver, waiting_bytes)
    }

    /// Canonical bytes that wait for the sequencer.
    pub(crate) fn waiting_bytes(&self) -> usize {
        self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// Submits events; the receiver resolves when they are durable or refused.
    pub(crate) fn submit(
        &self,
        events: Vec<Prepared>,
    ) -> Result<oneshot::Receiver<AppendReply>, AppendError> {
        let bytes: usize = events.iter().map(|event| event.units.total_len()).sum();
        let before = self.waiting_bytes.fetch_add(bytes, Ordering::AcqRel);
        // A submission larger than the whole bound is let in when nothing else waits.
        if before > 0 && before + bytes > QUEUE_BYTES_MAX {
            self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
            return Err(AppendError::Overloaded);
        }
        let (reply, answer) = oneshot::channel();
        match self.sender.try_send(Command::Append(Submission { events, bytes, reply })) {
            Ok(()) => Ok(answer),
            Err(refused) => {
                self.waiting_bytes.fetch_sub(bytes, Ordering::AcqRel);
                Err(match refused {
                    TrySendError::Full(_) => AppendError::Overloaded,
                    TrySendError::Disconnected(_) => AppendError::Halted,
                })
            }
        }
    }

    /// Sends anything but events; waits for room. An ended sequencer is reported as `Halted`.
    pub(crate) fn command(&self, command: Command) -> Result<(), AppendError> {
        self.sender.send(command).map_err(|_| AppendError::Halted)
    }
}
