//! How far a stream is in each log, and the one transaction that moves it on.
//!
//! A cursor says which event comes next, and which range from there is on its way. The range is durable before it is
//! sent, so whatever happens in between, the same events go out again under the same identity.

use tallystick_event::OrgId;

use super::history::{self, StreamGap, TriedBatch};
use super::letters::{self, DEAD_LETTERS_MAX, NewDeadLetter};
use super::{StreamFault, StreamId, StreamState, TABLE};
use crate::db::{Tx, Value, stored};
use crate::{Catalog, CatalogError};

const CURSORS: &str = "stream_cursors";

/// How far a stream is in one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamCursor {
    /// Whose log.
    pub org: OrgId,
    /// Everything before is there, refused for good, filtered out, or a noted gap.
    pub next_seq: u64,
    /// Everything from `next_seq` to here, inclusive, may be on its way.
    pub in_flight_last: Option<u64>,
}

/// How the health of a stream changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamHealthChange {
    /// Something has arrived: the stream is active.
    Well,
    /// It goes on as it is; this only was noted of one log.
    Noted(StreamFault),
    /// Something has failed.
    Failed {
        /// What the stream is now.
        state: StreamState,
        /// What has failed.
        fault: StreamFault,
        /// Attempts that failed since something arrived.
        failures: u64,
        /// When it is tried again, Unix ms; none: not.
        next_attempt_ms: Option<i64>,
    },
}

/// One step of a stream in one log.
#[derive(Debug, Clone)]
pub struct StreamStep<'a> {
    /// The stream.
    pub stream: &'a StreamId,
    /// As it was when the work was begun: a step of a stream that somebody has changed since has no effect.
    pub generation: u64,
    /// Whose log.
    pub org: &'a OrgId,
    /// The cursor as it is.
    pub from_seq: u64,
    /// The cursor as it will be: not less.
    pub next_seq: u64,
    /// Last event of the range from `next_seq` on that is on its way from now on; none: nothing is.
    pub in_flight_last: Option<u64>,
    /// What was tried.
    pub attempt: Option<TriedBatch>,
    /// Events that have arrived.
    pub delivered: u64,
    /// Events that were refused for good.
    pub dead_letters: Vec<NewDeadLetter>,
    /// Events that are not there to be sent.
    pub gaps: Vec<StreamGap>,
    /// How it gets on; none: as before.
    pub health: Option<StreamHealthChange>,
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stepped {
    /// It is durable.
    Done,
    /// The stream was changed, moved or deleted meanwhile: nothing was done.
    Stale,
    /// There is no room for so many dead letters: nothing was done.
    Full,
}

