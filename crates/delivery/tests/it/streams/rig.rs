//! An engine in a temporary directory with streams on top, a destination that answers as it is told, and a clock that
//! moves on when somebody waits for it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::json;
use tallystick_catalog::{Catalog, CatalogUrl, DeadLetter, NewOrganization, Stream, StreamId};
use tallystick_delivery::streams::{
    Happening, Host, Mask, Seals, Start, StreamDraft, StreamView, Streams, StreamsOptions,
};
use tallystick_destination::{
    Answer, BadSettings, Batch, Destination, Field, FieldKind, Kind, Once, Outcome, Settings, Shape,
    Surroundings,
};
use tallystick_engine::{Engine, Options};
use tallystick_event::{Clock, Limits, MaskRules, OrgId, PrepareContext, Preparer, Random};
use tallystick_testkit::{FixedClock, SeededRandom};
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);
/// Events of a batch of the kind `scripted`.
pub(crate) const BATCH: usize = 10;

/// Answers to a batch.
pub(crate) type Say = Box<dyn FnMut(&Batch) -> Answer + Send>;

/// What the other side does, and what it has seen.
pub(crate) struct Script {
    /// The next answers; then `otherwise`.
    pub(crate) next: Mutex<VecDeque<Answer>>,
    pub(crate) otherwise: Mutex<Say>,
    pub(crate) seen: Mutex<Vec<Batch>>,
    /// Sends wait for a permit.
    pub(crate) gate: Semaphore,
}

impl Script {
    pub(crate) fn answer(&self, outcomes: impl IntoIterator<Item = Outcome>) {
        self.next.lock().extend(outcomes.into_iter().map(answer));
    }

    pub(crate) fn always(&self, say: impl FnMut(&Batch) -> Answer + Send + 'static) {
        *self.otherwise.lock() = Box::new(say);
    }

    /// Seqs of the batches that were seen.
    pub(crate) fn seqs(&self) -> Vec<Vec<u64>> {
        let seqs = |batch: &Batch| batch.records.iter().map(|record| record.seq).collect();
        self.seen.lock().iter().map(seqs).collect()
    }

    pub(crate) fn ids(&self) -> Vec<String> {
        self.seen.lock().iter().map(|batch| batch.id.to_string()).collect()
    }
}

pub(crate) fn answer(outcome: Outcome) -> Answer {
    let status = match &outcome {
        Outcome::Delivered | Outcome::Partial { .. } => 200,
        Outcome::Retry { .. } => 503,
        Outcome::Split => 413,
        Outcome::Misconfigured => 401,
        Outcome::Refused => 400,
        Outcome::Gone => 410,
    };
    Answer { status: Some(status), detail: format!("{outcome:?}"), sent_bytes: 7, outcome }
}

static SCRIPTS: LazyLock<Mutex<HashMap<String, Arc<Script>>>> = LazyLock::new(Mutex::default);
static NUMBER: AtomicU64 = AtomicU64::new(0);

struct Scripted(Arc<Script>);

#[async_trait]
impl Destination for Scripted {
    async fn send(&self, batch: &Batch) -> Answer {
        self.0.seen.lock().push(batch.clone());
        self.0.gate.acquire().await.unwrap().forget();
        self.0.gate.add_permits(1);
        if let Some(answer) = self.0.next.lock().pop_front() {
            return answer;
        }
        self.0.otherwise.lock()(batch)
    }

    async fn check(&self) -> Option<Answer> {
        None
    }
}

fn open(settings: &Settings, _: &Surroundings) -> Result<Box<dyn Destination>, BadSettings> {
    let script = SCRIPTS.lock().get(settings.required("url")?).cloned();
    let script = script.ok_or_else(|| BadSettings::new("url", "there is no such script"))?;
    if settings.text("token") == Some("impossible") {
        return Err(BadSettings::new("token", "is impossible"));
    }
    Ok(Box::new(Scripted(script)))
}

const fn field(name: &'static str, kind: FieldKind, is_required: bool) -> Field {
    Field { name, title: name, help: "", kind, is_required, default: "", example: "" }
}

const fn kind(name: &'static str, shape: Shape) -> Kind {
    const FIELDS: &[Field] = &[field("url", FieldKind::Url, true), field("token", FieldKind::Secret, false)];
    Kind { name, title: name, summary: "", fields: FIELDS, formats: &[], shape, once: Once::AtLeast, open }
}

