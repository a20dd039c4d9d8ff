//! Start-up: catalog, segments and commit log become the same state that normal operation had.
//!
//! Replay runs the code of the write path ([`Head::take_received`], `Tail::append`), so that there is one
//! definition of what an event does to a log. Nothing is served before it is done.

use std::{path::Path, sync::Arc};

use parking_lot::RwLock;
use tallystick_catalog::{Catalog, Loaded, OrgState, SegmentId};
use tallystick_event::OrgId;
use tallystick_merkle::Edge;
use tallystick_segment::{IndexState, Rows, Segment, SegmentError, Tail, rebuild_index};
use tallystick_wal::{CommitLog, FileLog, Position, RealDisk};

use crate::{
    batch,
    error::OpenError,
    files::SegmentFiles,
    head::{Head, Heads},
    options::Options,
    proof::{Tree, Trees},
    view::{FrozenTail, SealedSegment, View},
};

/// What a start found.
#[derive(Debug, Clone, Default)]
pub struct Recovered {
    /// Sealed segments opened.
    pub segments: usize,
    /// Events replayed from the commit log.
    pub replayed_events: u64,
    /// Bytes of a torn, never acknowledged last record that were cut off.
    pub torn_bytes: u64,
    /// Files of interrupted seals and compactions that were deleted.
    pub orphans: Vec<String>,
    /// Segments whose damaged index was rebuilt from their bodies.
    pub rebuilt_indexes: Vec<String>,
    /// Organizations whose stored tree hashes were missing and were made again from the leaves.
    pub rebuilt_trees: Vec<String>,
    /// Logs that are not what was signed before. Not empty: nothing is written and nothing is signed.
    pub rolled_back: Vec<crate::proof::RolledBack>,
}

/// Everything that [`crate::Engine::open`] starts its threads with.
pub(crate) struct Start {
    pub(crate) heads: Heads,
    pub(crate) trees: Arc<Trees>,
    pub(crate) orgs: Vec<(OrgId, Head)>,
    pub(crate) view: View,
    pub(crate) log: FileLog,
    pub(crate) next_position: u64,
    pub(crate) tail_first_position: u64,
    pub(crate) recovered: Recovered,
}

/// Brings the state back. The data directory's lock is held by the caller.
pub(crate) async fn recover(options: &Options, catalog: &Catalog) -> Result<Start, OpenError> {
    let loaded = catalog.load().await?;
    let files = SegmentFiles::new(&options.data_dir);
    let log_dir = options.data_dir.join("log");
    for folder in [files.folder(), &log_dir] {
        create_folder(folder)?;
    }
    let orphans = files
        .delete_orphans(|name| loaded.segments.iter().any(|segment| SegmentFiles::name(segment.id) == name))
        .map_err(|source| OpenError::Io { path: files.folder().to_owned(), source })?;
    let mut recovered = Recovered { orphans, ..Recovered::default() };
    // Their files went with the orphans.
    let garbage: Vec<SegmentId> =
        catalog.garbage_segments().await?.into_iter().map(|garbage| garbage.segment.id).collect();
    catalog.forget_segments(&garbage).await?;
    let segments = open_segments(&files, &loaded, options.check_indexes, &mut recovered)?;
    let (heads, orgs) = heads(&loaded)?;
    let trees = trees(&loaded, &heads)?;
    let (log, report) = open_log(&log_dir, loaded.sealed_position)?;
    recovered.torn_bytes = report.dropped_bytes();
    let view = View::new(segments);
    let mut replay =
        Replay { heads, trees: Arc::clone(&trees), view, options, position: loaded.sealed_position };
    let mut tail_first_position = loaded.sealed_position;
    for record in log.read_from(Position(loaded.sealed_position)).map_err(OpenError::ReadLog)? {
        let record = record.map_err(OpenError::ReadLog)?;
        replay.record(record.first_position.0, &record.payload)?;
        if replay.tail_is_full() {
            replay.freeze(tail_first_position);
            tail_first_position = replay.position;
        }
    }
    let next_position = replay.position;
    if next_position != log.next_position().0 {
        return Err(inconsistent(format!(
            "the commit log ends at position {}, its records at {next_position}",
            log.next_position().0
        )));
    }
    recovered.replayed_events = next_position - loaded.sealed_position;
    let Replay { heads, view, .. } = replay;
    let orgs = orgs
        .into_iter()
        .map(|org| {
            let head = heads.get(&org).expect("every organization has a head").clone();
            (org, head)
        })
        .collect();
    Ok(Start { heads, trees, orgs, view, log, next_position, tail_first_position, recovered })
}

fn create_folder(folder: &Path) -> Result<(), OpenError> {
    std::fs::create_dir_all(folder).map_err(|source| OpenError::Io { path: folder.to_owned(), source })
}

fn open_log(folder: &Path, sealed_position: u64) -> Result<(FileLog, tallystick_wal::Recovered), OpenError> {
    let options = tallystick_wal::Options {
        // The catalog remembers how far the log was, so a log that lost its end, or all of it, is found out.
        must_hold: (sealed_position > 0).then_some(Position(sealed_position)),
        ..tallystick_wal::Options::default()
    };
    FileLog::open(folder, Arc::new(RealDisk), options).map_err(OpenError::Log)
}

fn inconsistent(what: String) -> OpenError {
    OpenError::Inconsistent(what)
}

