//! Stopping in order at the first signal, at once at the second.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::output::say;

/// What a shell reports for a process that an interrupt has ended.
const FORCED_EXIT: i32 = 130;

/// `SIGTERM` and `SIGINT`.
pub(crate) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// From now on these signals no longer end the process by themselves.
    pub(crate) fn catch() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Resolves at the first signal. A second one ends the process at once, which loses nothing acknowledged.
    pub(crate) async fn first(mut self) {
        self.next().await;
        say("stopping: finishing the calls that are being answered; once more stops at once");
        tokio::spawn(async move {
            self.next().await;
            say("stopped at once; what was acknowledged is safe");
            std::process::exit(FORCED_EXIT);
        });
    }
}
