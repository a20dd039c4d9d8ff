//! How a batch counts as delivered over a protocol without acknowledgements.
//!
//! A write that succeeds has reached our own kernel and nothing more. So each batch has a connection of its own. After
//! the last byte our half is closed (with TLS, after its `close_notify`), and then the receiver's end is awaited. On
//! TCP that says more than it seems:
//! - What arrives at a closed socket, and what a program leaves unread when it closes, is answered with a reset and not
//!   with an orderly end (RFC 1122 4.2.2.13). So an orderly end of both halves, with our end acknowledged, means that
//!   the receiving program has read every byte.
//! - It does not mean that the receiver has stored it: what it loses after reading, nobody can tell on this side.
//!
//! With TLS, the end has to be said in TLS as well: programs that read ahead may have taken bytes from the connection
//! that they never deciphered, and then hang up with an alert or without a word.
//!
//! An orderly end that was sent before our last bytes arrived looks the same at first; the reset that these bytes cause
//! comes after it. So the connection counts as closed only when our own end was acknowledged as well, and an end that
//! comes before ours was sent does not count: whoever sends it may go on reading, or not.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::socket::Stream;

/// Writes everything and waits until the receiver has read it and closed the connection. To be called with an end of
/// its own: a receiver may never close.
///
/// # Errors
/// The connection was reset, or ended before everything was read.
pub(super) async fn until_closed(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let is_written = AtomicBool::new(false);
    let writing = async {
        writer.write_all(bytes).await?;
        writer.flush().await?;
        // An end that has arrived by now is seen before ours is sent.
        yield_now().await;
        is_written.store(true, Ordering::Relaxed);
        writer.shutdown().await
    };
    let reading = async {
        drain(&mut reader).await?;
        let early =
            || io::Error::new(io::ErrorKind::ConnectionAborted, "the receiver closed its side too early");
        if is_written.load(Ordering::Relaxed) { Ok(()) } else { Err(early()) }
    };
    let (written, read) = tokio::join!(writing, reading);
    // Why the receiver hangs up, such as a certificate that it does not accept, is in what can be read of it.
    read?;
    written?;
    let stream = reader.unsplit(writer);
    settle(&stream).await
}

/// Writes everything and looks for a short time whether the receiver refuses it.
///
/// # Errors
/// The connection was reset.
pub(super) async fn unconfirmed(stream: Stream, bytes: &[u8]) -> io::Result<()> {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let written = write(&mut writer, bytes).await;
    // Why the receiver hangs up is in what can be read of it.
    timeout(UNCONFIRMED_TIME, drain(&mut reader)).await.unwrap_or(Ok(()))?;
    written
}

async fn write(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
    writer.write_all(bytes).await?;
    writer.flush().await?;
    writer.shutdown().await
}

/// Reads to the end. A receiver has nothing to say.
async fn drain(reader: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut buffer = [0; 1_024];
    let mut left = SAID_BYTES_MAX;
    loop {
        match reader.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(count) if count <= left => left -= count,
            Ok(_) => return Err(io::Error::other("what answers is no syslog receiver")),
            // TLS that ends without a close_notify says nothing: anybody between us can end a connection so.
            Err(error) => return Err(error),
        }
    }
}

/// Waits until the system has forgotten the connection: when both ends are acknowledged, or after a reset.
async fn settle(stream: &Stream) -> io::Result<()> {
    loop {
        let is_closed = stream.tcp().peer_addr().is_err();
        if let Some(error) = stream.tcp().take_error()? {
            return Err(error);
        }
        if is_closed {
            return Ok(());
        }
        sleep(SETTLE_STEP).await;
    }
}

/// Most bytes that are read of a receiver.
const SAID_BYTES_MAX: usize = 65_536;
/// How long a refusal is waited for where no confirmation is.
const UNCONFIRMED_TIME: Duration = Duration::from_millis(500);
/// Between two looks at a connection. An acknowledgement is on its way; there is nothing that could wake us.
const SETTLE_STEP: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests;
