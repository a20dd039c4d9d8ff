//! One export from its first event, or its last checkpoint, to its whole file. Three threads: one reads events, one
//! makes them what the format wants, one compresses, hashes and writes.

use std::{
    io::Write as _,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
};

use serde_json::Value;
use tallystick_catalog::{Export, ExportProgress};
use tallystick_engine::{
    Engine,
    search::{Cursor, Deadline, Scope, SearchRequest},
};

use crate::{
    csv::Csv,
    failure::Failure,
    files::Files,
    limits::{PAGE_EVENTS, ROOM_CHECK_BYTES},
    lines::{Json, Ndjson},
    live::Job,
    pages::{self, Events},
    parquet::ParquetFile,
    rows::{COLUMNS, Rows},
    shape::Shape,
    sink::Sink,
    spec::{Compression, Format, Spec},
    statement::statement,
};

/// Name of the entry of a Parquet file's metadata that says what the file is.
const STATEMENT_KEY: &str = "tallystick.export";

/// What an export needs to run.
pub(crate) struct Work<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) export: &'a Export,
    pub(crate) spec: &'a Spec,
    pub(crate) files: &'a Files,
    pub(crate) job: &'a Job,
    /// Bytes of events between two checkpoints.
    pub(crate) checkpoint_bytes: u64,
    /// Bytes of the disk that are left free.
    pub(crate) reserve_bytes: u64,
    /// Rows that it may come to.
    pub(crate) expected_rows: Option<u64>,
    /// Makes a checkpoint known; false if the export does not run any more.
    pub(crate) note: &'a (dyn Fn(&ExportProgress) -> bool + Sync),
    /// Called whenever it has come further.
    pub(crate) tell: &'a (dyn Fn() + Sync),
}

/// A file that is whole.
pub(crate) struct Whole {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

/// Bytes of events that follow one another.
struct Block {
    bytes: Vec<u8>,
    rows: u64,
    next: Option<Cursor>,
}

impl Work<'_> {
    /// Writes the file. Blocks for as long as that takes.
    pub(crate) fn run(&self) -> Result<Whole, Failure> {
        self.files.require_room(self.reserve_bytes)?;
        let statement = statement(self.export, self.spec);
        let whole = match self.spec.format {
            Format::Parquet => self.groups(&statement)?,
            Format::Evidence => self.pack()?,
            Format::Csv => {
                let zone = self.spec.zone().map_err(|error| Failure::Broken(error.to_string()))?;
                let shape = Csv::new(self.spec.column_list(), zone, self.spec.formula_guard);
                self.lines(Box::new(shape))?
            }
            Format::Json => self.lines(Box::new(Json { statement }))?,
            Format::Ndjson => self.lines(Box::new(Ndjson))?,
        };
        self.files.complete(self.export)?;
        Ok(whole)
    }

    pub(crate) fn request(&self, after: Option<Cursor>) -> Result<SearchRequest, Failure> {
        let broken = |error: crate::BadSpec| Failure::Broken(error.to_string());
        Ok(SearchRequest {
            scope: Scope::Orgs(vec![self.export.org.clone()]),
            query: self.spec.lowered(&self.export.query).map_err(broken)?,
            range: self.spec.range(),
            before_seq: self.export.end_seq,
            order: self.spec.order(),
            limit: PAGE_EVENTS,
            cursor: after,
            // Each page has one of its own.
            deadline: Deadline(std::time::Instant::now()),
        })
    }

    /// Formats that consist of a head, events and an end.
    fn lines(&self, mut shape: Box<dyn Shape>) -> Result<Whole, Failure> {
        let resume = match &self.export.resume_at {
            None => None,
            Some(text) => Some(Cursor::decode(text, self.spec.order())?),
        };
        let file = self.files.open_part(self.export)?;
        let (start_rows, start_bytes) = match &resume {
            Some(_) if file.metadata()?.len() >= self.export.bytes => (self.export.rows, self.export.bytes),
            // What the catalog knows of is not there: from the start.
            _ => (0, 0),
        };
        let is_new = start_bytes == 0;
        let mut sink = Sink::open(file, start_bytes, self.spec.compression)?;
        if is_new {
            let mut head = Vec::new();
            shape.head(&mut head)?;
            sink.write_all(&head)?;
        }
        let request = self.request(resume.filter(|_| !is_new))?;
        let (blocks, taken) = sync_channel(1);
        let mut rows = start_rows;
        let shaper = &mut *shape;
        self.with_pages(request, |pages| {
            thread::scope(|scope| {
                let shaper = scope.spawn(move || shape_pages(shaper, pages, start_rows, &blocks));
                let written = self.write_blocks(&mut sink, &taken, &mut rows);
                drop(taken);
                shaper.join().expect("making bytes of events does not panic").and(written)
            })
        })?;
        let mut end = Vec::new();
        shape.end(rows, &mut end);
        sink.write_all(&end)?;
        let (bytes, sha256) = sink.finish()?;
        Ok(Whole { rows, bytes, sha256 })
    }

