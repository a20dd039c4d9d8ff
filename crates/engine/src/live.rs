//! The live-tail bus: wakes readers when an organization's log grows. It carries positions, never events, so
//! that a slow reader costs nothing and can always read what it missed from the log itself.

use std::sync::Arc;

use tallystick_event::OrgId;
use tokio::sync::broadcast;

use crate::batch::Sequenced;

/// Wake-ups kept for readers that are busy; a reader that misses some looks at the log anyway.
const WAKE_UPS_KEPT: usize = 1_024;

/// Organizations that grew in one batch, with their new size.
pub(crate) type Growth = Arc<[(OrgId, u64)]>;

/// The sending side.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    sender: broadcast::Sender<Growth>,
}

impl Live {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::channel(WAKE_UPS_KEPT).0 }
    }

    pub(crate) fn wake(&self, events: &[Sequenced]) {
        if self.sender.receiver_count() == 0 || events.is_empty() {
            return;
        }
        let mut growth: Vec<(OrgId, u64)> = Vec::new();
        for event in events {
            match growth.iter_mut().rev().find(|(org, _)| *org == event.org) {
                Some((_, size)) => *size = event.seq + 1,
                None => growth.push((event.org.clone(), event.seq + 1)),
            }
        }
        let _ = self.sender.send(growth.into());
    }

    pub(crate) fn subscribe(&self) -> LiveReader {
        LiveReader { receiver: self.sender.subscribe() }
    }
}

/// What a [`LiveReader`] was told.
#[derive(Debug, Clone)]
pub enum Grown {
    /// These logs have grown, to these sizes.
    Logs(Arc<[(OrgId, u64)]>),
    /// Some have; the reader was too slow to be told which.
    Unknown,
    /// The engine has stopped.
    Stopped,
}

/// Waits for growth.
#[derive(Debug)]
pub struct LiveReader {
    receiver: broadcast::Receiver<Growth>,
}

impl LiveReader {
    /// Returns when something has grown.
    pub async fn growth(&mut self) -> Grown {
        match self.receiver.recv().await {
            Ok(growth) => Grown::Logs(growth),
            Err(broadcast::error::RecvError::Lagged(_)) => Grown::Unknown,
            Err(broadcast::error::RecvError::Closed) => Grown::Stopped,
        }
    }

    /// Returns when `org` may have grown. May return without growth (after a burst that overran the bus);
    /// returns `false` when the engine has stopped.
    pub async fn grown(&mut self, org: &OrgId) -> bool {
        loop {
            match self.receiver.recv().await {
                Ok(growth) if growth.iter().any(|(grown, _)| grown == org) => return true,
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return true,
                Err(broadcast::error::RecvError::Closed) => return false,
            }
        }
    }
}
