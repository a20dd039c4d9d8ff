//! The HTTP of a witness (C2SP tlog-witness): a small surface of its own, apart from the API and without keys, as what
//! it takes in carries its own proof.

mod add_checkpoint;
mod checkpoint;
mod page;
mod rate;

use std::{future::Future, io, net::SocketAddr, sync::Arc};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tallystick_event::Clock;
use tallystick_witness::Witness;
use tokio::{net::TcpListener, sync::Semaphore};
use tower_http::catch_panic::CatchPanicLayer;

use self::rate::Rates;
use crate::http::headers;

/// Requests that may wait for the disk or compute at the same time; more are answered 503.
const WORKING_MAX: usize = 64;

/// What the handlers share.
struct Service {
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
    working: Arc<Semaphore>,
    rates: Rates,
}

impl Service {
    /// Unix seconds.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.now_ms() / 1000).unwrap_or(0)
    }

    /// Runs what touches the disk off the async threads. None if too much of it is waiting already.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Witness) -> T + Send + 'static,
    ) -> Result<T, Response> {
        let Ok(place) = Arc::clone(&self.working).try_acquire_owned() else {
            let head = [(header::RETRY_AFTER, "1")];
            return Err((StatusCode::SERVICE_UNAVAILABLE, head, "busy\n").into_response());
        };
        let witness = Arc::clone(&self.witness);
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&witness);
            drop(place);
            result
        });
        done.await.map_err(|_| internal())
    }
}

/// Everything a witness answers.
pub fn router(witness: Arc<Witness>, clock: Arc<dyn Clock>) -> Router {
    let working = Arc::new(Semaphore::new(WORKING_MAX));
    let service = Arc::new(Service { witness, clock, working, rates: Rates::default() });
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint::add_checkpoint))
        .route("/{origin}/checkpoint", get(checkpoint::checkpoint))
        .route("/", get(page::page))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing is here\n") })
        .layer(middleware::from_fn_with_state(Arc::clone(&service), limit))
        .layer(CatchPanicLayer::custom(|_| internal()))
        .layer(middleware::map_response(headers::secure))
        .with_state(service)
}

/// Answers for a witness on `listener` until `shutdown` resolves; then requests that are under way are finished within
/// 20 seconds.
pub async fn serve(
    witness: Arc<Witness>,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    crate::serve::answer(router(witness, clock), listener, shutdown, || ()).await
}

async fn limit(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    if peer.is_some_and(|peer| !service.rates.take(peer, service.clock.now_ms())) {
        let head = [(header::RETRY_AFTER, "1")];
        return (StatusCode::TOO_MANY_REQUESTS, head, "too many requests\n").into_response();
    }
    next.run(request).await
}

/// A failure of ours. What failed stands in the log only.
fn internal() -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "internal error\n").into_response()
}
