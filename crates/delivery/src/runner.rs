//! The queue of exports: takes one after the other, fairly among organizations, and sees to what became of each.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use tallystick_catalog::{
    Catalog, CatalogError, Changed, Export, ExportEnd, ExportId, ExportProgress, NewExport,
};
use tallystick_engine::{
    Engine,
    search::{Deadline, Scope, Selection},
};
use tokio::{runtime::Handle, sync::Notify, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    failure::Failure,
    files::Files,
    job::{Whole, Work},
    limits::{CHECKPOINT_BYTES_DEFAULT, RESERVE_BYTES_DEFAULT, RUNNING_MAX_DEFAULT},
    live::{Job, Live},
    spec::Spec,
};

/// How often the queue is looked at without being told of anything: another node may have queued something.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// How often files are looked for that were kept for long enough.
const EXPIRE_INTERVAL: Duration = Duration::from_mins(1);
/// How long counting the rows may take that an export may come to.
const COUNT_TIME_MAX: Duration = Duration::from_secs(5);
/// Pause before a catalog that failed is asked again.
const CATALOG_PAUSE: Duration = Duration::from_secs(2);

/// How exports are run.
#[derive(Debug, Clone)]
pub struct ExportsOptions {
    /// Where their files are.
    pub folder: PathBuf,
    /// Exports at the same time, each of another organization; 0: none, and they wait.
    pub running_max: usize,
    /// Bytes of events between two points that a cut-short export goes on from.
    pub checkpoint_bytes: u64,
    /// Bytes of the disk that exports leave free.
    pub reserve_bytes: u64,
}

impl ExportsOptions {
    /// The defaults, with a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            running_max: RUNNING_MAX_DEFAULT,
            checkpoint_bytes: CHECKPOINT_BYTES_DEFAULT,
            reserve_bytes: RESERVE_BYTES_DEFAULT,
        }
    }
}

/// Who knows what accounts may, and what has to be recorded.
#[async_trait]
pub trait Host: Send + Sync {
    /// Whether whoever asked for an export may still have it; an error if that cannot be said at present.
    async fn may_run(&self, export: &Export, spec: &Spec) -> Result<bool, String>;
    /// An export has completed or failed.
    async fn ended(&self, export: &Export);
    /// The file of an export was kept for long enough and is removed.
    async fn expired(&self, export: &Export);
}

/// The exports of one server.
#[derive(Debug)]
pub struct Exports {
    engine: Arc<Engine>,
    options: ExportsOptions,
    files: Files,
    live: Arc<Live>,
    wake: Notify,
}

impl Exports {
    /// Makes the folder if it is not there.
    pub fn open(engine: Arc<Engine>, options: ExportsOptions) -> io::Result<Arc<Self>> {
        let files = Files::new(&options.folder)?;
        Ok(Arc::new(Self { engine, options, files, live: Arc::default(), wake: Notify::new() }))
    }

    fn catalog(&self) -> &Catalog {
        self.engine.catalog()
    }

    /// How far exports have come.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// The files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// How exports are run.
    pub fn options(&self) -> &ExportsOptions {
        &self.options
    }

    /// Refuses when there is no room for any export.
    pub fn require_room(&self) -> Result<(), Failure> {
        self.files.require_room(self.options.reserve_bytes)
    }

    /// Queues an export.
    pub async fn create(&self, new: NewExport) -> Result<Export, CatalogError> {
        let made = self.catalog().create_export(new).await?;
        self.wake.notify_one();
        self.live.changed();
        Ok(made)
    }

    /// Looks at the queue: an export was put into it elsewhere.
    pub(crate) fn queued(&self) {
        self.wake.notify_one();
        self.live.changed();
    }

    /// Stops an export that waits or runs, and removes its part.
    pub async fn cancel(&self, id: &ExportId) -> Result<Changed<Export>, CatalogError> {
        let changed = self.catalog().cancel_export(id).await?;
        self.live.stop(id);
        // What runs removes its part itself; what waits may have one from before a restart.
        self.files.remove(&changed.before);
        self.live.changed();
        Ok(changed)
    }

    /// Begins an export anew whose file is not there.
    pub async fn retry(&self, id: &ExportId) -> Result<Changed<Export>, CatalogError> {
        let changed = self.catalog().retry_export(id).await?;
        self.wake.notify_one();
        self.live.changed();
        Ok(changed)
    }

    /// Forgets an export and removes its file.
    pub async fn delete(&self, id: &ExportId) -> Result<Export, CatalogError> {
        let deleted = self.catalog().delete_export(id).await?;
        self.live.stop(id);
        self.files.remove(&deleted);
        self.live.changed();
        Ok(deleted)
    }

    /// An export as it is now.
    pub async fn get(&self, id: &ExportId) -> Result<Export, CatalogError> {
        let mut export = self.catalog().export(id).await?;
        self.live.now(&mut export);
        Ok(export)
    }

