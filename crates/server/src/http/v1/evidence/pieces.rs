//! The way of a pack to its reader, in pieces: memory does not grow with the pack, and a reader who takes none of it
//! holds no thread for long.

use std::{
    io::{self, Write},
    time::Duration,
};

use axum::body::Bytes;
use tallystick_delivery::{Failure, evidence::PreparedPack};
use tallystick_engine::Engine;
use tallystick_event::OrgId;
use tokio::{
    runtime::Handle,
    sync::mpsc::{Sender, error::SendTimeoutError},
};

use super::PAUSE_MAX;

/// Bytes that are handed on at once.
const PIECE_BYTES: usize = 256 << 10;

/// Writes a pack; whether it is whole. Blocks. A pack that cannot be finished ends early, which every reader notices.
pub(super) fn write(
    pack: &PreparedPack,
    org: &OrgId,
    engine: &Engine,
    reader: Sender<io::Result<Bytes>>,
) -> bool {
    let waiting = Vec::with_capacity(PIECE_BYTES);
    let mut out = Pieces { reader, waiting, runtime: Handle::current(), pause_max: PAUSE_MAX };
    let written = pack.write(engine, &mut out, |_, _| Ok(())).and_then(|()| Ok(out.flush()?));
    match &written {
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => tracing::error!(%error, %org, "an evidence pack could not be finished"),
        Ok(()) => {}
    }
    written.is_ok()
}

/// Hands bytes on in pieces.
struct Pieces {
    reader: Sender<io::Result<Bytes>>,
    waiting: Vec<u8>,
    runtime: Handle,
    pause_max: Duration,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE_BYTES));
        let sent = self.runtime.block_on(self.reader.send_timeout(Ok(piece.into()), self.pause_max));
        sent.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => {
                io::Error::new(io::ErrorKind::TimedOut, "its reader has stopped reading")
            }
            SendTimeoutError::Closed(_) => io::ErrorKind::BrokenPipe.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reader_who_reads_nothing_holds_no_thread_for_long() {
        let (reader, held) = tokio::sync::mpsc::channel(1);
        let (runtime, pause_max) = (Handle::current(), Duration::from_millis(20));
        let mut out = Pieces { reader, waiting: Vec::new(), runtime, pause_max };
        let written = tokio::task::spawn_blocking(move || {
            out.write_all(b"fills the only place").and_then(|()| out.flush())?;
            out.write_all(b"waits").and_then(|()| out.flush())
        });
        assert_eq!(written.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(held);
    }
}
