//! Segments, and the two transactions that change which of them hold the log: a seal adds the newest, a
//! compaction replaces several by one. Both may be repeated when their outcome is unknown.
//!
//! Invariant, checked by every change and at every load: the live segments, in order of position, cover
//! the commit log from 0 to the sealed position without gap or overlap.

use std::ops::Range;

use crate::catalog::{counter, raise_counter};
use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, LogHead, SegmentId, TileRun, heads, tiles};

pub(crate) const TABLE: &str = "segments";
/// Counter: events below this position of the commit log are in segments.
pub(crate) const SEALED_POSITION: &str = "sealed_position";

/// One segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Id and file name.
    pub id: SegmentId,
    /// 0 for a sealed tail, one more than its inputs for a compacted one.
    pub level: u8,
    /// First position of the commit log that it covers.
    pub first_position: u64,
    /// Position after the last that it covers.
    pub end_position: u64,
    /// Number of events; fewer than positions once some were removed.
    pub rows: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Smallest `occurred_at`, microseconds.
    pub min_occurred_us: i64,
    /// Largest `occurred_at`, microseconds.
    pub max_occurred_us: i64,
    /// Smallest `received_at`, Unix ms.
    pub min_received_ms: i64,
    /// Largest `received_at`, Unix ms.
    pub max_received_ms: i64,
    /// When the file was made, Unix ms.
    pub created_ms: i64,
}

/// A segment that another has replaced; its file can be removed when nobody reads it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GarbageSegment {
    /// The segment.
    pub segment: SegmentRow,
    /// When it was replaced, Unix ms.
    pub since_ms: i64,
}

/// The tail became a segment. The segment's end becomes the sealed position.
#[derive(Debug, Clone)]
pub struct Seal {
    /// The segment; it starts at the sealed position.
    pub segment: SegmentRow,
    /// The heads, at the segment's end, of exactly the organizations that have events in it.
    pub heads: Vec<LogHead>,
    /// Hashes of their trees, above the leaves, that events in it completed.
    pub tiles: Vec<TileRun>,
}

/// Adjacent live segments became one.
#[derive(Debug, Clone)]
pub struct Compaction {
    /// The new segment; it covers exactly what the replaced ones cover.
    pub segment: SegmentRow,
    /// The replaced ones, in any order.
    pub replaced: Vec<SegmentId>,
}

impl SegmentRow {
    /// The positions of the commit log that it covers.
    pub fn positions(&self) -> Range<u64> {
        self.first_position..self.end_position
    }

    fn check(&self) -> Result<(), CatalogError> {
        let Self { first_position: first, end_position: end, rows, .. } = *self;
        let fits = first < end && rows <= end - first;
        if fits
            && self.min_occurred_us <= self.max_occurred_us
            && self.min_received_ms <= self.max_received_ms
        {
            return Ok(());
        }
        Err(CatalogError::inconsistent(TABLE, format!("{} has impossible bounds: {self:?}", self.id)))
    }
}

impl Catalog {
    /// Records that the tail up to the segment's end is sealed. When this has returned, the commit log below
    /// that position is no longer needed.
    ///
    /// [`CatalogError::Inconsistent`] if the segment does not start at the sealed position, if a head would
    /// not grow, or if the heads do not grow by as many events as the segment has.
    pub async fn commit_seal(&self, seal: &Seal) -> Result<(), CatalogError> {
        let segment = &seal.segment;
        segment.check()?;
        let mut tx = self.db.change().await?;
        let sealed = counter(&mut tx, SEALED_POSITION).await?;
        if let Some(found) = by_id(&mut tx, &segment.id).await? {
            return already_done(&found.row == segment && sealed >= segment.end_position, segment);
        }
        if sealed != segment.first_position {
            let what = format!("{} starts at {}, not at {sealed}", segment.id, segment.first_position);
            return Err(CatalogError::inconsistent(TABLE, what));
        }
        insert(&mut tx, segment).await?;
        let before = heads::total_size(&mut tx).await?;
        for head in &seal.heads {
            heads::advance(&mut tx, head).await?;
        }
        tiles::append(&mut tx, &seal.tiles).await?;
        let grown = heads::total_size(&mut tx).await?.saturating_sub(before);
        if grown != segment.rows {
            let what = format!("heads grew by {grown}, {} has {} events", segment.id, segment.rows);
            return Err(CatalogError::inconsistent(heads::TABLE, what));
        }
        raise_counter(&mut tx, SEALED_POSITION, sealed, segment.end_position).await?;
        tx.commit().await
    }

