//! All streams of one server: a task for each that sends.

use std::{collections::HashMap, sync::Arc};

use tallystick_catalog::{Catalog, Stream, StreamFault, StreamId, StreamState, StreamsOf};
use tallystick_destination::{Destination, Kind, Surroundings};
use tallystick_engine::Engine;
use tallystick_event::Random;
use tallystick_outbound::OutboundOptions;
use tokio::sync::{Notify, Semaphore};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    backoff,
    error::StreamsError,
    hold::Hold,
    host::{Host, Seals},
    limits::{LOOK_INTERVAL, READING_MAX_DEFAULT},
    plan::{Plan, settings_of},
    send::Work,
    view::Progress,
    worker::Worker,
};

/// How streams are run.
#[derive(Debug, Clone)]
pub struct StreamsOptions {
    /// Reads of logs at the same time, of all streams; at least 1.
    pub reading_max: usize,
    /// Whom destinations may ask.
    pub outbound: OutboundOptions,
    /// The product's name, as other systems see it.
    pub product: String,
    /// The product's version.
    pub version: String,
}

impl StreamsOptions {
    /// The defaults.
    pub fn new(product: &str, version: &str) -> Self {
        Self {
            reading_max: READING_MAX_DEFAULT,
            outbound: OutboundOptions::default(),
            product: product.to_owned(),
            version: version.to_owned(),
        }
    }
}

/// The streams of one server.
pub struct Streams {
    pub(crate) engine: Arc<Engine>,
    pub(crate) options: StreamsOptions,
    kinds: Vec<&'static Kind>,
    pub(crate) seals: Arc<dyn Seals>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) progress: Arc<Progress>,
    reading: Arc<Semaphore>,
    wake: Notify,
    replays: parking_lot::Mutex<HashMap<StreamId, Arc<Notify>>>,
}

impl std::fmt::Debug for Streams {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streams").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A stream's task.
struct Running {
    generation: u64,
    stop: CancellationToken,
    /// With the runner its tasks end, and what they have on its way.
    task: AbortOnDropHandle<()>,
}

impl Streams {
    /// Streams over an engine, to kinds of destinations: [`tallystick_destination::kinds`].
    pub fn open(
        engine: Arc<Engine>,
        options: StreamsOptions,
        kinds: &[&'static Kind],
        seals: Arc<dyn Seals>,
        random: Arc<dyn Random>,
    ) -> Arc<Self> {
        Arc::new(Self {
            reading: Arc::new(Semaphore::new(options.reading_max.max(1))),
            engine,
            options,
            kinds: kinds.to_vec(),
            seals,
            random,
            progress: Arc::default(),
            wake: Notify::new(),
            replays: parking_lot::Mutex::default(),
        })
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.engine.catalog()
    }

    /// What streams can send to, in the order in which it is offered.
    pub fn kinds(&self) -> &[&'static Kind] {
        &self.kinds
    }

    pub(crate) fn kind(&self, name: &str) -> Result<&'static Kind, StreamsError> {
        let found = self.kinds.iter().copied().find(|kind| kind.name == name);
        found.ok_or_else(|| StreamsError::UnknownKind(name.to_owned()))
    }

    /// Somebody has changed a stream.
    pub(crate) fn changed(&self) {
        self.wake.notify_one();
        self.progress.changed();
    }

    /// Somebody wants dead letters of a stream to be sent again.
    pub(crate) fn wants_replay(&self, id: &StreamId) {
        self.replay_bell(id).notify_one();
    }

    fn replay_bell(&self, id: &StreamId) -> Arc<Notify> {
        Arc::clone(self.replays.lock().entry(id.clone()).or_default())
    }

    /// Runs streams until `stop`. What is on its way then goes out again at the next start, under the same identity.
    pub async fn run(self: Arc<Self>, host: Arc<dyn Host>, stop: CancellationToken) {
        let mut running: HashMap<StreamId, Running> = HashMap::new();
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        loop {
            match self.catalog().list_streams(StreamsOf::Everybody).await {
                Ok(streams) => self.tend(streams, &mut running, &host, &stop).await,
                Err(error) => tracing::warn!(%error, "streams cannot be looked for at present"),
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                _ = look.tick() => {}
            }
        }
        for one in running.into_values() {
            let _ = one.task.await;
        }
    }

