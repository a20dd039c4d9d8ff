//! The sealer: frozen tail -> segment file -> catalog transaction -> commit log trimmed.
//!
//! Each step may be the last one before a crash: until the catalog transaction the events are in the commit
//! log and the file is an orphan that the next start deletes; after it the commit log below is superfluous.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender};
use tallystick_catalog::{Catalog, CatalogError, LogHead, Seal, SegmentId, SegmentRow};
use tallystick_event::{Clock, Random};
use tallystick_segment::{SegmentInfo, SegmentSource};

use crate::{
    crash::CrashPlan,
    files::{FileError, SegmentFiles},
    proof::Trees,
    queue::{Command, Queue},
    status::Counters,
    view::{FrozenTail, SealedSegment, ViewCell},
};

/// Pause before a failed seal or compaction is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// What the sealer and the compactor share.
pub(crate) struct Maintenance {
    pub(crate) files: SegmentFiles,
    pub(crate) catalog: Catalog,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) view: Arc<ViewCell>,
    pub(crate) trees: Arc<Trees>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) crash: Arc<CrashPlan>,
    /// The engine is stopping: no retries and no new compactions.
    pub(crate) stopping: Arc<AtomicBool>,
}

pub(crate) struct Sealer {
    pub(crate) shared: Arc<Maintenance>,
    pub(crate) frozen: Receiver<Arc<FrozenTail>>,
    pub(crate) queue: Queue,
    /// Told after every seal that there may be something to compact. Dropped to end the compactor.
    pub(crate) compactor: Sender<()>,
}

/// Why a seal or compaction did not go through; it is tried again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the catalog refused it")]
    Catalog(#[from] CatalogError),
}

impl SealError {
    /// Trying again cannot help: the catalog contradicts itself or there is a second writer.
    fn is_damage(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_damage())
    }

    pub(crate) fn is_no_space(&self) -> bool {
        match self {
            Self::File(error) => error.is_no_space(),
            Self::Catalog(error) => matches!(error, CatalogError::NoSpace { .. }),
        }
    }
}

impl Sealer {
    /// Seals tails in order until the sequencer is gone.
    pub(crate) fn run(self) {
        while let Ok(frozen) = self.frozen.recv() {
            // One id for all attempts: whether a failed commit went through is then seen by the catalog.
            let id = SegmentId::generate(&*self.shared.clock, &*self.shared.random);
            let created_ms = self.shared.clock.now_ms();
            while let Err(error) = self.seal(&frozen, id, created_ms) {
                self.shared.counters.seal_failures.fetch_add(1, Ordering::Relaxed);
                self.shared.counters.set_sealer_out_of_space(error.is_no_space());
                let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                tracing::error!(first_position = frozen.first_position, %error, %cause, "sealing failed");
                if error.is_damage() {
                    // Acknowledging more on top of a catalog that contradicts itself would make it worse.
                    self.shared.counters.halt();
                    return;
                }
                if self.shared.stopping.load(Ordering::SeqCst) {
                    return; // everything is in the commit log still; the next start seals it
                }
                std::thread::sleep(RETRY_PAUSE);
            }
            self.shared.counters.set_sealer_out_of_space(false);
            let _ = self.compactor.try_send(());
        }
    }

    fn seal(&self, frozen: &Arc<FrozenTail>, id: SegmentId, created_ms: i64) -> Result<(), SealError> {
        self.shared.crash.visit("seal.before_write");
        let written = {
            let tail = frozen.tail.read();
            let sources: [&dyn SegmentSource; 1] = [&*tail];
            self.shared.files.write(id, &sources)?
        };
        self.shared.crash.visit("seal.after_write");
        let heads = frozen
            .heads
            .iter()
            .map(|(org, head)| LogHead {
                org: org.clone(),
                size: head.edge.size(),
                root: head.edge.root(),
                edge: head.edge.encode(),
                last_received_ms: head.last_received_ms,
            })
            .collect();
        let row = segment_row(id, &written.info, frozen.first_position..frozen.end_position, created_ms);
        let trees: Vec<_> = frozen
            .heads
            .iter()
            .filter_map(|(_, head)| Some((self.shared.trees.of_log(head.log)?, head.edge.size())))
            .collect();
        let tiles = trees.iter().flat_map(|(tree, size)| tree.to_seal(*size)).collect();
        let seal = Seal { segment: row.clone(), heads, tiles };
        self.shared.runtime.block_on(self.shared.catalog.commit_seal(&seal))?;
        for (tree, size) in &trees {
            tree.sealed(*size);
        }
        self.shared.crash.visit("seal.after_commit");
        let sealed = Arc::new(SealedSegment { row, segment: written.segment });
        self.shared.view.change(|view| {
            view.frozen.retain(|waiting| waiting.first_position != frozen.first_position);
            view.segments.push(sealed);
        });
        self.shared.counters.seals.fetch_add(1, Ordering::Relaxed);
        let _ = self.queue.command(Command::Trim { before: frozen.end_position });
        Ok(())
    }
}

/// The catalog's row for a new segment file, at level 0.
pub(crate) fn segment_row(
    id: SegmentId,
    info: &SegmentInfo,
    positions: Range<u64>,
    created_ms: i64,
) -> SegmentRow {
    let (occurred_us, received_ms) =
        info.occurred_us().zip(info.received_ms()).expect("a segment has at least one event");
    SegmentRow {
        id,
        level: 0,
        first_position: positions.start,
        end_position: positions.end,
        rows: u64::from(info.rows),
        bytes: info.file_bytes,
        min_occurred_us: occurred_us.0,
        max_occurred_us: occurred_us.1,
        min_received_ms: received_ms.0,
        max_received_ms: received_ms.1,
        created_ms,
    }
}
