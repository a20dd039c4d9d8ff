//! A running engine in a temporary directory, with small limits so that little data makes many segments.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tallystick_catalog::{Catalog, CatalogUrl, NewOrganization};
use tallystick_engine::{Appended, Engine, Options, Recovered};
use tallystick_event::{Clock, Limits, OrgId, PrepareContext, Prepared, Preparer, Random};
use tallystick_testkit::{FixedClock, SeededRandom};

pub(crate) struct Harness {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) random: Arc<SeededRandom>,
    pub(crate) preparer: Preparer,
    pub(crate) engine: Arc<Engine>,
    pub(crate) recovered: Recovered,
    pub(crate) tail_events_max: u32,
}

impl Harness {
    pub(crate) async fn new(tail_events_max: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::default());
        let random = Arc::new(SeededRandom::new(1));
        let (engine, recovered) = open(&dir, tail_events_max, &clock, &random).await;
        let preparer = Preparer::new(
            Limits::default(),
            &tallystick_event::MaskRules::default(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&random) as Arc<dyn Random>,
        );
        Self { dir, clock, random, preparer, engine, recovered, tail_events_max }
    }

    /// Stops the engine and starts it again on the same directory.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        let (engine, recovered) = open(&self.dir, self.tail_events_max, &self.clock, &self.random).await;
        self.engine = engine;
        self.recovered = recovered;
    }

    pub(crate) async fn stop(&mut self) {
        let engine = Arc::clone(&self.engine);
        tokio::task::spawn_blocking(move || engine.stop()).await.unwrap();
    }

    pub(crate) async fn create_org(&self, id: &str) -> OrgId {
        let id: OrgId = id.parse().unwrap();
        self.engine.create_organization(NewOrganization { id: Some(id.clone()), name: None }).await.unwrap();
        id
    }

    pub(crate) fn prepare(&self, json: &str) -> Prepared {
        let context = PrepareContext { org: None, source: "key:test", default_idempotency: None };
        self.preparer.prepare(json.as_bytes(), &context).unwrap_or_else(|error| panic!("{error:?}: {json}"))
    }

    pub(crate) async fn append(&self, events: &[String]) -> Vec<Appended> {
        let prepared = events.iter().map(|json| self.prepare(json)).collect();
        self.engine.append(prepared).await.unwrap()
    }

    /// Seals the tail and waits until that, and all compaction it causes, is done.
    pub(crate) async fn seal(&self) {
        let before = self.engine.status();
        if before.tail_events == 0 && before.frozen_tails == 0 {
            return;
        }
        self.engine.seal_now().unwrap();
        self.wait("the seal", |engine| {
            let status = engine.status();
            status.tail_events == 0 && status.frozen_tails == 0
        })
        .await;
    }

    pub(crate) async fn wait(&self, what: &str, done: impl Fn(&Engine) -> bool) {
        let started = Instant::now();
        while !done(&self.engine) {
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "{what} takes too long: {:?}",
                self.engine.status()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn open(
    dir: &tempfile::TempDir,
    tail_events_max: u32,
    clock: &Arc<FixedClock>,
    random: &Arc<SeededRandom>,
) -> (Arc<Engine>, Recovered) {
    let clock: Arc<dyn Clock> = clock.clone();
    let random: Arc<dyn Random> = random.clone();
    let url = CatalogUrl::Sqlite(dir.path().join("catalog.db"));
    let catalog = Catalog::open(&url, Arc::clone(&clock), Arc::clone(&random)).await.unwrap();
    let options = Options { tail_events_max, ..Options::new(dir.path()) };
    Engine::open(options, catalog, clock, random).await.unwrap()
}
