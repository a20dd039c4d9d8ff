//! Accepting connections, and ending them in order when the server stops.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, Response},
};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;
use tower::Service;

use tallystick_delivery::Host;

use crate::{
    exports::ExportHost, http::router, schedules::ScheduleHost, state::AppState, streams::host::StreamHost,
};

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
    let host: Arc<dyn Host> = Arc::new(ExportHost(Arc::clone(&state)));
    let exports = tokio::spawn(Arc::clone(&state.exports).run(host, state.stopping().clone()));
    let host = Arc::new(ScheduleHost(Arc::clone(&state)));
    let schedules = tokio::spawn(Arc::clone(&state.schedules).run(host, state.stopping().clone()));
    let host = Arc::new(StreamHost(Arc::clone(&state)));
    let streams = tokio::spawn(Arc::clone(&state.streams).run(host, state.stopping().clone()));
    let served = answer(router, listener, shutdown, || state.stopping().cancel()).await;
    upkeep.abort();
    // However it ended: what runs in the background must not outlive the engine.
    state.stopping().cancel();
    if let Err(error) = exports.await {
        tracing::error!(%error, "the exports did not stop in order");
    }
    if let Err(error) = schedules.await {
        tracing::error!(%error, "the schedules of exports did not stop in order");
    }
    if let Err(error) = streams.await {
        tracing::error!(%error, "the streams did not stop in order");
    }
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
    let acts = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted?,
        };
        let answers = Answers { router: router.clone(), peer, acts: acts.clone(), place: Arc::new(place) };
        tokio::spawn(connection(stream, answers, graceful.watcher()));
    }
    drop(listener);
    stopping();
    acts.close();
    let ended = async { tokio::join!(graceful.shutdown(), acts.wait()) };
    if tokio::time::timeout(STOP_TIME_MAX, ended).await.is_err() {
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

/// What answers the requests of one connection.
#[derive(Clone)]
struct Answers {
    router: Router,
    peer: SocketAddr,
    /// Requests that may change something.
    acts: TaskTracker,
    /// The connection's place, kept until its last act is over.
    place: Arc<OwnedSemaphorePermit>,
}

impl Answers {
    /// Answers one request. When the client goes away hyper drops what it waits for: a read ends with that, but what
    /// may change something runs to its end by itself, so that an act is never left without its record.
    async fn answer(mut self, request: Request<Incoming>) -> io::Result<Response<Body>> {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        let answer = self.router.call(request);
        let answered = if is_read {
            answer.await
        } else {
            let place = self.place;
            let act = self.acts.spawn(async move {
                let answered = answer.await;
                drop(place);
                answered
            });
            act.await.map_err(io::Error::other)?
        };
        Ok(answered.unwrap_or_else(|never| match never {}))
    }
}

async fn connection(stream: TcpStream, answers: Answers, watcher: Watcher) {
    let peer = answers.peer;
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot switch off Nagle's algorithm");
    }
    let service = hyper::service::service_fn(move |request| answers.clone().answer(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, %error, "connection ended early");
    }
}

async fn keep_up(state: Arc<AppState>) {
    let mut ticks = tokio::time::interval(UPKEEP_INTERVAL);
    loop {
        ticks.tick().await;
        state.metrics.keep_up();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use axum::routing::post;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        sync::{Notify, oneshot},
    };

    use super::*;

    #[tokio::test]
    async fn an_act_runs_to_its_end_also_when_the_client_has_gone() {
        let (started, go_on, is_done) = <(Arc<Notify>, Arc<Notify>, Arc<AtomicBool>)>::default();
        let (begun, gate, done) = (Arc::clone(&started), Arc::clone(&go_on), Arc::clone(&is_done));
        let act = move || async move {
            begun.notify_one();
            gate.notified().await;
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            done.store(true, Ordering::Release);
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().route("/act", post(act));
        let served = tokio::spawn(answer(router, listener, async { drop(stopped.await) }, || {}));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"POST /act HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        started.notified().await;
        client.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0, "the server has seen that nobody waits");
        drop(stop);
        go_on.notify_one();
        served.await.unwrap().unwrap();
        assert!(is_done.load(Ordering::Acquire));
    }
}