    /// Puts one segment in the place of adjacent ones, which become garbage.
    ///
    /// [`CatalogError::Inconsistent`] if a replaced one is not live, or if together they do not cover exactly
    /// what the new one covers, or have fewer events.
    pub async fn commit_compaction(&self, compaction: &Compaction) -> Result<(), CatalogError> {
        let segment = &compaction.segment;
        segment.check()?;
        let mut tx = self.db.change().await?;
        if let Some(found) = by_id(&mut tx, &segment.id).await? {
            return already_done(&found.row == segment, segment);
        }
        let mut replaced = Vec::with_capacity(compaction.replaced.len());
        for id in &compaction.replaced {
            match by_id(&mut tx, id).await? {
                Some(Found { row, garbage_ms: None }) => replaced.push(row),
                _ => {
                    return Err(CatalogError::inconsistent(
                        TABLE,
                        format!("{id} to be replaced is not live"),
                    ));
                }
            }
        }
        check_replacement(segment, replaced)?;
        let now = self.now_ms();
        for id in &compaction.replaced {
            let sql = "UPDATE segments SET garbage_ms = $2 WHERE id = $1 AND garbage_ms IS NULL";
            let changed = tx.execute(sql, &[id.to_string().as_str().into(), now.into()]).await?;
            if changed != 1 {
                return Err(CatalogError::inconsistent(TABLE, format!("{id} is replaced twice")));
            }
        }
        insert(&mut tx, segment).await?;
        tx.commit().await
    }

    /// Replaced segments that are still recorded, oldest replacement first.
    pub async fn garbage_segments(&self) -> Result<Vec<GarbageSegment>, CatalogError> {
        let mut garbage = Vec::new();
        for row in self.db.rows(SELECT_GARBAGE, &[]).await? {
            garbage.push(GarbageSegment { segment: read(&row)?, since_ms: row.int("garbage_ms")? });
        }
        Ok(garbage)
    }

    /// Forgets replaced segments whose files are gone. Unknown ids are fine, a live segment is
    /// [`CatalogError::Inconsistent`] and then none is forgotten.
    pub async fn forget_segments(&self, ids: &[SegmentId]) -> Result<(), CatalogError> {
        let mut tx = self.db.change().await?;
        for id in ids {
            if let Some(Found { garbage_ms: None, .. }) = by_id(&mut tx, id).await? {
                return Err(CatalogError::inconsistent(TABLE, format!("{id} to be forgotten is live")));
            }
            tx.execute("DELETE FROM segments WHERE id = $1", &[id.to_string().as_str().into()]).await?;
        }
        tx.commit().await
    }
}

/// The live segments in order, checked to cover `0..sealed_position`.
pub(crate) async fn live(tx: &mut Tx, sealed_position: u64) -> Result<Vec<SegmentRow>, CatalogError> {
    let mut live = Vec::new();
    let mut covered = 0;
    for row in tx.rows(SELECT_LIVE, &[]).await? {
        let segment = read(&row)?;
        segment.check()?;
        if segment.first_position != covered {
            let what = format!("{} starts at {}, not at {covered}", segment.id, segment.first_position);
            return Err(CatalogError::inconsistent(TABLE, what));
        }
        covered = segment.end_position;
        live.push(segment);
    }
    if covered != sealed_position {
        let what = format!("live segments end at {covered}, the sealed position is {sealed_position}");
        return Err(CatalogError::inconsistent(TABLE, what));
    }
    Ok(live)
}