    /// Ends tasks of streams that are not what they were, and begins those that there should be.
    async fn tend(
        self: &Arc<Self>,
        streams: Vec<Stream>,
        running: &mut HashMap<StreamId, Running>,
        host: &Arc<dyn Host>,
        stop: &CancellationToken,
    ) {
        let wanted: HashMap<StreamId, Stream> = streams
            .into_iter()
            .filter(|stream| stream.state.is_running())
            .map(|stream| (stream.id.clone(), stream))
            .collect();
        let is_over = |id: &StreamId, one: &Running| {
            one.task.is_finished() || wanted.get(id).is_none_or(|stream| stream.generation != one.generation)
        };
        let over: Vec<StreamId> =
            running.iter().filter(|(id, one)| is_over(id, one)).map(|(id, _)| id.clone()).collect();
        for id in over {
            if let Some(one) = running.remove(&id) {
                // Nothing of it may be on its way any more when the next one begins.
                one.stop.cancel();
                one.task.abort();
                let _ = one.task.await;
            }
            self.progress.forget(&id);
            if !wanted.contains_key(&id) {
                self.replays.lock().remove(&id);
            }
        }
        for (id, stream) in wanted {
            if running.contains_key(&id) || stop.is_cancelled() {
                continue;
            }
            let (generation, stop) = (stream.generation, stop.child_token());
            let task = tokio::spawn(Arc::clone(self).serve(stream, Arc::clone(host), stop.clone()));
            running.insert(id, Running { generation, stop, task: AbortOnDropHandle::new(task) });
        }
    }

    /// A stream, until it is changed or everything stops.
    async fn serve(self: Arc<Self>, stream: Stream, host: Arc<dyn Host>, stop: CancellationToken) {
        let bell = self.replay_bell(&stream.id);
        let hold = Hold::of(&stream);
        loop {
            let begun = match self.destination(&stream) {
                Ok((plan, destination)) => match self.catalog().stream_cursors(&stream.id).await {
                    Ok(cursors) => Ok((plan, destination, cursors)),
                    Err(error) => Err(StreamsError::from(error)),
                },
                Err(error) => Err(error),
            };
            let (plan, destination, cursors) = match begun {
                Ok(begun) => begun,
                Err(error) => {
                    if self.cannot_begin(&stream, &error, &hold, &*host, &stop).await {
                        continue;
                    }
                    return;
                }
            };
            let work = Work {
                engine: Arc::clone(&self.engine),
                plan: Arc::new(plan),
                destination,
                host,
                seals: Arc::clone(&self.seals),
                random: Arc::clone(&self.random),
                reading: Arc::clone(&self.reading),
                progress: Arc::clone(&self.progress),
                hold: Hold::of(&stream),
                stop,
            };
            if let Err(error) = Worker::new(Arc::new(work), cursors).run(&bell).await {
                // It begins anew when streams are looked at the next time.
                tracing::error!(stream = %stream.id, %error, "a stream's task has failed");
            }
            return;
        }
    }

    /// Notes that a stream cannot even begin, and waits; whether to try again.
    async fn cannot_begin(
        &self,
        stream: &Stream,
        error: &StreamsError,
        hold: &Hold,
        host: &dyn Host,
        stop: &CancellationToken,
    ) -> bool {
        let now = self.engine.clock().now_ms();
        let failures = hold.fail(now);
        let until_ms = now + backoff::mend_ms(failures, &*self.random);
        let code = if matches!(error, StreamsError::Catalog(_)) { "unavailable" } else { "settings" };
        let fault =
            StreamFault { code: code.to_owned(), status: None, detail: error.to_string(), at_ms: now };
        let state = StreamState::Invalid;
        if let Some(happening) = hold.hold(state, &fault, until_ms) {
            host.happened(stream, &happening).await;
        }
        let change = tallystick_catalog::StreamHealthChange::Failed {
            state,
            fault,
            failures,
            next_attempt_ms: Some(until_ms),
        };
        let noted = self.catalog().note_stream_health(&stream.id, stream.generation, &change).await;
        self.progress.changed();
        if matches!(noted, Ok(false)) {
            return false;
        }
        tokio::select! {
            () = stop.cancelled() => false,
            () = host.sleep_until(until_ms) => true,
        }
    }

    /// What a stream does with events, and what it sends to.
    pub(crate) fn destination(&self, stream: &Stream) -> Result<(Plan, Box<dyn Destination>), StreamsError> {
        let kind = self.kind(&stream.kind)?;
        let product = (self.options.product.clone(), self.options.version.clone());
        let plan = Plan::new(stream.clone(), kind, product)?;
        let opened =
            self.seals.open(stream.id.as_str(), &stream.settings_sealed).ok_or(StreamsError::Sealed)?;
        let settings = settings_of(kind, &opened)?;
        let destination = (kind.open)(&settings, &self.surroundings(stream.id.as_str()))?;
        Ok((plan, destination))
    }

    pub(crate) fn surroundings(&self, stream: &str) -> Surroundings {
        Surroundings {
            outbound: self.options.outbound.clone(),
            agent: format!("{}/{}", self.options.product, self.options.version),
            stream: stream.to_owned(),
        }
    }
}
