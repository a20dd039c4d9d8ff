//! The engine's front: what the server, the command line and later the streams call.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use parking_lot::{Mutex, RwLock};
use tallystick_catalog::{
    Catalog, CatalogError, Conflict, NewOrganization, OrgState, Organization, OrganizationChange,
};
use tallystick_event::{Clock, LogId, OrgId, Prepared, Random};
use tallystick_segment::Rows;
use tallystick_wal::lock::{DataLock, Holder};
use tokio::sync::oneshot;

use crate::{
    compact::Compactor,
    crash::CrashPlan,
    error::{AppendError, OpenError, ReadError},
    files::SegmentFiles,
    head::Head,
    live::{Live, LiveReader},
    options::{INSTANCE_ORG, Options},
    queue::{Appended, Command, Queue},
    recover::{Recovered, Start, recover},
    seal::{Maintenance, Sealer},
    sequencer::Sequencer,
    status::{Counters, SegmentStatus, Status},
    view::{View, ViewCell},
};

/// A running engine. Cheap to share behind an `Arc`; [`Engine::stop`] ends its threads.
pub struct Engine {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    queue: Queue,
    shared: Arc<Maintenance>,
    live: Live,
    orgs: RwLock<BTreeMap<OrgId, LogId>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held until the engine has stopped.
    lock: Mutex<Option<DataLock>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// Locks the data directory, recovers its state and starts the engine's threads. The organization
    /// [`INSTANCE_ORG`] is created at the first start.
    pub async fn open(
        options: Options,
        catalog: Catalog,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<(Arc<Self>, Recovered), OpenError> {
        let lock = lock_directory(&options.data_dir, &options.listen, &*clock)?;
        let instance: OrgId = INSTANCE_ORG.parse().expect("a valid organization id");
        let name = Some("This Tallystick instance".to_owned());
        match catalog.create_organization(NewOrganization { id: Some(instance), name }).await {
            Ok(_) | Err(CatalogError::Conflict(Conflict::OrganizationExists { .. })) => {}
            Err(error) => return Err(error.into()),
        }
        let start = recover(&options, &catalog).await?;
        let recovered = start.recovered.clone();
        let engine = Self::start(options, catalog, clock, random, lock, start);
        Ok((Arc::new(engine), recovered))
    }

    fn start(
        options: Options,
        catalog: Catalog,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        lock: DataLock,
        start: Start,
    ) -> Self {
        let orgs = start.orgs.iter().map(|(org, head)| (org.clone(), head.log)).collect();
        let shared = Arc::new(Maintenance {
            files: SegmentFiles::new(&options.data_dir),
            catalog: catalog.clone(),
            runtime: tokio::runtime::Handle::current(),
            clock: Arc::clone(&clock),
            random,
            counters: Arc::new(Counters::default()),
            crash: Arc::new(CrashPlan::new(options.crash_at.as_deref())),
            stopping: Arc::new(AtomicBool::new(false)),
            view: Arc::new(ViewCell::new(start.view)),
        });
        let live = Live::new();
        let (queue, commands, waiting_bytes) = Queue::new();
        let (to_sealer, frozen) = crossbeam_channel::unbounded();
        let (to_compactor, wake) = crossbeam_channel::bounded(1);
        for tail in &shared.view.load().frozen {
            let _ = to_sealer.send(Arc::clone(tail));
        }
        let _ = to_compactor.try_send(()); // a compaction that the last stop cut short
        let sequencer = Sequencer {
            options,
            log: Box::new(start.log),
            heads: start.heads,
            view: Arc::clone(&shared.view),
            clock: Arc::clone(&clock),
            live: live.clone(),
            counters: Arc::clone(&shared.counters),
            crash: Arc::clone(&shared.crash),
            waiting_bytes,
            commands,
            sealer: to_sealer,
            next_position: start.next_position,
            tail_first_position: start.tail_first_position,
            tail_started: (start.next_position > start.tail_first_position).then(std::time::Instant::now),
            payload: Vec::new(),
        };
        let sealer =
            Sealer { shared: Arc::clone(&shared), frozen, queue: queue.clone(), compactor: to_compactor };
        let compactor = Compactor { shared: Arc::clone(&shared), wake };
        let threads = vec![
            spawn("sequencer", move || sequencer.run()),
            spawn("sealer", move || sealer.run()),
            spawn("compactor", move || compactor.run()),
        ];
        Self {
            catalog,
            clock,
            queue,
            shared,
            live,
            orgs: RwLock::new(orgs),
            threads: Mutex::new(threads),
            lock: Mutex::new(Some(lock)),
        }
    }

    /// Takes events in, all or none. Returns when they are durable, ordered and searchable.
    pub async fn append(&self, events: Vec<Prepared>) -> Result<Vec<Appended>, AppendError> {
        if self.shared.counters.halted() {
            return Err(AppendError::Halted);
        }
        self.queue.submit(events)?.await.unwrap_or(Err(AppendError::Halted))
    }

    /// Creates an organization and its log; the id must be free.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<Organization, CatalogError> {
        let made = self.catalog.create_organization(new).await?;
        let (done, added) = oneshot::channel();
        let (org, head) = (made.id.clone(), Head::empty(made.log_id));
        if self.queue.command(Command::AddOrg { org, head, done }).is_ok() {
            let _ = added.await;
        }
        self.orgs.write().insert(made.id.clone(), made.log_id);
        Ok(made)
    }