const SHAPE: Shape =
    Shape { events_max: BATCH, bytes_max: 1 << 20, linger: Duration::ZERO, is_by_hour: false };
pub(crate) static KINDS: &[&Kind] = &[
    &kind("scripted", SHAPE),
    &kind("patient", Shape { linger: Duration::from_secs(30), ..SHAPE }),
    &kind("hourly", Shape { linger: Duration::from_hours(9), is_by_hour: true, ..SHAPE }),
    &kind("narrow", Shape { events_max: 1_000, bytes_max: 2_000, ..SHAPE }),
];

/// Moves its clock on when somebody waits, unless it is told to stand still.
pub(crate) struct TestHost {
    clock: Arc<FixedClock>,
    pub(crate) stands_still: AtomicBool,
    pub(crate) waits: Mutex<Vec<i64>>,
    pub(crate) happened: Mutex<Vec<Happening>>,
}

#[async_trait]
impl Host for TestHost {
    async fn happened(&self, _: &Stream, happening: &Happening) {
        self.happened.lock().push(happening.clone());
    }

    async fn sleep_until(&self, at_ms: i64) {
        let wait = at_ms.saturating_sub(self.clock.now_ms());
        if wait > 0 && at_ms != i64::MAX {
            self.waits.lock().push(wait);
        }
        while self.clock.now_ms() < at_ms {
            // So that others may do something else first.
            tokio::time::sleep(Duration::from_millis(1)).await;
            if at_ms != i64::MAX && !self.stands_still.load(Ordering::SeqCst) && self.clock.now_ms() < at_ms {
                self.clock.set(at_ms);
            }
        }
    }
}

struct Plain;

impl Seals for Plain {
    fn seal(&self, whose: &str, secret: &[u8]) -> Vec<u8> {
        [whose.as_bytes(), b"|", secret].concat()
    }

    fn open(&self, whose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        sealed.strip_prefix([whose.as_bytes(), b"|"].concat().as_slice()).map(<[u8]>::to_vec)
    }
}

