//! How far the exports that run have come, between the points that the catalog knows of.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use tallystick_catalog::{Export, ExportId, ExportState};
use tokio::sync::watch;

/// An export that runs.
#[derive(Debug, Default)]
pub(crate) struct Job {
    attempt: u64,
    rows: AtomicU64,
    bytes: AtomicU64,
    expected: AtomicU64,
    stopped: AtomicBool,
}

impl Job {
    pub(crate) fn note(&self, rows: u64, bytes: u64) {
        self.rows.store(rows, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn expect(&self, rows: u64) {
        self.expected.store(rows, Ordering::Relaxed);
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

/// All exports that run.
#[derive(Debug)]
pub struct Live {
    jobs: Mutex<HashMap<ExportId, Arc<Job>>>,
    changes: watch::Sender<u64>,
}

impl Default for Live {
    fn default() -> Self {
        Self { jobs: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Live {
    pub(crate) fn begin(&self, export: &Export) -> Arc<Job> {
        let job = Arc::new(Job { attempt: export.attempt, ..Job::default() });
        job.note(export.rows, export.bytes);
        self.jobs.lock().insert(export.id.clone(), Arc::clone(&job));
        self.changed();
        job
    }

    pub(crate) fn end(&self, export: &Export) {
        let mut jobs = self.jobs.lock();
        if jobs.get(&export.id).is_some_and(|job| job.attempt == export.attempt) {
            jobs.remove(&export.id);
        }
        drop(jobs);
        self.changed();
    }

    pub(crate) fn stop(&self, id: &ExportId) {
        if let Some(job) = self.jobs.lock().get(id) {
            job.stop();
        }
    }

    pub(crate) fn stop_all(&self) {
        self.jobs.lock().values().for_each(|job| job.stop());
    }

    /// Wakes those who follow.
    pub(crate) fn changed(&self) {
        self.changes.send_modify(|number| *number = number.wrapping_add(1));
    }

    /// Told when an export has come further, or has ended.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// What is known of an export now, if it runs: newer than what the catalog knows.
    pub fn now(&self, export: &mut Export) {
        let jobs = self.jobs.lock();
        let Some(job) = jobs.get(&export.id).filter(|job| job.attempt == export.attempt) else { return };
        if export.state != ExportState::Running {
            return;
        }
        export.rows = export.rows.max(job.rows.load(Ordering::Relaxed));
        export.bytes = export.bytes.max(job.bytes.load(Ordering::Relaxed));
        match job.expected.load(Ordering::Relaxed) {
            0 => {}
            expected => export.expected_rows = Some(expected),
        }
    }
}
