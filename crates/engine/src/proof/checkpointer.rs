//! Publishing: at most one interval after a log has grown, its size and root are recorded by the guard and may be
//! signed. While no log grows it sleeps; it costs what grew, not what there is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    crash::CrashPlan,
    proof::{
        Proofs,
        guard::{GuardError, Guarded},
        trees::Published,
    },
};

/// Pause before a round that failed is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct Checkpointer {
    pub(crate) proofs: Arc<Proofs>,
    pub(crate) crash: Arc<CrashPlan>,
}

impl Checkpointer {
    /// Publishes until the engine stops, and once more then.
    pub(crate) fn run(self) {
        let mut last: Option<Instant> = None;
        while self.proofs.trees.wait_for_growth() {
            if let Some(last) = last
                && !self.proofs.trees.sleep_until(last + self.proofs.interval)
            {
                break;
            }
            last = Some(Instant::now());
            if !self.proofs.rolled_back().is_empty() {
                return; // a witness remembers more than there is
            }
            if let Err(error) = self.proofs.publish_grown(&self.crash) {
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(%error, %cause, no_space = error.is_no_space(), "no checkpoint could be published");
                self.proofs.trees.sleep_until(Instant::now() + RETRY_PAUSE);
            }
        }
        if self.proofs.rolled_back().is_empty() {
            let _ = self.proofs.publish_grown(&self.crash);
        }
    }
}

impl Proofs {
    /// Publishes every log that has grown. After an error all of them are due again.
    pub(crate) fn publish_grown(&self, crash: &CrashPlan) -> Result<(), GuardError> {
        let grown = self.trees.take_grown();
        let guarded: Vec<_> =
            grown.iter().map(|(tree, size, root)| (tree.log, Guarded { size: *size, root: *root })).collect();
        crash.visit("checkpoint.before_guard");
        if let Err(error) = self.guard.lock().record(&guarded) {
            for (tree, ..) in grown {
                self.trees.mark(tree);
            }
            return Err(error);
        }
        // Only what the guard has may be signed: a crash between the two lines loses a checkpoint, never forks a log.
        crash.visit("checkpoint.after_guard");
        let time_ms = self.clock.now_ms();
        for (tree, size, root) in &grown {
            tree.publish(Published { size: *size, root: *root, time_ms });
        }
        self.counters.checkpoints(grown.len());
        self.rounds.send_modify(|round| *round += 1);
        Ok(())
    }
}