impl Catalog {
    /// How far a stream is, by organization. Logs that it has not begun are not in it.
    pub async fn stream_cursors(&self, id: &StreamId) -> Result<Vec<StreamCursor>, CatalogError> {
        let sql = "SELECT org, next_seq, in_flight_last FROM stream_cursors WHERE stream = $1 ORDER BY org";
        let rows = self.db.rows(sql, &[id.as_str().into()]).await?;
        let read = |row: &crate::db::Row| {
            let last = row.opt_int("in_flight_last")?.map(u64::try_from).transpose();
            Ok(StreamCursor {
                org: row.parsed(CURSORS, "org")?,
                next_seq: row.count(CURSORS, "next_seq")?,
                in_flight_last: last
                    .map_err(|_| CatalogError::corrupt(CURSORS, "in_flight_last is negative"))?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Makes a step durable.
    pub async fn advance_stream(&self, step: &StreamStep<'_>) -> Result<Stepped, CatalogError> {
        if step.next_seq < step.from_seq || step.in_flight_last.is_some_and(|last| last < step.next_seq) {
            return Err(CatalogError::inconsistent(CURSORS, "a stream would go back"));
        }
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let Some(dead_letters) = current(&mut tx, step.stream, step.generation).await? else {
            return Ok(Stepped::Stale);
        };
        if !move_cursor(&mut tx, step).await? {
            return Ok(Stepped::Stale);
        }
        let mut more_letters = 0;
        for letter in &step.dead_letters {
            more_letters +=
                u64::from(letters::put(&mut tx, step.stream, step.org, letter, now, &*self.random).await?);
        }
        if more_letters > 0 && dead_letters + more_letters > DEAD_LETTERS_MAX {
            return Ok(Stepped::Full);
        }
        for gap in &step.gaps {
            history::insert_gap(&mut tx, step.stream, gap).await?;
        }
        if let Some(tried) = &step.attempt {
            history::insert_attempt(&mut tx, step.stream, step.org, tried).await?;
        }
        let rejected = step.dead_letters.len() as u64;
        count(&mut tx, step.stream, step.delivered, rejected, more_letters as i64).await?;
        if let Some(health) = &step.health {
            put_health(&mut tx, step.stream, health, now).await?;
        }
        tx.commit().await?;
        Ok(Stepped::Done)
    }

    /// Notes how a stream gets on; false if it was changed or deleted meanwhile.
    pub async fn note_stream_health(
        &self,
        id: &StreamId,
        generation: u64,
        health: &StreamHealthChange,
    ) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        if current(&mut tx, id, generation).await?.is_none() {
            return Ok(false);
        }
        put_health(&mut tx, id, health, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// The number of dead letters of the stream, if it is still as it was and sends.
pub(super) async fn current(
    tx: &mut Tx,
    id: &StreamId,
    generation: u64,
) -> Result<Option<u64>, CatalogError> {
    let sql = "SELECT dead_letters, state FROM streams WHERE id = $1 AND generation = $2";
    let row = tx.row(sql, &[id.as_str().into(), stored("generation", generation)?.into()]).await?;
    let Some(row) = row else { return Ok(None) };
    let state: StreamState = row.parsed(TABLE, "state")?;
    if !state.is_running() {
        return Ok(None);
    }
    row.count(TABLE, "dead_letters").map(Some)
}

async fn move_cursor(tx: &mut Tx, step: &StreamStep<'_>) -> Result<bool, CatalogError> {
    let last = step.in_flight_last.map(|last| stored("in_flight_last", last)).transpose()?;
    let values: [Value<'_>; 5] = [
        step.stream.as_str().into(),
        step.org.as_str().into(),
        stored("next_seq", step.next_seq)?.into(),
        last.into(),
        stored("from_seq", step.from_seq)?.into(),
    ];
    let sql = "UPDATE stream_cursors SET next_seq = $3, in_flight_last = $4 \
               WHERE stream = $1 AND org = $2 AND next_seq = $5";
    if tx.execute(sql, &values).await? == 1 {
        return Ok(true);
    }
    if step.from_seq != 0 {
        return Ok(false);
    }
    // An organization that was made after the stream: its log begins at 0.
    let exists = tx.row("SELECT id FROM organizations WHERE id = $1", &[step.org.as_str().into()]).await?;
    if exists.is_none() {
        return Ok(false);
    }
    let sql = "INSERT INTO stream_cursors (stream, org, next_seq, in_flight_last) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (stream, org) DO NOTHING";
    Ok(tx.execute(sql, &values[..4]).await? == 1)
}

/// Counts events; the number of dead letters changes by `letters`.
pub(super) async fn count(
    tx: &mut Tx,
    id: &StreamId,
    delivered: u64,
    rejected: u64,
    letters: i64,
) -> Result<(), CatalogError> {
    if delivered == 0 && rejected == 0 && letters == 0 {
        return Ok(());
    }
    let values = [
        id.as_str().into(),
        stored("delivered", delivered)?.into(),
        stored("rejected", rejected)?.into(),
        letters.into(),
    ];
    let sql = "UPDATE streams SET delivered = delivered + $2, rejected = rejected + $3, \
               dead_letters = dead_letters + $4 WHERE id = $1";
    tx.execute(sql, &values).await.map(drop)
}

pub(super) async fn put_health(
    tx: &mut Tx,
    id: &StreamId,
    health: &StreamHealthChange,
    now: i64,
) -> Result<(), CatalogError> {
    let id: Value<'_> = id.as_str().into();
    match health {
        StreamHealthChange::Well => {
            let sql = "UPDATE streams SET state = 'active', last_ok_ms = $2, failures = 0, next_attempt_ms = NULL \
                       WHERE id = $1";
            tx.execute(sql, &[id, now.into()]).await?;
        }
        StreamHealthChange::Noted(fault) => put_fault(tx, id, fault).await?,
        StreamHealthChange::Failed { state, fault, failures, next_attempt_ms } => {
            put_fault(tx, id, fault).await?;
            let values =
                [id, state.as_str().into(), stored("failures", *failures)?.into(), (*next_attempt_ms).into()];
            let sql = "UPDATE streams SET state = $2, failures = $3, next_attempt_ms = $4 WHERE id = $1";
            tx.execute(sql, &values).await?;
        }
    }
    Ok(())
}

async fn put_fault(tx: &mut Tx, id: Value<'_>, fault: &StreamFault) -> Result<(), CatalogError> {
    let values = [
        id,
        fault.code.as_str().into(),
        fault.status.map(i64::from).into(),
        history::cut(&fault.detail).into(),
        fault.at_ms.into(),
    ];
    let sql = "UPDATE streams SET error_code = $2, error_status = $3, error_detail = $4, error_ms = $5 \
               WHERE id = $1";
    tx.execute(sql, &values).await.map(drop)
}
