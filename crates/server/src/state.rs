//! What every handler shares, made once at start.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use tallystick_auth::{Auth, NoPasskeys, PasskeySite};
use tallystick_delivery::{Exports, limits::KEEP_DAYS_DEFAULT, schedules::Schedules, streams::Streams};
use tallystick_engine::{Engine, ReadError, search::Deadline};
use tallystick_event::{Clock, Preparer, Random};
use tallystick_oidc::Oidc;
use tallystick_outbound::{Outbound, OutboundError, OutboundOptions, Plain};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::{
    error::{ApiError, ErrorCode},
    reads::RecentReads,
    streams::metrics::Attempts,
    telemetry::Metrics,
};

/// Time after which a search answers with what it has.
pub const SEARCH_TIME_MAX: Duration = Duration::from_secs(5);
/// Searches that may run and wait for a free thread before more are refused as overload.
pub const SEARCHES_WAITING_MAX: usize = 256;
/// Memory that bodies may take while they arrive, over all requests, bytes.
pub const BODIES_BYTES_MAX: usize = 256 << 20;
/// How long a request waits for room for its body before it is refused as overload.
const BODY_ROOM_WAIT_MAX: Duration = Duration::from_secs(2);
/// Live tails at the same time.
pub const TAILS_MAX: usize = 1_000;
/// Evidence packs that are made and sent at the same time: each holds a thread for as long as its reader reads.
pub const PACKS_MAX: usize = 16;
/// Destinations of streams that are tried at the same time.
pub const STREAM_TESTS_MAX: usize = 16;
/// Bytes that one permit for a body stands for.
const BODY_PERMIT_BYTES: usize = 4_096;
/// Requests whose events are being prepared at the same time, a core.
const PREPARATIONS_A_CORE: usize = 2;
/// Searches at the same time, a core.
const SEARCHES_A_CORE: usize = 4;

/// How the server behaves, from the configuration.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// `/metrics` answers without a key.
    pub metrics_public: bool,
    /// Checkpoints, tiles and consistency proofs, which hold nothing of events' content, are given without a key.
    pub proofs_public: bool,
    /// Where people reach the service, as in `https://audit.example.com`; none: at the address it listens on.
    pub public_url: Option<String>,
    /// Proxies that are believed when they say whom they speak for.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a browser keeps a session's cookie, ms.
    pub session_life_ms: i64,
    /// Providers of single sign-on may have private addresses, and be asked over http there.
    pub sso_allow_private: bool,
    /// How long files of exports are kept if nobody says, days.
    pub export_keep_days: u32,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            metrics_public: false,
            proofs_public: false,
            public_url: None,
            trusted_proxies: Vec::new(),
            session_life_ms: 0,
            sso_allow_private: false,
            export_keep_days: KEEP_DAYS_DEFAULT,
        }
    }
}

impl ServerOptions {
    /// Whether browsers come by https, so that the session's cookie must not go over anything else.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Where passkeys are good, as somebody asks who names `headers`' host.
    pub fn passkey_site(&self, headers: &HeaderMap) -> Result<PasskeySite, NoPasskeys> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        PasskeySite::new(self.public_url.as_deref(), host)
    }
}

/// The shared state.
pub struct AppState {
    /// Recording and finding.
    pub engine: Arc<Engine>,
    /// Keys and people.
    pub auth: Auth,
    /// Checks and canonicalises events.
    pub preparer: Preparer,
    /// The clock everything runs by.
    pub clock: Arc<dyn Clock>,
    /// Settings.
    pub options: ServerOptions,
    /// Counters of the HTTP surface.
    pub metrics: Metrics,
    /// Files of events, made in the background.
    pub exports: Arc<Exports>,
    /// Exports that are made again and again.
    pub schedules: Arc<Schedules>,
    /// Events that are sent on to other systems.
    pub streams: Arc<Streams>,
    /// What was sent of them since the start.
    pub stream_attempts: Attempts,
    /// Asks providers of single sign-on.
    pub oidc: Oidc,
    /// What people read lately, so that the same again is not recorded again.
    pub reads: RecentReads,
    random: Arc<dyn Random>,
    searches: Arc<Semaphore>,
    preparations: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    bodies: Semaphore,
    tails: Arc<Semaphore>,
    packs: Arc<Semaphore>,
    stream_tests: Semaphore,
    stopping: CancellationToken,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("options", &self.options).finish_non_exhaustive()
    }
}

