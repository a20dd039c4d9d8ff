//! Accepting connections, and ending them in order when the server stops.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::Service;

use crate::{http::router, state::AppState};

/// Connections at the same time; more wait in the system's queue until one ends.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Time for the head of a request to arrive; also how long an unused connection is kept.
const HEAD_TIME_MAX: Duration = Duration::from_secs(75);
/// Bytes of a request's head at most, and of the buffer that bodies pass through.
const HEAD_BYTES_MAX: usize = 256 << 10;
/// Time for open requests to finish when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(20);
/// Pause after the system refused a connection, most often because of too many open files.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);
/// How often latencies are summed up, so that they take no memory while nobody asks for metrics.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Answers requests on `listener` until `shutdown` resolves. Then live tails end at once, requests that are
/// under way are finished within 20 seconds, and the engine still runs: stop it afterwards.
pub async fn serve(
    state: Arc<AppState>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let router = router::build(Arc::clone(&state));
    let upkeep = tokio::spawn(keep_up(Arc::clone(&state)));
    let served = answer(router, listener, shutdown, || state.stopping().cancel()).await;
    upkeep.abort();
    served
}

/// Answers with a router until `shutdown` resolves; then `stopping` is called and open requests are finished.
pub(crate) async fn answer(
    router: Router,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
    stopping: impl FnOnce() + Send,
) -> io::Result<()> {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted?,
        };
        tokio::spawn(connection(stream, peer, router.clone(), graceful.watcher(), place));
    }
    drop(listener);
    stopping();
    if tokio::time::timeout(STOP_TIME_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = STOP_TIME_MAX.as_secs(), "requests were still open when the server stopped");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return Ok((stream, peer, place)),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections at present");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

/// Whether the error says nothing about the connections after it.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot switch off Nagle's algorithm");
    }
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let mut router = router.clone();
        async move { Ok::<_, Infallible>(router.call(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended early");
    }
    drop(place);
}

async fn keep_up(state: Arc<AppState>) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        state.metrics.keep_up();
    }
}