    /// Runs `take` on pages that another thread reads. All of it has to succeed.
    fn with_pages(
        &self,
        request: SearchRequest,
        take: impl FnOnce(Receiver<Events>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (pages, taken) = sync_channel(1);
        thread::scope(|scope| {
            let reader = scope.spawn(move || pages::read(self.engine, request, self.job, &pages));
            let done = take(taken);
            // Whoever reads has the reason if there are fewer pages than there should be.
            reader.join().expect("reading events does not panic").and(done)
        })
    }

    fn write_blocks(&self, sink: &mut Sink, blocks: &Receiver<Block>, rows: &mut u64) -> Result<(), Failure> {
        let (mut since_checkpoint, mut room_checked) = (0, sink.bytes());
        while let Ok(block) = blocks.recv() {
            self.require_going_on(sink.bytes(), &mut room_checked)?;
            sink.write_all(&block.bytes)?;
            *rows += block.rows;
            since_checkpoint += block.bytes.len() as u64;
            self.told(*rows, sink.bytes());
            let Some(next) = block.next.filter(|_| since_checkpoint >= self.checkpoint_bytes) else {
                continue;
            };
            since_checkpoint = 0;
            let progress = ExportProgress {
                rows: *rows,
                bytes: sink.checkpoint()?,
                expected_rows: self.expected_rows,
                resume_at: Some(next.encode()),
            };
            if !(self.note)(&progress) {
                return Err(Failure::Stopped);
            }
        }
        Ok(())
    }

    pub(crate) fn require_going_on(&self, bytes: u64, room_checked: &mut u64) -> Result<(), Failure> {
        if self.job.is_stopped() {
            return Err(Failure::Stopped);
        }
        if bytes.saturating_sub(*room_checked) >= ROOM_CHECK_BYTES {
            *room_checked = bytes;
            self.files.require_room(self.reserve_bytes)?;
        }
        Ok(())
    }

    pub(crate) fn told(&self, rows: u64, bytes: u64) {
        self.job.note(rows, bytes);
        (self.tell)();
    }

    /// Parquet: a footer at the end knows where everything is, so there is no going on in the middle.
    fn groups(&self, statement: &Value) -> Result<Whole, Failure> {
        let file = self.files.open_part(self.export)?;
        let mut sink = Sink::open(file, 0, Compression::None)?;
        let request = self.request(None)?;
        let mut count = 0;
        let mut file = ParquetFile::new(&mut sink, COLUMNS)?;
        self.with_pages(request, |pages| {
            let (full, taken) = sync_channel(0);
            let (empty, emptied) = channel();
            thread::scope(|scope| {
                let shaper = scope.spawn(move || into_columns(&pages, &full, &emptied));
                let written = self.write_columns(&mut file, (&taken, &empty), &mut count);
                drop(taken);
                shaper.join().expect("sorting events into columns does not panic").and(written)
            })
        })?;
        file.finish(STATEMENT_KEY, statement, count)?;
        let (bytes, sha256) = sink.finish()?;
        Ok(Whole { rows: count, bytes, sha256 })
    }

    fn write_columns(
        &self,
        file: &mut ParquetFile<&mut Sink>,
        (full, empty): (&Receiver<Rows>, &Sender<Rows>),
        count: &mut u64,
    ) -> Result<(), Failure> {
        let mut room_checked = 0;
        while let Ok(rows) = full.recv() {
            self.require_going_on(file.inner().bytes(), &mut room_checked)?;
            *count += rows.count as u64;
            let emptied = file.write(rows)?;
            // Nobody fills them if those were the last ones.
            let _ = empty.send(emptied);
            self.told(*count, file.inner().bytes());
        }
        Ok(())
    }
}

fn shape_pages(
    shape: &mut dyn Shape,
    pages: Receiver<Events>,
    first_row: u64,
    blocks: &SyncSender<Block>,
) -> Result<(), Failure> {
    let mut row = first_row;
    for page in pages {
        let mut bytes = Vec::with_capacity(page.events.len() * 1_024);
        for event in &page.events {
            shape.event(event, row, &mut bytes)?;
            row += 1;
        }
        if blocks.send(Block { bytes, rows: page.events.len() as u64, next: page.next }).is_err() {
            break;
        }
    }
    Ok(())
}

/// Two take turns: one is filled while the other is written.
fn into_columns(
    pages: &Receiver<Events>,
    full: &SyncSender<Rows>,
    emptied: &Receiver<Rows>,
) -> Result<(), Failure> {
    let mut rows = Rows::new(COLUMNS);
    for page in pages {
        for event in &page.events {
            rows.push(event)?;
            if rows.is_full() {
                if full.send(rows).is_err() {
                    return Ok(());
                }
                rows = emptied.try_recv().unwrap_or_else(|_| Rows::new(COLUMNS));
            }
        }
    }
    if rows.count > 0 {
        let _ = full.send(rows);
    }
    Ok(())
}
