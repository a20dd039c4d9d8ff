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
use tallystick_merkle::Edge;
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
    proof::{AuditReport, Checkpointer, Directory, Guard, LogKeys, Parts, Proofs, Tree},
    queue::{Appended, Command, Queue},
    recover::{Recovered, Start, recover},
    seal::{Maintenance, Sealer},
    sequencer::Sequencer,
    status::{Counters, SegmentStatus, Status},
    view::{View, ViewCell},
};

/// Setting: what the origin of every log begins with.
const LOG_ORIGIN: &str = "log_origin";
/// Longest such beginning, bytes: a log's id follows, and the whole is the name of a key.
const ORIGIN_PREFIX_BYTES_MAX: usize = 200;

/// A running engine. Cheap to share behind an `Arc`; [`Engine::stop`] ends its threads.
pub struct Engine {
    catalog: Catalog,
    clock: Arc<dyn Clock>,
    queue: Queue,
    shared: Arc<Maintenance>,
    live: Live,
    proofs: Arc<Proofs>,
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
        let mut start = recover(&options, &catalog).await?;
        let view = std::mem::replace(&mut start.view, View::new(Vec::new()));
        let shared = Arc::new(Maintenance {
            files: SegmentFiles::new(&options.data_dir),
            catalog: catalog.clone(),
            runtime: tokio::runtime::Handle::current(),
            clock: Arc::clone(&clock),
            random: Arc::clone(&random),
            counters: Arc::new(Counters::default()),
            crash: Arc::new(CrashPlan::new(options.crash_at.as_deref())),
            stopping: Arc::new(AtomicBool::new(false)),
            view: Arc::new(ViewCell::new(view)),
            trees: Arc::clone(&start.trees),
        });
        let proofs = open_proofs(&options, &shared, &mut start).await?;
        let recovered = start.recovered.clone();
        let engine = Self::start(options, shared, lock, start, proofs);
        Ok((Arc::new(engine), recovered))
    }

    fn start(
        options: Options,
        shared: Arc<Maintenance>,
        lock: DataLock,
        start: Start,
        proofs: Arc<Proofs>,
    ) -> Self {
        let orgs = start.orgs.iter().map(|(org, head)| (org.clone(), head.log)).collect();
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
            trees: Arc::clone(&shared.trees),
            view: Arc::clone(&shared.view),
            clock: Arc::clone(&shared.clock),
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
        let mut threads = vec![
            spawn("sequencer", move || sequencer.run()),
            spawn("sealer", move || sealer.run()),
            spawn("compactor", move || compactor.run()),
        ];
        if proofs.rolled_back().is_empty() {
            let checkpointer = Checkpointer { proofs: Arc::clone(&proofs), crash: Arc::clone(&shared.crash) };
            let audited = Arc::clone(&proofs);
            threads.push(spawn("checkpointer", move || checkpointer.run()));
            threads.push(spawn("self-audit", move || audited.run_audits()));
        }
        Self {
            catalog: shared.catalog.clone(),
            clock: Arc::clone(&shared.clock),
            proofs,
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
        if !self.proofs.rolled_back().is_empty() {
            return Err(AppendError::RolledBack);
        }
        self.submit(events).await
    }

    /// [`Engine::append`] without a look at whether logs were rolled back.
    pub(crate) async fn submit(&self, events: Vec<Prepared>) -> Result<Vec<Appended>, AppendError> {
        self.queue.submit(events)?.await.unwrap_or(Err(AppendError::Halted))
    }

    /// Creates an organization and its log; the id must be free.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<Organization, CatalogError> {
        let made = self.catalog.create_organization(new).await?;
        let (done, added) = oneshot::channel();
        let (org, head) = (made.id.clone(), Head::empty(made.log_id, made.log_base));
        let tree = Tree::new(made.id.clone(), made.log_id, made.log_base, Edge::new(), false);
        self.shared.trees.insert(tree);
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
        if self.queue.command(command).is_err() {
            return Err(not_empty());
        }
        let Some(head) = removed.await.ok().flatten() else {
            // Either it has events, or there is none, which the catalog says.
            self.catalog.organization(org).await?;
            return Err(not_empty());
        };
        let deleted = self.catalog.delete_organization(org).await;
        let is_left = if deleted.is_ok() { Ok(false) } else { self.is_in_catalog(org).await };
        match is_left {
            Ok(false) => {
                self.orgs.write().remove(org);
                self.shared.trees.remove(org);
            }
            Ok(true) => {
                // Exactly the head that was taken out: an archived organization stays archived.
                let (done, restored) = oneshot::channel();
                if self.queue.command(Command::AddOrg { org: org.clone(), head, done }).is_ok() {
                    let _ = restored.await;
                }
            }
            // Events of an organization that is gone would keep the next start from succeeding.
            Err(error) => {
                tracing::error!(%org, %error, "no writes until a restart: whether it was deleted is unknown");
            }
        }
        deleted
    }

    async fn is_in_catalog(&self, org: &OrgId) -> Result<bool, CatalogError> {
        match self.catalog.organization(org).await {
            Ok(_) => Ok(true),
            Err(CatalogError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The catalog, for everything that is not an event.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Checkpoints, tiles and proofs.
    pub fn proofs(&self) -> &Arc<Proofs> {
        &self.proofs
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
        let audit = self.proofs.audit_status();
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
            checkpoints: read(&counters.checkpoints),
            rolled_back: self.proofs.rolled_back().len(),
            audit_rounds: audit.rounds,
            audit_findings: audit.last.as_ref().map_or(0, AuditReport::not_healed),
            unwitnessed_since_ms: self.proofs.unwitnessed_since_ms(),
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
        let mut threads = std::mem::take(&mut *self.threads.lock());
        if !threads.is_empty() {
            // The sequencer first: what it still commits is published by the checkpointer's last round.
            let _ = threads.remove(0).join();
            self.shared.trees.stop();
        }
        for thread in threads {
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

/// Opens keys, guard and directory, makes missing hashes again, and compares the logs with what was signed.
async fn open_proofs(
    options: &Options,
    shared: &Maintenance,
    start: &mut Start,
) -> Result<Arc<Proofs>, OpenError> {
    let now_ms = shared.clock.now_ms();
    let proofs = Proofs::new(Parts {
        trees: Arc::clone(&shared.trees),
        view: Arc::clone(&shared.view),
        catalog: shared.catalog.clone(),
        clock: Arc::clone(&shared.clock),
        random: Arc::clone(&shared.random),
        counters: Arc::clone(&shared.counters),
        keys: LogKeys::open(&options.data_dir, &*shared.random, now_ms)?,
        guard: Guard::open(&options.data_dir)?,
        prefix: origin_prefix(options, &shared.catalog).await?,
        interval: options.checkpoint_interval,
        directory: Directory::open(&shared.catalog, &*shared.random).await?,
    });
    if !proofs.is_signed_by_us() {
        return Err(OpenError::ForeignSignature);
    }
    let counts = shared.catalog.tile_counts().await?;
    let checked = tokio::task::spawn_blocking(move || {
        let mut rebuilt = proofs.rebuild_missing(&counts)?;
        let (rolled_back, healed) = proofs.find_rollbacks()?;
        rebuilt.extend(healed);
        proofs.set_rolled_back(rolled_back.clone());
        Ok::<_, ReadError>((proofs, rebuilt, rolled_back))
    });
    let (proofs, rebuilt, rolled_back) =
        checked.await.expect("checking does not panic").map_err(OpenError::Proofs)?;
    if rolled_back.is_empty() {
        proofs.guard_stored_directory().await.map_err(OpenError::Proofs)?;
    }
    start.recovered.rebuilt_trees = rebuilt;
    start.recovered.rolled_back = rolled_back;
    Ok(Arc::new(proofs))
}

/// What origins begin with: chosen at the first start and kept, since every signature names it.
async fn origin_prefix(options: &Options, catalog: &Catalog) -> Result<String, OpenError> {
    let configured = options.origin.as_str();
    let proposed = if configured.is_empty() { catalog.instance_id() } else { configured };
    let fits = proposed.len() <= ORIGIN_PREFIX_BYTES_MAX && tallystick_merkle::is_key_name(proposed);
    if !fits {
        return Err(OpenError::BadOrigin(proposed.to_owned()));
    }
    let signed = catalog.init_setting(LOG_ORIGIN, proposed).await?;
    if configured.is_empty() || configured == signed {
        return Ok(signed);
    }
    Err(OpenError::Origin { signed, configured: configured.to_owned() })
}

fn lock_directory(data_dir: &Path, listen: &str, clock: &dyn Clock) -> Result<DataLock, OpenError> {
    std::fs::create_dir_all(data_dir)
        .map_err(|source| OpenError::Io { path: data_dir.to_owned(), source })?;
    let since = tallystick_event::format_ms(clock.now_ms());
    DataLock::take(data_dir, Holder::this_process(&since, listen)).map_err(OpenError::Locked)
}
