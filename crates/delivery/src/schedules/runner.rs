//! All schedules of one server: what is due begins, what has a file is delivered.

use std::{collections::HashSet, sync::Arc};

use tallystick_catalog::{
    Catalog, CatalogError, Export, ExportState, RunState, Schedule, ScheduleId, ScheduleRun,
};
use tallystick_destination::Surroundings;
use tallystick_engine::Engine;
use tallystick_outbound::OutboundOptions;
use tokio::{sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    error::SchedulesError,
    host::Host,
    limits::{DELIVERING_MAX, LOOK_INTERVAL},
    targets::Deliveries,
};
use crate::{
    mail::{MailError, MailOptions, Mailer},
    runner::Exports,
    streams::Seals,
};

/// How schedules are run.
#[derive(Debug, Clone)]
pub struct SchedulesOptions {
    /// Whom stores may be asked at.
    pub outbound: OutboundOptions,
    /// Who takes messages; none: nobody.
    pub mail: Option<MailOptions>,
    /// The product's name, as other systems see it.
    pub product: String,
    /// The product's version.
    pub version: String,
}

impl SchedulesOptions {
    /// The defaults: no e-mail, and no store in a private network.
    pub fn new(product: &str, version: &str) -> Self {
        Self {
            outbound: OutboundOptions::default(),
            mail: None,
            product: product.to_owned(),
            version: version.to_owned(),
        }
    }
}

/// The schedules of one server.
pub struct Schedules {
    pub(crate) engine: Arc<Engine>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) mailer: Option<Mailer>,
    pub(crate) seals: Arc<dyn Seals>,
    options: SchedulesOptions,
    wake: Notify,
}

impl std::fmt::Debug for Schedules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Schedules").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A run that is being delivered.
type Delivering = (ScheduleId, u64);

impl Schedules {
    /// Schedules whose exports are those of `exports`.
    pub fn open(
        engine: Arc<Engine>,
        exports: Arc<Exports>,
        options: SchedulesOptions,
        seals: Arc<dyn Seals>,
    ) -> Result<Arc<Self>, MailError> {
        let mailer = options.mail.clone().map(Mailer::new).transpose()?;
        Ok(Arc::new(Self { engine, exports, mailer, seals, options, wake: Notify::new() }))
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.engine.catalog()
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.engine.clock().now_ms()
    }

    /// Whether e-mail can be sent.
    pub fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// Looks now whether something is to be done: an export has ended, say.
    pub fn look(&self) {
        self.wake.notify_one();
    }

    pub(crate) fn surroundings(&self, id: &ScheduleId) -> Surroundings {
        Surroundings {
            outbound: self.options.outbound.clone(),
            agent: format!("{}/{}", self.options.product, self.options.version),
            stream: id.to_string(),
            folder: None,
        }
    }

    /// A schedule.
    pub async fn get(&self, id: &ScheduleId) -> Result<Schedule, SchedulesError> {
        Ok(self.catalog().schedule(id).await?)
    }

    /// Runs schedules until `stop`. What was due meanwhile is made up for at the next start.
    pub async fn run(self: Arc<Self>, host: Arc<dyn Host>, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut delivering: JoinSet<Delivering> = JoinSet::new();
        let mut taken: HashSet<Delivering> = HashSet::new();
        while !stop.is_cancelled() {
            if let Err(error) = self.round(&host, &mut delivering, &mut taken).await {
                tracing::warn!(%error, "schedules of exports cannot be looked after at present");
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                _ = look.tick() => {}
                Some(ended) = delivering.join_next() => match ended {
                    Ok(run) => {
                        taken.remove(&run);
                    }
                    Err(error) => {
                        tracing::error!(%error, "a delivery ended because of a fault of ours");
                        // Which one is not known: all are looked at again, and what is on its way is kept apart below.
                        delivering.shutdown().await;
                        taken.clear();
                    }
                },
            }
        }
        // What is on its way goes out again at the next start, under the same name.
        delivering.shutdown().await;
    }

    /// Begins what is due and goes on with what is under way.
    async fn round(
        self: &Arc<Self>,
        host: &Arc<dyn Host>,
        delivering: &mut JoinSet<Delivering>,
        taken: &mut HashSet<Delivering>,
    ) -> Result<(), CatalogError> {
        for schedule in self.catalog().due_schedules().await? {
            self.begin(&schedule, &**host).await?;
        }
        for run in self.catalog().open_runs().await? {
            let key = (run.schedule.clone(), run.number);
            if taken.contains(&key) {
                continue;
            }
            let Some((run, export)) = self.with_file(run).await? else { continue };
            if delivering.len() < DELIVERING_MAX && self.is_to_be_delivered(&run) {
                taken.insert(key);
                delivering.spawn(Arc::clone(self).deliver(run, export, Arc::clone(host)));
            }
        }
        Ok(())
    }

    fn is_to_be_delivered(&self, run: &ScheduleRun) -> bool {
        let now_ms = self.now_ms();
        Deliveries::from_text(&run.deliveries).is_ok_and(|all| all.all().any(|one| one.is_due(now_ms)))
    }

    /// A run whose file is there and has to be delivered. One whose file will never be there, or goes nowhere, is over.
    async fn with_file(&self, mut run: ScheduleRun) -> Result<Option<(ScheduleRun, Export)>, CatalogError> {
        let failed = |code: &str, message: &str| Some((code.to_owned(), message.to_owned()));
        let export = match self.catalog().export(&run.export).await {
            Ok(export) => Some(export),
            Err(CatalogError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        run.error = match export.as_ref().map(|export| export.state) {
            Some(ExportState::Queued | ExportState::Running) => return Ok(None),
            Some(ExportState::Completed) => None,
            Some(ExportState::Failed) => export.as_ref().and_then(|export| export.error.clone()),
            Some(ExportState::Cancelled) => failed("cancelled", "somebody stopped the export"),
            Some(ExportState::Expired) => failed("expired", "the file was kept for long enough"),
            None => failed("deleted", "somebody deleted the export"),
        };
        let ended = match Deliveries::from_text(&run.deliveries) {
            Ok(all) => all.end(),
            Err(error) => {
                run.error =
                    run.error.or_else(|| failed("broken", &format!("what is stored of the run: {error}")));
                None
            }
        };
        let Some(export) = export.filter(|_| run.error.is_none() && ended.is_none()) else {
            run.state =
                if run.error.is_some() { RunState::Failed } else { ended.unwrap_or(RunState::Failed) };
            self.catalog().note_run(&run).await?;
            return Ok(None);
        };
        if run.state == RunState::Exporting {
            run.state = RunState::Delivering;
            self.catalog().note_run(&run).await?;
        }
        Ok(Some((run, export)))
    }
}
