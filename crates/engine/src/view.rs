//! What a read sees: sealed segments, frozen tails that wait for the sealer, and the growing tail.

use std::sync::Arc;

use arc_swap::ArcSwap;
use parking_lot::RwLock;
use tallystick_catalog::SegmentRow;
use tallystick_event::OrgId;
use tallystick_segment::{Rows, Segment, Tail};

use crate::head::Head;

/// A sealed segment with its place in the commit log's order.
#[derive(Debug)]
pub(crate) struct SealedSegment {
    /// Its row in the catalog: id, positions in the commit log's order, times.
    pub(crate) row: SegmentRow,
    pub(crate) segment: Segment,
}

/// A tail that no longer grows, with all that its seal has to record.
#[derive(Debug)]
pub(crate) struct FrozenTail {
    pub(crate) tail: Arc<RwLock<Tail>>,
    pub(crate) first_position: u64,
    pub(crate) end_position: u64,
    /// Heads of the organizations that grew, as they were when the tail was frozen.
    pub(crate) heads: Vec<(OrgId, Head)>,
}

/// One consistent set of places to look, in ascending position order.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) segments: Vec<Arc<SealedSegment>>,
    pub(crate) frozen: Vec<Arc<FrozenTail>>,
    pub(crate) active: Arc<RwLock<Tail>>,
}

impl View {
    pub(crate) fn new(segments: Vec<Arc<SealedSegment>>) -> Self {
        Self { segments, frozen: Vec::new(), active: Arc::new(RwLock::new(Tail::default())) }
    }

    /// Calls `f` on every part, newest first, until it breaks. A tail is read-locked while `f` looks at it.
    pub(crate) fn each_newest_first<B>(
        &self,
        mut f: impl FnMut(&dyn Rows) -> std::ops::ControlFlow<B>,
    ) -> std::ops::ControlFlow<B> {
        f(&*self.active.read())?;
        for frozen in self.frozen.iter().rev() {
            f(&*frozen.tail.read())?;
        }
        for sealed in self.segments.iter().rev() {
            f(&sealed.segment)?;
        }
        std::ops::ControlFlow::Continue(())
    }
}

/// The current view; readers take a snapshot, the sequencer, sealer and compactor replace it.
#[derive(Debug)]
pub(crate) struct ViewCell {
    current: ArcSwap<View>,
    /// Serialises replacements: three threads read-modify-write the view.
    change: parking_lot::Mutex<()>,
}

impl ViewCell {
    pub(crate) fn new(view: View) -> Self {
        Self { current: ArcSwap::from_pointee(view), change: parking_lot::Mutex::new(()) }
    }

    /// A snapshot that stays valid for as long as it is held.
    pub(crate) fn load(&self) -> Arc<View> {
        self.current.load_full()
    }

    /// Replaces the view by a changed copy.
    pub(crate) fn change(&self, f: impl FnOnce(&mut View)) {
        let _guard = self.change.lock();
        let mut view = View::clone(&self.current.load());
        f(&mut view);
        self.current.store(Arc::new(view));
    }
}
