//! What was tried, and what was left out: for people who look why something has not arrived.

use tallystick_event::OrgId;

use super::StreamId;
use super::rows::read_status;
use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, LIST_MAX};

const ATTEMPTS: &str = "stream_attempts";
const GAPS: &str = "stream_gaps";
/// Attempts of one stream that are kept, the newest.
pub const STREAM_ATTEMPTS_KEPT: u64 = 1_000;
/// Gaps of one stream that are kept, the newest.
pub const STREAM_GAPS_KEPT: u64 = 10_000;
/// Longest text about an attempt, bytes.
pub(super) const DETAIL_BYTES_MAX: usize = 4_096;
/// Why events were left out: somebody had the stream go on behind them.
pub const GAP_REWOUND: &str = "rewound_forward";
/// Why events were left out: they are not in the log any more.
pub const GAP_RETENTION: &str = "retention";

/// An exchange with the other side, before it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedBatch {
    /// The same for each attempt at the same events.
    pub batch_id: String,
    /// The range of the log.
    pub first_seq: u64,
    /// Inclusive.
    pub last_seq: u64,
    /// Events that were sent.
    pub events: u64,
    /// Bytes that were sent.
    pub bytes: u64,
    /// Unix ms.
    pub started_ms: i64,
    /// How long it took, ms.
    pub took_ms: i64,
    /// The status of HTTP, or the code of the protocol; none: there was no answer.
    pub status: Option<u16>,
    /// What came of it: `delivered`, `partial`, `retry`, `split`, `misconfigured`, `refused`, `gone`.
    pub outcome: String,
    /// What the other side said.
    pub detail: String,
}

/// An exchange with the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamAttempt {
    /// Ascending.
    pub attempt_no: u64,
    /// Whose log.
    pub org: OrgId,
    /// What was tried.
    pub tried: TriedBatch,
}

/// Events that a stream has left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamGap {
    /// Whose log.
    pub org: OrgId,
    /// The first.
    pub first_seq: u64,
    /// The last.
    pub last_seq: u64,
    /// Why, such as [`GAP_REWOUND`].
    pub reason: String,
    /// Unix ms.
    pub at_ms: i64,
}

impl Catalog {
    /// Attempts of a stream, the newest first; those before the number `before`.
    pub async fn stream_attempts(
        &self,
        id: &StreamId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StreamAttempt>, CatalogError> {
        let sql = "SELECT attempt_no, batch_id, org, first_seq, last_seq, event_count, byte_count, started_ms, \
                   took_ms, status, outcome, detail FROM stream_attempts WHERE stream = $1 AND attempt_no < $2 \
                   ORDER BY attempt_no DESC LIMIT $3";
        let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
        let values = [id.as_str().into(), before.into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(sql, &values).await?.iter().map(read_attempt).collect()
    }

    /// What a stream has left out, the newest first.
    pub async fn stream_gaps(&self, id: &StreamId, limit: u32) -> Result<Vec<StreamGap>, CatalogError> {
        let sql = "SELECT org, first_seq, last_seq, reason, at_ms FROM stream_gaps WHERE stream = $1 \
                   ORDER BY gap_no DESC LIMIT $2";
        let values = [id.as_str().into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(sql, &values).await?.iter().map(read_gap).collect()
    }
}

/// Notes an attempt under the next number of its stream, and forgets the oldest.
pub(super) async fn insert_attempt(
    tx: &mut Tx,
    id: &StreamId,
    org: &OrgId,
    tried: &TriedBatch,
) -> Result<(), CatalogError> {
    let stream: Value<'_> = id.as_str().into();
    let sql = "UPDATE streams SET attempts = attempts + 1 WHERE id = $1 RETURNING attempts";
    let row = tx.row(sql, &[stream]).await?;
    let row = row.ok_or_else(|| CatalogError::inconsistent(super::TABLE, "a stream vanished"))?;
    let number = row.int("attempts")?;
    let values: [Value<'_>; 13] = [
        stream,
        number.into(),
        tried.batch_id.as_str().into(),
        org.as_str().into(),
        stored("first_seq", tried.first_seq)?.into(),
        stored("last_seq", tried.last_seq)?.into(),
        stored("events", tried.events)?.into(),
        stored("bytes", tried.bytes)?.into(),
        tried.started_ms.into(),
        tried.took_ms.into(),
        tried.status.map(i64::from).into(),
        tried.outcome.as_str().into(),
        cut(&tried.detail).into(),
    ];
    let sql = "INSERT INTO stream_attempts (stream, attempt_no, batch_id, org, first_seq, last_seq, event_count, \
               byte_count, started_ms, took_ms, status, outcome, detail) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    tx.execute(sql, &values).await?;
    let oldest = number - STREAM_ATTEMPTS_KEPT as i64;
    tx.execute("DELETE FROM stream_attempts WHERE stream = $1 AND attempt_no <= $2", &[stream, oldest.into()])
        .await
        .map(drop)
}

/// Notes a gap, and forgets the oldest.
pub(super) async fn insert_gap(tx: &mut Tx, id: &StreamId, gap: &StreamGap) -> Result<(), CatalogError> {
    let stream: Value<'_> = id.as_str().into();
    let sql = "SELECT COALESCE(MAX(gap_no), 0) + 1 AS n FROM stream_gaps WHERE stream = $1";
    let row = tx.row(sql, &[stream]).await?;
    let number = row.ok_or_else(|| CatalogError::corrupt(GAPS, "a count without a row"))?.int("n")?;
    let values: [Value<'_>; 7] = [
        stream,
        number.into(),
        gap.org.as_str().into(),
        stored("first_seq", gap.first_seq)?.into(),
        stored("last_seq", gap.last_seq)?.into(),
        gap.reason.as_str().into(),
        gap.at_ms.into(),
    ];
    let sql = "INSERT INTO stream_gaps (stream, gap_no, org, first_seq, last_seq, reason, at_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    tx.execute(sql, &values).await?;
    let oldest = number - STREAM_GAPS_KEPT as i64;
    let sql = "DELETE FROM stream_gaps WHERE stream = $1 AND gap_no <= $2";
    tx.execute(sql, &[stream, oldest.into()]).await.map(drop)
}

/// The beginning of a text that others have written. A NUL is no text to PostgreSQL.
pub(super) fn cut(text: &str) -> &str {
    let text = text.split('\0').next().unwrap_or_default();
    &text[..text.floor_char_boundary(DETAIL_BYTES_MAX)]
}

fn read_attempt(row: &Row) -> Result<StreamAttempt, CatalogError> {
    Ok(StreamAttempt {
        attempt_no: row.count(ATTEMPTS, "attempt_no")?,
        org: row.parsed(ATTEMPTS, "org")?,
        tried: TriedBatch {
            batch_id: row.text("batch_id")?,
            first_seq: row.count(ATTEMPTS, "first_seq")?,
            last_seq: row.count(ATTEMPTS, "last_seq")?,
            events: row.count(ATTEMPTS, "event_count")?,
            bytes: row.count(ATTEMPTS, "byte_count")?,
            started_ms: row.int("started_ms")?,
            took_ms: row.int("took_ms")?,
            status: read_status(row, ATTEMPTS, "status")?,
            outcome: row.text("outcome")?,
            detail: row.text("detail")?,
        },
    })
}

fn read_gap(row: &Row) -> Result<StreamGap, CatalogError> {
    Ok(StreamGap {
        org: row.parsed(GAPS, "org")?,
        first_seq: row.count(GAPS, "first_seq")?,
        last_seq: row.count(GAPS, "last_seq")?,
        reason: row.text("reason")?,
        at_ms: row.int("at_ms")?,
    })
}