/// The caller repeats a change that was made the first time: fine if it is the same change.
fn already_done(same: bool, segment: &SegmentRow) -> Result<(), CatalogError> {
    if same {
        return Ok(());
    }
    Err(CatalogError::inconsistent(TABLE, format!("{} is recorded with other content", segment.id)))
}

fn check_replacement(segment: &SegmentRow, mut replaced: Vec<SegmentRow>) -> Result<(), CatalogError> {
    replaced.sort_by_key(|old| old.first_position);
    let mut covered = segment.first_position;
    for old in &replaced {
        if old.first_position != covered {
            let what = format!("{} starts at {}, not at {covered}", old.id, old.first_position);
            return Err(CatalogError::inconsistent(TABLE, what));
        }
        covered = old.end_position;
    }
    let rows = replaced.iter().map(|old| old.rows).sum::<u64>();
    if covered != segment.end_position || segment.rows > rows {
        let what = format!("{} does not replace {covered} positions with {rows} events", segment.id);
        return Err(CatalogError::inconsistent(TABLE, what));
    }
    Ok(())
}

struct Found {
    row: SegmentRow,
    garbage_ms: Option<i64>,
}

async fn by_id(tx: &mut Tx, id: &SegmentId) -> Result<Option<Found>, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.to_string().as_str().into()]).await?;
    row.map(|row| Ok(Found { row: read(&row)?, garbage_ms: row.opt_int("garbage_ms")? })).transpose()
}

async fn insert(tx: &mut Tx, segment: &SegmentRow) -> Result<(), CatalogError> {
    let id = segment.id.to_string();
    let values: [Value<'_>; 11] = [
        id.as_str().into(),
        i64::from(segment.level).into(),
        stored("position", segment.first_position)?.into(),
        stored("position", segment.end_position)?.into(),
        stored("row count", segment.rows)?.into(),
        stored("segment size", segment.bytes)?.into(),
        segment.min_occurred_us.into(),
        segment.max_occurred_us.into(),
        segment.min_received_ms.into(),
        segment.max_received_ms.into(),
        segment.created_ms.into(),
    ];
    let sql = "INSERT INTO segments (id, level, first_position, end_position, row_count, byte_count, \
               min_occurred_us, max_occurred_us, min_received_ms, max_received_ms, created_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    tx.execute(sql, &values).await.map(drop)
}

fn read(row: &Row) -> Result<SegmentRow, CatalogError> {
    let level = row.count(TABLE, "level")?;
    Ok(SegmentRow {
        id: row.parsed(TABLE, "id")?,
        level: level.try_into().map_err(|_| CatalogError::corrupt(TABLE, format!("level is {level}")))?,
        first_position: row.count(TABLE, "first_position")?,
        end_position: row.count(TABLE, "end_position")?,
        rows: row.count(TABLE, "row_count")?,
        bytes: row.count(TABLE, "byte_count")?,
        min_occurred_us: row.int("min_occurred_us")?,
        max_occurred_us: row.int("max_occurred_us")?,
        min_received_ms: row.int("min_received_ms")?,
        max_received_ms: row.int("max_received_ms")?,
        created_ms: row.int("created_ms")?,
    })
}

/// One list of columns for all reads of the table.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, level, first_position, end_position, row_count, byte_count, min_occurred_us, ",
            "max_occurred_us, min_received_ms, max_received_ms, created_ms, garbage_ms FROM segments ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_LIVE: &str = select!("WHERE garbage_ms IS NULL ORDER BY first_position");
const SELECT_GARBAGE: &str = select!("WHERE garbage_ms IS NOT NULL ORDER BY garbage_ms, id");
