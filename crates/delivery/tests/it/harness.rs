//! An engine in a temporary directory with exports on top, and a host that allows what it is told to.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use tallystick_catalog::{Catalog, CatalogUrl, Export, ExportState, NewExport, NewOrganization};
use tallystick_delivery::{Compression, Exports, ExportsOptions, Format, Host, Spec};
use tallystick_engine::{Engine, Options};
use tallystick_event::{Clock, Limits, MaskRules, OrgId, PrepareContext, Preparer, Random};
use tallystick_testkit::{FixedClock, SeededRandom};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Default)]
pub(crate) struct TestHost {
    /// Whoever stands here may not.
    pub(crate) refused: Mutex<HashSet<String>>,
    pub(crate) ended: Mutex<Vec<(String, ExportState)>>,
    pub(crate) expired: Mutex<Vec<String>>,
}

#[async_trait]
impl Host for TestHost {
    async fn may_run(&self, export: &Export, _: &Spec) -> Result<bool, String> {
        Ok(!self.refused.lock().contains(&export.created_by))
    }

    async fn ended(&self, export: &Export) {
        self.ended.lock().push((export.name.clone(), export.state));
    }

    async fn expired(&self, export: &Export) {
        self.expired.lock().push(export.name.clone());
    }
}

pub(crate) struct Harness {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) host: Arc<TestHost>,
    preparer: Preparer,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Harness {
    /// Small tails make many segments; checkpoints come after each page.
    pub(crate) async fn new(change: impl FnOnce(&mut ExportsOptions)) -> Self {
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
        let mut options = ExportsOptions::new(dir.path().join("exports"));
        options.reserve_bytes = 0;
        change(&mut options);
        let exports = Exports::open(Arc::clone(&engine), options).unwrap();
        let host = Arc::default();
        Self { dir, clock, engine, exports, host, preparer, stop: CancellationToken::new(), running: None }
    }

    pub(crate) async fn org(&self, id: &str) -> OrgId {
        let id: OrgId = id.parse().unwrap();
        let new = NewOrganization { id: Some(id.clone()), name: None };
        self.engine.create_organization(new).await.unwrap();
        id
    }

    pub(crate) async fn append(&self, events: &[String]) {
        let context = PrepareContext { org: None, source: "key:test", default_idempotency: None };
        let prepare = |json: &String| self.preparer.prepare(json.as_bytes(), &context).unwrap();
        for part in events.chunks(500) {
            self.engine.append(part.iter().map(prepare).collect()).await.unwrap();
        }
    }

    /// Begins to run exports.
    pub(crate) fn start(&mut self) {
        self.stop = CancellationToken::new();
        let host: Arc<dyn Host> = self.host.clone();
        self.running = Some(tokio::spawn(Arc::clone(&self.exports).run(host, self.stop.clone())));
    }

    /// Stops running them, in order.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    pub(crate) async fn ask(&self, org: &OrgId, name: &str, query: &str, spec: &Spec) -> Export {
        let new = NewExport {
            org: org.clone(),
            name: name.into(),
            query: query.into(),
            format: spec.format.to_string(),
            spec: spec.to_text(),
            end_seq: self.engine.log_size(org).unwrap(),
            created_by: "usr_ana".into(),
            created_by_name: "Ana".into(),
            keep_ms: 1_000,
        };
        self.exports.create(new).await.unwrap()
    }

    pub(crate) async fn until(&self, export: &Export, done: impl Fn(&Export) -> bool) -> Export {
        let started = Instant::now();
        loop {
            let now = self.exports.get(&export.id).await.unwrap();
            if done(&now) {
                return now;
            }
            assert!(started.elapsed() < PATIENCE, "it takes too long: {now:?}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub(crate) async fn ended(&self, export: &Export) -> Export {
        self.until(export, |now| !now.state.is_active()).await
    }

    pub(crate) fn bytes(&self, export: &Export) -> Vec<u8> {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        self.exports.files().open(export).unwrap().file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn file_names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.dir.path().join("exports")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.stop.cancel();
        let engine = Arc::clone(&self.engine);
        std::thread::spawn(move || engine.stop());
    }
}

pub(crate) fn spec(format: Format) -> Spec {
    Spec {
        format,
        from_us: None,
        to_us: None,
        ascending: false,
        columns: None,
        time_zone: None,
        compression: Compression::None,
        formula_guard: false,
        now_us: tallystick_testkit::NOW_MS * 1_000,
        me: None,
        by_sso: false,
        schedule: None,
    }
}
