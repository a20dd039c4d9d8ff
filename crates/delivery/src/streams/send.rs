//! What a stream's task has at hand: its destination, its plan, the catalog; sending, and waiting where that is wise.

use std::{sync::Arc, time::Duration};

use tallystick_catalog::{
    Catalog, CatalogError, Stepped, StreamFault, StreamHealthChange, StreamState, StreamStep,
};
use tallystick_destination::{Answer, Destination, Outcome, limits::CALL_TIME_MAX};
use tallystick_engine::{Engine, ReadError};
use tallystick_event::{OrgId, Random};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::{
    backoff,
    hold::Hold,
    host::{Happening, Host, Seals},
    limits::CATALOG_PAUSE,
    mask::MaskMethod,
    plan::Plan,
    reader::{Reader, Scan},
    view::Progress,
};

/// Why a lane does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// Everything stops.
    Stopped,
    /// Somebody has changed the stream: a new task begins.
    Stale,
    /// The other side wants nothing any more.
    Gone,
    /// The log cannot be read.
    Unreadable(ReadError),
}

/// How long a stream is left alone that has failed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pause {
    /// It may pass by itself; perhaps the other side has said when.
    Retry(Option<Duration>),
    /// Somebody has to mend it.
    Mend,
    /// It is not tried again.
    Never,
}

/// What a stream's task has at hand.
pub(crate) struct Work {
    pub(crate) engine: Arc<Engine>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) destination: Box<dyn Destination>,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) seals: Arc<dyn Seals>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) reading: Arc<Semaphore>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) hold: Hold,
    pub(crate) stop: CancellationToken,
}

impl Work {
    pub(crate) fn catalog(&self) -> &Catalog {
        self.engine.catalog()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.engine.clock().now_ms()
    }

