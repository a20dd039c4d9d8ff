//! Reading the events of an export, page by page, in the order of its file.

use std::{
    sync::mpsc::SyncSender,
    time::{Duration, Instant},
};

use tallystick_engine::{
    Engine,
    search::{Cursor, Deadline, SearchRequest, StoredEvent, expect_many_reads},
};

use crate::{failure::Failure, live::Job};

/// How long one page may look for events before it hands on what it has: so soon a stop is noticed.
pub(crate) const PAGE_TIME_MAX: Duration = Duration::from_secs(2);

/// Events that follow one another.
pub(crate) struct Events {
    pub(crate) events: Vec<StoredEvent>,
    /// Where the next ones begin; none: these are the last.
    pub(crate) next: Option<Cursor>,
}

/// Sends all events, or as many as the other side takes.
pub(crate) fn read(
    engine: &Engine,
    mut request: SearchRequest,
    job: &Job,
    pages: &SyncSender<Events>,
) -> Result<(), Failure> {
    expect_many_reads();
    loop {
        if job.is_stopped() {
            return Err(Failure::Stopped);
        }
        request.deadline = Deadline(Instant::now() + PAGE_TIME_MAX);
        let page = engine.search(&request)?;
        request.cursor.clone_from(&page.next);
        let is_last = page.next.is_none();
        // A side that takes no more has an error of its own to tell.
        if pages.send(Events { events: page.events, next: page.next }).is_err() || is_last {
            return Ok(());
        }
    }
}
