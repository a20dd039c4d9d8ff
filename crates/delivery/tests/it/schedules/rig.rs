//! Schedules on top of the exports of the harness, with a host that allows what it is told to.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::Value;
use tallystick_catalog::{Covers, ExportId, RunState, Schedule, ScheduleOwner, ScheduleRun};
use tallystick_delivery::{
    Format, Spec,
    mail::MailOptions,
    schedules::{
        Deliveries, EmailTarget, Happening, Host, ScheduleDraft, ScheduleEdit, Schedules, SchedulesOptions,
        StoreEdit, Timing,
    },
    streams::Seals,
};
use tallystick_event::OrgId;
use tallystick_outbound::{OutboundOptions, Plain};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::harness::{Harness, spec};

/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(2);
pub(crate) const DAY_MS: i64 = 86_400_000;

#[derive(Default)]
pub(crate) struct TestHost {
    /// Whoever stands here may not.
    pub(crate) refused: Mutex<HashSet<String>>,
    pub(crate) happened: Mutex<Vec<String>>,
}

#[async_trait]
impl Host for TestHost {
    async fn may_run(&self, schedule: &Schedule, _: bool) -> Result<bool, String> {
        Ok(!self.refused.lock().contains(&schedule.parts.owner.id))
    }

    fn link(&self, export: &ExportId) -> Option<String> {
        Some(format!("https://audit.example/exports/{export}"))
    }

    async fn happened(&self, _: &Schedule, happening: Happening<'_>) {
        let said = match happening {
            Happening::Ran(run) => format!("ran {} {}", run.number, run.why.as_str()),
            Happening::Held(changed) => {
                format!("held {}", changed.after.error.as_ref().map_or("", |error| &error.code))
            }
            Happening::Delivered(run, target) => format!("delivered {} {}", run.number, target.as_str()),
            Happening::DeliveryFailed(run, target, _) => format!("failed {} {}", run.number, target.as_str()),
        };
        self.happened.lock().push(said);
    }
}

/// Seals as children do: it is enough that what is stored is not what was given.
struct Turned;

impl Seals for Turned {
    fn seal(&self, whose: &str, secret: &[u8]) -> Vec<u8> {
        secret.iter().chain(whose.as_bytes()).rev().copied().collect()
    }

    fn open(&self, whose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let turned: Vec<u8> = sealed.iter().rev().copied().collect();
        turned.strip_suffix(whose.as_bytes()).map(<[u8]>::to_vec)
    }
}