    /// Runs exports until `stop`. What runs then goes on at the next start.
    pub async fn run(self: Arc<Self>, host: Arc<dyn Host>, stop: CancellationToken) {
        while let Err(error) = self.begin().await {
            tracing::error!(%error, "exports cannot begin; trying again");
            if pause(&stop).await {
                return;
            }
        }
        let mut running = JoinSet::new();
        let mut expiry = tokio::time::interval(EXPIRE_INTERVAL);
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        loop {
            while running.len() < self.options.running_max && !stop.is_cancelled() {
                match self.catalog().take_export().await {
                    Ok(Some(export)) => {
                        running.spawn(Arc::clone(&self).one(export, Arc::clone(&host), stop.clone()));
                    }
                    Ok(None) => break,
                    Err(error) => {
                        tracing::warn!(%error, "the queue of exports cannot be read at present");
                        break;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.wake.notified() => {}
                Some(_) = running.join_next() => {}
                _ = look.tick() => {}
                _ = expiry.tick() => self.expire(&*host).await,
            }
        }
        self.live.stop_all();
        while running.join_next().await.is_some() {}
    }

    /// After a start: what was running waits again, and files of no export go.
    async fn begin(&self) -> Result<(), CatalogError> {
        let requeued = self.catalog().requeue_exports().await?;
        if requeued > 0 {
            tracing::info!(requeued, "exports go on that the last stop cut short");
        }
        let known = self.catalog().exports_with_files().await?;
        match self.files.sweep(&known) {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files of no export were removed"),
            Err(error) => tracing::warn!(%error, "files of no export cannot be looked for"),
        }
        Ok(())
    }

    async fn expire(&self, host: &dyn Host) {
        match self.catalog().expire_exports().await {
            Ok(due) => {
                for export in due {
                    self.files.remove(&export);
                    host.expired(&export).await;
                    self.live.changed();
                }
            }
            Err(error) => tracing::warn!(%error, "exports cannot expire at present"),
        }
    }

    /// One export from its turn to its end.
    async fn one(self: Arc<Self>, export: Export, host: Arc<dyn Host>, stop: CancellationToken) {
        let job = self.live.begin(&export);
        if stop.is_cancelled() {
            job.stop();
        }
        let outcome = match self.allowed(&export, &*host, &stop).await {
            Ok(spec) => {
                let exports = Arc::clone(&self);
                let (one, running) = (export.clone(), Arc::clone(&job));
                let runtime = Handle::current();
                let run = move || exports.write(&one, &spec, &running, &runtime);
                let panicked = || Failure::Broken("it ended because of a fault of ours".to_owned());
                tokio::task::spawn_blocking(run).await.unwrap_or_else(|_| Err(panicked()))
            }
            Err(failure) => Err(failure),
        };
        self.finish(&export, outcome, &*host, &stop).await;
        self.live.end(&export);
        self.wake.notify_one();
    }

    /// How the file is to be made, if whoever asked for it may still have it.
    async fn allowed(
        &self,
        export: &Export,
        host: &dyn Host,
        stop: &CancellationToken,
    ) -> Result<Spec, Failure> {
        let spec = Spec::from_text(&export.spec).map_err(|error| Failure::Broken(error.to_string()))?;
        loop {
            match host.may_run(export, &spec).await {
                Ok(true) => return Ok(spec),
                Ok(false) => return Err(Failure::NotAllowed),
                Err(why) => {
                    tracing::warn!(export = %export.id, why, "an export waits to learn who may have it");
                    if pause(stop).await {
                        return Err(Failure::Stopped);
                    }
                }
            }
        }
    }

    /// Writes the file. Blocks.
    fn write(&self, export: &Export, spec: &Spec, job: &Job, runtime: &Handle) -> Result<Whole, Failure> {
        let expected_rows = export.expected_rows.or_else(|| self.expected(export, spec));
        if let Some(rows) = expected_rows {
            job.expect(rows);
        }
        let note = |progress: &ExportProgress| match runtime
            .block_on(self.catalog().note_export(export, progress))
        {
            Ok(is_running) => is_running,
            Err(error) => {
                // The checkpoint before stays good: more is done again after a crash, nothing else.
                tracing::warn!(export = %export.id, %error, "a checkpoint of an export cannot be noted");
                true
            }
        };
        let work = Work {
            engine: &self.engine,
            export,
            spec,
            files: &self.files,
            job,
            checkpoint_bytes: self.options.checkpoint_bytes,
            reserve_bytes: self.options.reserve_bytes,
            expected_rows,
            note: &note,
            tell: &|| self.live.changed(),
        };
        work.run()
    }

    /// Rows that it may come to, for people who wait.
    fn expected(&self, export: &Export, spec: &Spec) -> Option<u64> {
        let selection = Selection {
            scope: Scope::Orgs(vec![export.org.clone()]),
            query: spec.lowered(&export.query).ok()?,
            range: spec.range(),
            deadline: Deadline(std::time::Instant::now() + COUNT_TIME_MAX),
        };
        let counted = self.engine.count(&selection).ok()?;
        Some(counted.count.min(export.end_seq))
    }

    async fn finish(
        &self,
        export: &Export,
        outcome: Result<Whole, Failure>,
        host: &dyn Host,
        stop: &CancellationToken,
    ) {
        let end = match outcome {
            Ok(Whole { rows, bytes, sha256 }) => ExportEnd::Completed { rows, bytes, sha256 },
            // The server stops, and the export goes on at the next start; or it was stopped, which is known.
            Err(Failure::Stopped) if stop.is_cancelled() => return,
            Err(Failure::Stopped) => {
                self.files.remove(export);
                return;
            }
            Err(failure) => {
                tracing::warn!(export = %export.id, ?failure, "an export failed");
                self.files.remove(export);
                ExportEnd::Failed { code: failure.code().to_owned(), message: failure.message() }
            }
        };
        let is_theirs = loop {
            match self.catalog().end_export(export, &end).await {
                Ok(is_theirs) => break is_theirs,
                Err(error) => {
                    tracing::warn!(export = %export.id, %error, "the end of an export cannot be noted at present");
                    if pause(stop).await {
                        return;
                    }
                }
            }
        };
        if !is_theirs {
            self.files.remove(export);
            return;
        }
        if let Ok(ended) = self.catalog().export(&export.id).await {
            host.ended(&ended).await;
        }
    }
}

/// Waits a little; whether everything is to stop.
async fn pause(stop: &CancellationToken) -> bool {
    tokio::time::timeout(CATALOG_PAUSE, stop.cancelled()).await.is_ok()
}