    /// Renames, archives (writes are refused from now on, reads go on) or brings back an organization.
    pub async fn update_organization(
        &self,
        org: &OrgId,
        change: OrganizationChange,
    ) -> Result<tallystick_catalog::Changed<Organization>, CatalogError> {
        let changed = self.catalog.update_organization(org, change).await?;
        let archived = changed.after.state == OrgState::Archived;
        let (done, told) = oneshot::channel();
        if self.queue.command(Command::SetArchived { org: org.clone(), archived, done }).is_ok() {
            let _ = told.await;
        }
        Ok(changed)
    }

    /// Deletes an organization whose log is empty; any other can only be archived.
    pub async fn delete_organization(
        &self,
        org: &OrgId,
    ) -> Result<tallystick_catalog::DeletedOrganization, CatalogError> {
        let not_empty = || CatalogError::Conflict(Conflict::LogNotEmpty { org: org.to_string() });
        let (done, removed) = oneshot::channel();
        let command = Command::RemoveOrg { org: org.clone(), done };
        // The catalog only knows sealed events; the sequencer knows all, and takes no more from here on.
        if self.queue.command(command).is_err() || !removed.await.unwrap_or(false) {
            return Err(not_empty());
        }
        let deleted = self.catalog.delete_organization(org).await;
        match &deleted {
            Ok(_) => {
                self.orgs.write().remove(org);
            }
            Err(_) => {
                if let Some(log) = self.log_of(org) {
                    let (done, restored) = oneshot::channel();
                    let command = Command::AddOrg { org: org.clone(), head: Head::empty(log), done };
                    if self.queue.command(command).is_ok() {
                        let _ = restored.await;
                    }
                }
            }
        }
        deleted
    }

    /// The catalog, for everything that is not an event.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The clock everything runs by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The log of an organization.
    pub fn log_of(&self, org: &OrgId) -> Option<LogId> {
        self.orgs.read().get(org).copied()
    }

    /// All organizations, sorted by id.
    pub fn orgs(&self) -> Vec<OrgId> {
        self.orgs.read().keys().cloned().collect()
    }

    /// Checks that an organization exists.
    pub(crate) fn require_org(&self, org: &OrgId) -> Result<(), ReadError> {
        self.log_of(org).map(|_| ()).ok_or_else(|| ReadError::UnknownOrg { org: org.clone() })
    }

    /// The places to look, as of now.
    pub(crate) fn view(&self) -> Arc<View> {
        self.shared.view.load()
    }

    /// A reader that is woken when logs grow.
    pub fn subscribe(&self) -> LiveReader {
        self.live.subscribe()
    }

    /// Seals what is in the tail now, without waiting for it (tests, backup, shutdown of a benchmark).
    pub fn seal_now(&self) -> Result<(), AppendError> {
        self.queue.command(Command::Freeze)
    }

    /// The engine as it is now.
    pub fn status(&self) -> Status {
        let view = self.shared.view.load();
        let (tail_events, tail_bytes) = {
            let tail = view.active.read();
            (u64::from(tail.len()), tail.body_bytes())
        };
        let counters = &self.shared.counters;
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        Status {
            halted: counters.halted(),
            out_of_space: counters.sealer_out_of_space(),
            events: read(&counters.events),
            batches: read(&counters.batches),
            log_bytes: read(&counters.log_bytes),
            log_micros: read(&counters.log_micros),
            seals: read(&counters.seals),
            seal_failures: read(&counters.seal_failures),
            compactions: read(&counters.compactions),
            compaction_failures: read(&counters.compaction_failures),
            queue_bytes: self.queue.waiting_bytes(),
            tail_events,
            tail_bytes,
            frozen_tails: view.frozen.len(),
            segments: view
                .segments
                .iter()
                .map(|sealed| SegmentStatus {
                    file: SegmentFiles::name(sealed.row.id),
                    events: u64::from(sealed.segment.len()),
                    bytes: sealed.row.bytes,
                })
                .collect(),
        }
    }

    /// Finishes what was submitted, then ends the engine's threads. What is not sealed stays in the commit
    /// log and is replayed at the next start. Blocks; call it off the async threads. A second call does nothing.
    pub fn stop(&self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let _ = self.queue.command(Command::Stop);
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("an engine thread panicked");
            }
        }
        self.lock.lock().take();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run).expect("a thread can be started")
}

fn lock_directory(data_dir: &Path, listen: &str, clock: &dyn Clock) -> Result<DataLock, OpenError> {
    std::fs::create_dir_all(data_dir)
        .map_err(|source| OpenError::Io { path: data_dir.to_owned(), source })?;
    let since = tallystick_event::format_ms(clock.now_ms());
    DataLock::take(data_dir, Holder::this_process(&since, listen)).map_err(OpenError::Locked)
}