pub(crate) struct Rig {
    pub(crate) harness: Harness,
    pub(crate) schedules: Arc<Schedules>,
    pub(crate) host: Arc<TestHost>,
    pub(crate) org: OrgId,
    stop: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Rig {
    pub(crate) async fn new(mail: Option<MailOptions>) -> Self {
        let mut harness = Harness::new(|_| {}).await;
        let org = harness.org("acme").await;
        harness.start();
        let outbound =
            OutboundOptions { allow_private: true, plain: Plain::Private, ..OutboundOptions::default() };
        let options = SchedulesOptions { outbound, mail, ..SchedulesOptions::new("Tallystick", "0.0.0") };
        let (engine, exports) = (Arc::clone(&harness.engine), Arc::clone(&harness.exports));
        let schedules = Schedules::open(engine, exports, options, Arc::new(Turned)).unwrap();
        let host = Arc::default();
        Self { harness, schedules, host, org, stop: CancellationToken::new(), running: None }
    }

    pub(crate) fn start(&mut self) {
        self.stop = CancellationToken::new();
        let host: Arc<dyn Host> = self.host.clone();
        self.running = Some(tokio::spawn(Arc::clone(&self.schedules).run(host, self.stop.clone())));
    }

    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.await.unwrap();
        }
    }

    /// Every day at noon, everything, as NDJSON, the oldest first.
    pub(crate) fn edit() -> ScheduleEdit {
        let timing = Timing {
            repeat: "daily".to_owned(),
            at: Some("12:00".to_owned()),
            weekday: None,
            day: None,
            cron: None,
            time_zone: None,
        };
        ScheduleEdit {
            name: "Daily".to_owned(),
            query: String::new(),
            spec: Spec { ascending: true, ..spec(Format::Ndjson) },
            keep_ms: 30 * DAY_MS,
            timing,
            covers: Covers::Received,
            email: None,
            store: StoreEdit::None,
            owner: ScheduleOwner { id: "usr_ana".to_owned(), name: "Ana".to_owned(), by_sso: false },
        }
    }

    pub(crate) fn with_email(to: &[&str], attach: bool) -> ScheduleEdit {
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        ScheduleEdit { email: Some(EmailTarget { to, attach }), ..Self::edit() }
    }

    pub(crate) async fn make(&self, edit: ScheduleEdit) -> Schedule {
        let draft = ScheduleDraft { org: self.org.clone(), edit, is_paused: false };
        self.schedules.create(draft).await.unwrap()
    }

    /// Stores an event that is taken in now and occurred a while ago.
    pub(crate) async fn event(&self, number: u64, occurred_before_ms: i64) {
        use tallystick_event::Clock as _;
        let at = tallystick_event::format_ms(self.harness.clock.now_ms() - occurred_before_ms);
        let event = serde_json::json!({ "org": self.org.as_str(), "action": "a.b", "occurred_at": at,
            "actor": { "type": "user", "id": "u_1" }, "metadata": { "number": number } });
        self.harness.append(&[event.to_string()]).await;
    }

    /// Moves the clock, and has it noticed.
    pub(crate) fn later(&self, ms: i64) {
        self.harness.clock.advance(ms);
        self.schedules.look();
    }

    pub(crate) async fn runs(&self, schedule: &Schedule) -> Vec<ScheduleRun> {
        let mut runs = self.harness.engine.catalog().list_runs(&schedule.id, None, 1_000).await.unwrap();
        runs.reverse();
        runs
    }

    /// A run once it is over.
    pub(crate) async fn over(&self, schedule: &Schedule, number: u64) -> ScheduleRun {
        self.until(schedule, number, |run| !run.state.is_open()).await
    }

    pub(crate) async fn until(
        &self,
        schedule: &Schedule,
        number: u64,
        is_so: impl Fn(&ScheduleRun) -> bool,
    ) -> ScheduleRun {
        let started = Instant::now();
        loop {
            let runs = self.runs(schedule).await;
            let run = runs.iter().find(|run| run.number == number);
            if let Some(run) = run.filter(|run| is_so(run)) {
                return run.clone();
            }
            assert!(started.elapsed() < PATIENCE, "it takes too long: {runs:?}");
            self.schedules.look();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The numbers of the events in a run's file.
    pub(crate) async fn numbers(&self, run: &ScheduleRun) -> Vec<u64> {
        assert_eq!(run.error, None);
        let export = self.harness.engine.catalog().export(&run.export).await.unwrap();
        let text = String::from_utf8(self.harness.bytes(&export)).unwrap();
        let number =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["metadata"]["number"].as_u64().unwrap();
        text.lines().map(number).collect()
    }

    /// The numbers of the events in a run that is over and has gone well.
    pub(crate) async fn done(&self, schedule: &Schedule, number: u64) -> Vec<u64> {
        let run = self.over(schedule, number).await;
        assert_eq!(run.state, RunState::Done, "{run:?}");
        self.numbers(&run).await
    }

    pub(crate) async fn until_happened(&self, what: &str) {
        let started = Instant::now();
        while !self.host.happened.lock().iter().any(|said| said == what) {
            assert!(started.elapsed() < PATIENCE, "not {what}: {:?}", self.host.happened.lock());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) fn deliveries(run: &ScheduleRun) -> Deliveries {
    Deliveries::from_text(&run.deliveries).unwrap()
}