fn open_segments(
    files: &SegmentFiles,
    loaded: &Loaded,
    check_indexes: bool,
    recovered: &mut Recovered,
) -> Result<Vec<Arc<SealedSegment>>, OpenError> {
    let mut segments = Vec::new();
    for row in &loaded.segments {
        let segment = open_segment(files, row.id, check_indexes, recovered)
            .map_err(|source| OpenError::Segment { file: SegmentFiles::name(row.id), source })?;
        if u64::from(segment.len()) != row.rows {
            return Err(inconsistent(format!(
                "segment {} holds {} events, the catalog says {}",
                row.id,
                segment.len(),
                row.rows
            )));
        }
        segments.push(Arc::new(SealedSegment { row: row.clone(), segment }));
    }
    recovered.segments = segments.len();
    Ok(segments)
}

/// Opens a segment; a damaged index, which is derived, is rebuilt from the bodies.
fn open_segment(
    files: &SegmentFiles,
    id: SegmentId,
    check_index: bool,
    recovered: &mut Recovered,
) -> Result<Segment, SegmentError> {
    let path = files.path(id);
    let segment = Segment::open(&path)?;
    let damage = match segment.index_state() {
        IndexState::Damaged { section, offset } => Some((section, offset)),
        IndexState::Usable if check_index => {
            let found = segment.verify().into_iter().find(|damage| damage.section.is_index());
            found.map(|damage| (damage.section, damage.offset))
        }
        IndexState::Usable => None,
    };
    let Some((section, offset)) = damage else { return Ok(segment) };
    tracing::error!(segment = %id, %section, offset,
        "the index of a segment is damaged; rebuilding it from the events");
    let partial = path.with_extension("partial");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&partial)?);
    rebuild_index(&segment, &mut out)?;
    let out = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    out.sync_all()?;
    tallystick_wal::durable::rename(&partial, &path)?;
    recovered.rebuilt_indexes.push(SegmentFiles::name(id));
    Segment::open(&path)
}

fn heads(loaded: &Loaded) -> Result<(Heads, Vec<OrgId>), OpenError> {
    let mut heads = Heads::default();
    let mut orgs = Vec::new();
    for org in &loaded.organizations {
        let mut head = Head::empty(org.log_id, org.log_base);
        head.archived = org.state == OrgState::Archived;
        if let Some(record) = loaded.heads.iter().find(|head| head.org == org.id) {
            head.edge = Edge::decode(&record.edge)
                .ok()
                .filter(|edge| edge.size() == record.size && edge.root() == record.root)
                .ok_or_else(|| {
                    inconsistent(format!("the tree edge of organization {} is damaged", org.id))
                })?;
            head.last_received_ms = record.last_received_ms;
        }
        heads.insert(org.id.clone(), head);
        orgs.push(org.id.clone());
    }
    Ok((heads, orgs))
}

/// The trees as they were at the sealed position; replay makes them grow.
fn trees(loaded: &Loaded, heads: &Heads) -> Result<Arc<Trees>, OpenError> {
    let trees = Trees::default();
    for org in &loaded.organizations {
        let edge = heads.get(&org.id).expect("every organization has a head").edge.clone();
        let has_leaves = edge.size() > 0;
        let tree = trees.insert(Tree::new(org.id.clone(), org.log_id, org.log_base, edge, false));
        if has_leaves {
            trees.mark(tree);
        }
    }
    for closed in &loaded.closed_logs {
        let edge = Edge::decode(&closed.edge)
            .map_err(|error| inconsistent(format!("the edge of closed log {}: {error}", closed.log)))?;
        trees.insert(Tree::new(closed.org.clone(), closed.log, closed.base, edge, true));
    }
    Ok(Arc::new(trees))
}

/// Replays commit-log records in order.
struct Replay<'a> {
    heads: Heads,
    trees: Arc<Trees>,
    view: View,
    options: &'a Options,
    position: u64,
}

impl Replay<'_> {
    fn record(&mut self, first_position: u64, payload: &[u8]) -> Result<(), OpenError> {
        if first_position != self.position {
            return Err(inconsistent(format!(
                "a commit-log record starts at position {first_position}, expected {}",
                self.position
            )));
        }
        let events =
            batch::decode(payload).map_err(|source| OpenError::Batch { position: first_position, source })?;
        let mut tail = self.view.active.write();
        for event in &events {
            let head = self.heads.stage(&event.org).ok_or_else(|| {
                inconsistent(format!("the commit log names organization {}, the catalog does not", event.org))
            })?;
            if head.log != event.log || event.received_ms < head.last_received_ms {
                return Err(inconsistent(format!("event {} does not fit its log", event.event.id)));
            }
            let (seq, received_ms, _) = head.take_received(&event.event, event.received_ms);
            if seq != event.seq {
                return Err(inconsistent(format!(
                    "organization {}: the commit log has seq {}, expected {seq}",
                    event.org, event.seq
                )));
            }
            assert_eq!(received_ms, event.received_ms, "replay changes nothing");
            tail.append(&event.for_tail()).map_err(|error| {
                inconsistent(format!("event {} of the commit log cannot be indexed: {error}", event.event.id))
            })?;
        }
        self.position += events.len() as u64;
        drop(tail);
        self.heads.commit(|head, completed| self.trees.grown(head, completed));
        Ok(())
    }

    fn tail_is_full(&self) -> bool {
        let tail = self.view.active.read();
        tail.len() >= self.options.tail_events_max || tail.body_bytes() >= self.options.tail_bytes_max
    }

    fn freeze(&mut self, first_position: u64) {
        let tail = std::mem::replace(&mut self.view.active, Arc::new(RwLock::new(Tail::default())));
        let heads = self.heads.take_grown();
        self.view.frozen.push(Arc::new(FrozenTail {
            tail,
            first_position,
            end_position: self.position,
            heads,
        }));
    }
}