pub(crate) struct Rig {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) host: Arc<TestHost>,
    preparer: Preparer,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Rig {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::default());
        let random = Arc::new(SeededRandom::new(1));
        let (shared, dice): (Arc<dyn Clock>, Arc<dyn Random>) = (clock.clone(), random.clone());
        let url = CatalogUrl::Sqlite(dir.path().join("catalog.db"));
        let catalog = Catalog::open(&url, Arc::clone(&shared), Arc::clone(&dice)).await.unwrap();
        let options = Options { tail_events_max: 300, ..Options::new(dir.path()) };
        let (engine, _) =
            Engine::open(options, catalog, Arc::clone(&shared), Arc::clone(&dice)).await.unwrap();
        let preparer = Preparer::new(Limits::default(), &MaskRules::default(), shared, dice);
        let host = Arc::new(TestHost {
            clock: Arc::clone(&clock),
            stands_still: AtomicBool::new(false),
            waits: Mutex::default(),
            happened: Mutex::default(),
        });
        let streams = streams(&engine);
        Self { dir, clock, engine, streams, host, preparer, stop: CancellationToken::new(), running: None }
    }

    pub(crate) async fn org(&self, id: &str) -> OrgId {
        let id: OrgId = id.parse().unwrap();
        let new = NewOrganization { id: Some(id.clone()), name: None };
        self.engine.create_organization(new).await.unwrap();
        id
    }

    /// Appends events with the numbers in their metadata.
    pub(crate) async fn append(&self, org: &OrgId, numbers: std::ops::Range<usize>) {
        let one = |number: usize| {
            let action = if number.is_multiple_of(3) { "user.created" } else { "user.read" };
            json!({ "org": org.as_str(), "action": action, "occurred_at": "2026-11-20T08:00:00.000Z",
                "actor": { "type": "user", "id": "u_1", "email": "ana@acme.example" },
                "metadata": { "number": number } })
            .to_string()
        };
        let context = PrepareContext { org: None, source: "key:test", default_idempotency: None };
        let prepared: Vec<_> =
            numbers.map(one).map(|json| self.preparer.prepare(json.as_bytes(), &context).unwrap()).collect();
        for part in prepared.chunks(500) {
            self.engine.append(part.to_vec()).await.unwrap();
        }
    }

    /// A stream with a script of its own, which delivers everything unless it is told otherwise.
    pub(crate) async fn stream(
        &self,
        org: Option<&OrgId>,
        change: impl FnOnce(&mut StreamDraft),
    ) -> (Stream, Arc<Script>) {
        let (draft, script) = draft(org, change);
        (self.streams.create(draft).await.unwrap(), script)
    }

    pub(crate) fn start(&mut self) {
        self.stop = CancellationToken::new();
        let host: Arc<dyn Host> = self.host.clone();
        self.running = Some(tokio::spawn(Arc::clone(&self.streams).run(host, self.stop.clone())));
    }

    /// Stops in order.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    /// Ends all tasks wherever they are, and forgets all that is not durable.
    pub(crate) async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.abort();
            let _ = running.await;
        }
        self.streams = streams(&self.engine);
    }

    pub(crate) async fn until(&self, id: &StreamId, done: impl Fn(&StreamView) -> bool) -> StreamView {
        let started = Instant::now();
        loop {
            let view = self.streams.get(id).await.unwrap();
            if done(&view) {
                return view;
            }
            assert!(started.elapsed() < PATIENCE, "it takes too long: {view:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until all of the logs was looked at and nothing is on its way.
    pub(crate) async fn settled(&self, stream: &Stream) -> StreamView {
        self.until(&stream.id, is_settled).await
    }

    pub(crate) async fn eventually(&self, what: &str, done: impl Fn() -> bool) {
        let started = Instant::now();
        while !done() {
            assert!(started.elapsed() < PATIENCE, "it takes too long: {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn letters(&self, stream: &Stream) -> Vec<DeadLetter> {
        let mut all = self.engine.catalog().dead_letters(&stream.id, None, 1_000).await.unwrap();
        all.sort_by_key(|letter| letter.letter.seq);
        all
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
        let engine = Arc::clone(&self.engine);
        std::thread::spawn(move || engine.stop());
    }
}

/// All of the logs was looked at and nothing is on its way.
pub(crate) fn is_settled(view: &StreamView) -> bool {
    view.lag_events == 0
        && view.cursors.iter().all(|one| one.in_flight.is_none() && one.next_seq == one.log_size)
}

fn streams(engine: &Arc<Engine>) -> Arc<Streams> {
    let options = StreamsOptions::new("Tallystick", "0.1.0");
    Streams::open(Arc::clone(engine), options, KINDS, Arc::new(Plain), Arc::new(SeededRandom::new(3)))
}

/// What a stream with a script of its own is to be.
pub(crate) fn draft(
    org: Option<&OrgId>,
    change: impl FnOnce(&mut StreamDraft),
) -> (StreamDraft, Arc<Script>) {
    let url = format!("https://{}.example", NUMBER.fetch_add(1, Ordering::SeqCst));
    let script = Arc::new(Script {
        next: Mutex::default(),
        otherwise: Mutex::new(Box::new(|_| answer(Outcome::Delivered))),
        seen: Mutex::default(),
        gate: Semaphore::new(1),
    });
    SCRIPTS.lock().insert(url.clone(), Arc::clone(&script));
    let mut draft = StreamDraft {
        org: org.cloned(),
        name: "to the SIEM".into(),
        kind: "scripted".into(),
        settings: json!({ "url": url, "token": "s3cret" }).as_object().unwrap().clone(),
        format: None,
        query: String::new(),
        mask: Mask::default(),
        start: Start::Beginning,
        is_paused: false,
        created_by: "usr_ana".into(),
        created_by_name: "Ana".into(),
    };
    change(&mut draft);
    (draft, script)
}

pub(crate) fn is_flat_order(batches: &[Vec<u64>], expected: impl Iterator<Item = u64>) {
    let flat: Vec<u64> = batches.iter().flatten().copied().collect();
    assert_eq!(flat, expected.collect::<Vec<u64>>());
}

impl Rig {
    pub(crate) fn clock_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Puts all that is there into segments.
    pub(crate) async fn seal(&self) {
        self.engine.seal_now().unwrap();
        self.eventually("a segment", || self.engine.status().segments.len() == 1).await;
    }

    /// Overwrites the middle of all segments, where events are.
    pub(crate) fn damage_segments(&self) {
        use std::os::unix::fs::FileExt as _;
        for entry in std::fs::read_dir(self.dir.path().join("segments")).unwrap() {
            let file = std::fs::OpenOptions::new().write(true).open(entry.unwrap().path()).unwrap();
            let size = file.metadata().unwrap().len();
            let (from, to) = (size / 8, size / 2);
            file.write_all_at(&vec![0x5a; (to - from) as usize], from).unwrap();
        }
    }
}