impl AppState {
    /// Puts the parts together.
    pub fn new(
        engine: Arc<Engine>,
        exports: Arc<Exports>,
        schedules: Arc<Schedules>,
        streams: Arc<Streams>,
        auth: Auth,
        preparer: Preparer,
        random: Arc<dyn Random>,
        options: ServerOptions,
        metrics: Metrics,
    ) -> Result<Arc<Self>, OutboundError> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let clock = Arc::clone(engine.clock());
        let allow_private = options.sso_allow_private;
        let plain = if allow_private { Plain::Private } else { Plain::Never };
        let oidc = Oidc::new(
            Outbound::new(OutboundOptions { allow_private, plain, ..OutboundOptions::default() })?,
            Arc::clone(&clock),
        );
        Ok(Arc::new(Self {
            oidc,
            exports,
            schedules,
            streams,
            stream_attempts: Attempts::default(),
            engine,
            auth,
            preparer,
            clock,
            options,
            metrics,
            reads: RecentReads::default(),
            random,
            searches: Arc::new(Semaphore::new(cores * SEARCHES_A_CORE)),
            preparations: Arc::new(Semaphore::new(cores * PREPARATIONS_A_CORE)),
            waiting: Arc::default(),
            bodies: Semaphore::new(BODIES_BYTES_MAX / BODY_PERMIT_BYTES),
            tails: Arc::new(Semaphore::new(TAILS_MAX)),
            packs: Arc::new(Semaphore::new(PACKS_MAX)),
            stream_tests: Semaphore::new(STREAM_TESTS_MAX),
            stopping: CancellationToken::new(),
        }))
    }

    /// A new request id: `req_` and 32 hexadecimal digits.
    pub fn new_request_id(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        format!("req_{:032x}", u128::from_be_bytes(bytes))
    }

    /// Where random bytes come from.
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// When a search that starts now has to answer.
    pub fn search_deadline() -> Deadline {
        Deadline(Instant::now() + SEARCH_TIME_MAX)
    }

    /// Cancelled when the server stops: whatever runs for long ends then.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// A place among the live tails, held for as long as the tail runs.
    pub fn tail_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.tails).try_acquire_owned().map_err(|_| {
            let detail =
                format!("{TAILS_MAX} live tails are open, which is as many as there may be; try again later");
            ApiError::new(ErrorCode::Overloaded, detail)
        })
    }

    /// A place among the evidence packs, held until the pack has been sent.
    pub fn pack_place(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.packs).try_acquire_owned().map_err(|_| {
            let detail = format!(
                "{PACKS_MAX} evidence packs are being made, which is as many as there may be; try again later"
            );
            ApiError::new(ErrorCode::Overloaded, detail)
        })
    }

    /// A place among the tests of destinations, held until there is an answer.
    pub fn stream_test_place(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.stream_tests.try_acquire().map_err(|_| {
            let detail = format!(
                "{STREAM_TESTS_MAX} destinations are being tried, which is as many as there may be; try again later"
            );
            ApiError::new(ErrorCode::Overloaded, detail)
        })
    }

    /// Room in memory for a body of this many bytes, held until the body has been read.
    pub async fn body_room(&self, bytes: usize) -> Result<SemaphorePermit<'_>, ApiError> {
        let permits = bytes.clamp(1, BODIES_BYTES_MAX).div_ceil(BODY_PERMIT_BYTES) as u32;
        match tokio::time::timeout(BODY_ROOM_WAIT_MAX, self.bodies.acquire_many(permits)).await {
            Ok(permit) => permit.map_err(ApiError::internal),
            Err(_) => Err(ApiError::new(
                ErrorCode::Overloaded,
                "too many large bodies are arriving at once; nothing of this call was stored; send it again shortly",
            )),
        }
    }

    /// Runs a blocking read of the engine on a thread of its own, with a bound on how many run and wait.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Engine) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let waiting = Waiting::join(&self.waiting);
        if waiting.before >= SEARCHES_WAITING_MAX {
            return Err(ApiError::new(
                ErrorCode::Overloaded,
                "too many searches are waiting; try again shortly",
            ));
        }
        self.read_in_turn(move |engine| {
            let _waiting = waiting;
            f(engine)
        })
        .await
    }

    /// [`Self::read`] for readers whose number is bounded elsewhere: waits for as long as it takes.
    pub async fn read_in_turn<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Engine) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let engine = Arc::clone(&self.engine);
        Ok(in_turn(&self.searches, move || f(&engine)).await??)
    }

    /// Runs work that keeps a core busy for a while (decompressing, preparing) off the async threads, so that
    /// a large call does not hold up small ones.
    pub async fn compute<T: Send + 'static>(
        self: &Arc<Self>,
        f: impl FnOnce(&Self) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let state = Arc::clone(self);
        in_turn(&self.preparations, move || f(&state)).await
    }
}

/// Runs work on a thread of its own when it is its turn. It has the turn until it is done, whether its request still
/// waits for it or was dropped: a thread cannot be stopped.
async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let turn = Arc::clone(turns).acquire_owned().await.map_err(ApiError::internal)?;
    let work = move || {
        let _turn = turn;
        f()
    };
    tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)
}

/// A search in the count of those that run or wait; leaves it also when its request is dropped before its turn.
struct Waiting {
    count: Arc<AtomicUsize>,
    before: usize,
}

impl Waiting {
    fn join(count: &Arc<AtomicUsize>) -> Self {
        Self { count: Arc::clone(count), before: count.fetch_add(1, Ordering::AcqRel) }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn work_keeps_its_turn_when_its_request_is_dropped() {
        let turns = Arc::new(Semaphore::new(1));
        let (finish, finished) = mpsc::channel::<()>();
        let work = in_turn(&turns, move || finished.recv());
        assert!(work.now_or_never().is_none(), "polled once and dropped");
        assert_eq!(turns.available_permits(), 0);
        drop(finish);
        let _turn = turns.acquire().await.unwrap();
    }
}