    /// Waits until a time; an error if everything stops.
    pub(crate) async fn wait_until(&self, at_ms: i64) -> Result<(), Halt> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Halt::Stopped),
            () = self.host.sleep_until(at_ms) => Ok(()),
        }
    }

    /// Waits as long as the stream is left alone.
    pub(crate) async fn wait_for_turn(&self) -> Result<(), Halt> {
        loop {
            let until = self.hold.until_ms();
            if until <= self.now_ms() {
                return if self.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) };
            }
            self.wait_until(until).await?;
        }
    }

    /// One exchange, with when it was begun and how long it took.
    pub(crate) async fn exchange(&self, batch: &mut tallystick_destination::Batch) -> (Answer, i64, i64) {
        let started_ms = self.now_ms();
        batch.now_ms = started_ms;
        // A destination keeps to its time by itself; this is for one that does not.
        let answer = match tokio::time::timeout(CALL_TIME_MAX * 2, self.destination.send(batch)).await {
            Ok(answer) => answer,
            Err(_) => Answer {
                detail: "there was no answer in time".to_owned(),
                ..Answer::plain(Outcome::Retry { after: None })
            },
        };
        (answer, started_ms, (self.now_ms() - started_ms).max(0))
    }

    /// Runs a read off the async threads, few at a time.
    pub(crate) async fn read(
        &self,
        org: &OrgId,
        key: &Arc<[u8]>,
        read: impl FnOnce(&Reader<'_>) -> Result<Scan, ReadError> + Send + 'static,
    ) -> Result<Scan, ReadError> {
        let permit = Arc::clone(&self.reading).acquire_owned().await.expect("nobody closes it");
        let (engine, plan) = (Arc::clone(&self.engine), Arc::clone(&self.plan));
        let (org, key, now_ms) = (org.clone(), Arc::clone(key), self.now_ms());
        let run = move || {
            let _permit = permit;
            read(&Reader { engine: &engine, plan: &plan, org: &org, key: &key, now_ms })
        };
        let panicked =
            |_| Err(ReadError::Corrupt("reading the log has failed because of a fault of ours".to_owned()));
        tokio::task::spawn_blocking(run).await.unwrap_or_else(panicked)
    }

    /// The key for hashes of an organization's values; empty if the stream hashes none.
    pub(crate) async fn mask_key(&self, org: &OrgId) -> Result<Arc<[u8]>, Halt> {
        if self.plan.mask.is_empty() || self.plan.mask.method != MaskMethod::Hash {
            return Ok(Arc::default());
        }
        let mut proposed = [0; 32];
        self.random.fill(&mut proposed);
        let whose = format!("mask:{org}");
        let sealed = self.seals.seal(&whose, &proposed);
        let sealed = self.insist(|| self.catalog().init_mask_key(org, &sealed)).await?;
        self.seals.open(&whose, &sealed).map(Arc::from).ok_or_else(|| {
            let why = "the key for masked values is sealed with another keys/seal.key";
            Halt::Unreadable(ReadError::Unavailable(why.to_owned()))
        })
    }

    /// Asks the catalog until it answers.
    pub(crate) async fn insist<T, F: Future<Output = Result<T, CatalogError>>>(
        &self,
        ask: impl Fn() -> F,
    ) -> Result<T, Halt> {
        loop {
            match ask().await {
                Ok(answer) => return Ok(answer),
                Err(CatalogError::NotFound { .. }) => return Err(Halt::Stale),
                Err(error) => {
                    let stream = &self.plan.stream.id;
                    tracing::warn!(%stream, %error, "a stream waits for the catalog");
                    if tokio::time::timeout(CATALOG_PAUSE, self.stop.cancelled()).await.is_ok() {
                        return Err(Halt::Stopped);
                    }
                }
            }
        }
    }

    /// Makes a step durable. If there is no room for its dead letters, it waits until there is.
    pub(crate) async fn step(&self, step: &StreamStep<'_>) -> Result<(), Halt> {
        loop {
            match self.insist(|| self.catalog().advance_stream(step)).await? {
                Stepped::Done => break,
                Stepped::Stale => return Err(Halt::Stale),
                Stepped::Full => {
                    let detail =
                        "there is no room for more dead letters: have some sent again first".to_owned();
                    let fault = self.fault("dead_letters_full", None, detail);
                    self.failed(StreamState::Error, fault, Pause::Mend).await?;
                    self.wait_for_turn().await?;
                }
            }
        }
        if let Some(tried) = &step.attempt {
            self.host.tried(&self.plan.stream, tried);
        }
        if step.health == Some(StreamHealthChange::Well)
            && let Some(happening) = self.hold.well()
        {
            self.tell(&happening).await;
        }
        self.progress.moved(&self.plan.stream.id, step.org, step.next_seq);
        Ok(())
    }

    /// Notes outside of a step that something has failed.
    pub(crate) async fn failed(
        &self,
        state: StreamState,
        fault: StreamFault,
        pause: Pause,
    ) -> Result<(), Halt> {
        let change = self.failure(state, fault, pause).await;
        let (id, generation) = (&self.plan.stream.id, self.plan.stream.generation);
        if self.insist(|| self.catalog().note_stream_health(id, generation, &change)).await? {
            self.progress.changed();
            return Ok(());
        }
        Err(Halt::Stale)
    }

    /// Holds the stream; what the catalog is told.
    pub(crate) async fn failure(
        &self,
        state: StreamState,
        fault: StreamFault,
        pause: Pause,
    ) -> StreamHealthChange {
        let now = self.now_ms();
        let failures = self.hold.fail(now);
        let wait_ms = match pause {
            Pause::Retry(after) => Some(backoff::retry_ms(failures, after, &*self.random)),
            Pause::Mend => Some(backoff::mend_ms(failures, &*self.random)),
            Pause::Never => None,
        };
        let next_attempt_ms = wait_ms.map(|wait| now.saturating_add(wait));
        if let Some(happening) = self.hold.hold(state, &fault, next_attempt_ms.unwrap_or(i64::MAX)) {
            self.tell(&happening).await;
        }
        StreamHealthChange::Failed { state, fault, failures, next_attempt_ms }
    }

    pub(crate) fn fault(&self, code: &str, status: Option<u16>, detail: String) -> StreamFault {
        StreamFault { code: code.to_owned(), status, detail, at_ms: self.now_ms() }
    }

    pub(crate) async fn tell(&self, happening: &Happening) {
        self.host.happened(&self.plan.stream, happening).await;
    }
}
