//! Sockets for protocols that are not HTTP, with the same guard: a name is looked up once, and what is connected to is
//! the address that was looked at.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::address::Guard;
use crate::options::bare;
use crate::resolve::look_up;
use crate::{OutboundError, OutboundOptions};

/// A connection with TLS.
pub type TlsStream = tokio_rustls::client::TlsStream<TcpStream>;

/// Connects to a host whose addresses the options permit, to begin TLS on it with [`start_tls`]: some protocols say
/// something before that. What is to stay without TLS is for [`connect_plain`]. `host` is a name or an address, an IPv6
/// address with brackets or without; `time_max` is for everything.
///
/// # Errors
/// [`OutboundError::Name`], [`OutboundError::Address`], or [`OutboundError::Unreachable`].
pub async fn connect(
    options: &OutboundOptions,
    host: &str,
    port: u16,
    time_max: Duration,
) -> Result<TcpStream, OutboundError> {
    within(host, time_max, reach(options.with_tls(), host, port, time_max)).await
}

/// Connects to a host that the options permit to be spoken to without TLS.
///
/// # Errors
/// [`OutboundError::Plain`] if they do not; else those of [`connect`].
pub async fn connect_plain(
    options: &OutboundOptions,
    host: &str,
    port: u16,
    time_max: Duration,
) -> Result<TcpStream, OutboundError> {
    let guard = options.without_tls_to(host)?;
    within(host, time_max, reach(guard, host, port, time_max)).await
}

/// Connects and begins TLS at once, with a configuration of [`tls_client_config`](crate::tls_client_config).
///
/// # Errors
/// Those of [`connect`] and [`start_tls`].
pub async fn connect_tls(
    options: &OutboundOptions,
    config: &Arc<ClientConfig>,
    host: &str,
    port: u16,
    time_max: Duration,
) -> Result<TlsStream, OutboundError> {
    let both = async {
        let stream = reach(options.with_tls(), host, port, time_max).await?;
        handshake(stream, config, host).await
    };
    within(host, time_max, both).await
}

/// Begins TLS on a connection of [`connect`]. The certificate must be of `host`.
///
/// # Errors
/// [`OutboundError::Certificate`], [`OutboundError::Handshake`], or [`OutboundError::Unreachable`]. That the server
/// does not accept our certificate may show only in the first read: [`OutboundError::of_io`].
pub async fn start_tls(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    host: &str,
    time_max: Duration,
) -> Result<TlsStream, OutboundError> {
    within(host, time_max, handshake(stream, config, host)).await
}

async fn within<T>(
    host: &str,
    time_max: Duration,
    work: impl Future<Output = Result<T, OutboundError>>,
) -> Result<T, OutboundError> {
    match timeout(time_max, work).await {
        Ok(done) => done,
        Err(_) => Err(OutboundError::of(host, io::Error::from(io::ErrorKind::TimedOut))),
    }
}

/// Tries one address after the other, each for its share of the time that is left, so that one that is silent does not
/// keep us from the next.
async fn reach(guard: Guard, host: &str, port: u16, time_max: Duration) -> Result<TcpStream, OutboundError> {
    let end = Instant::now() + time_max;
    let addresses = look_up(bare(host), port, guard).await.map_err(|error| OutboundError::of(host, error))?;
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    for (tried, address) in addresses.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match timeout(share, open(*address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::from(io::ErrorKind::TimedOut),
        }
    }
    Err(OutboundError::of(host, last))
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    // Whoever writes here writes whole messages.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn handshake(
    stream: TcpStream,
    config: &Arc<ClientConfig>,
    host: &str,
) -> Result<TlsStream, OutboundError> {
    let name = ServerName::try_from(bare(host).to_owned());
    let name = name.map_err(|_| OutboundError::Name { host: host.to_owned() })?;
    let begun = TlsConnector::from(Arc::clone(config)).connect(name, stream).await;
    begun.map_err(|error| OutboundError::of(host, error))
}
