//! Dead letters: events that the other side has refused for good. They are kept until somebody has them sent again
//! and they arrive.

use tallystick_event::{OrgId, Random};

use super::StreamId;
use super::history::{self, TriedBatch, cut};
use super::rows::{in_tx, read_status};
use super::steps::{self, StreamHealthChange};
use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, DeadLetterId, LIST_MAX};

const TABLE: &str = "stream_dead_letters";
/// Most dead letters of one stream that have not arrived. With so many it holds.
pub const DEAD_LETTERS_MAX: u64 = 100_000;
/// Dead letters of one stream that have arrived since and are kept, the newest.
pub const DEAD_LETTERS_REPLAYED_KEPT: u64 = 10_000;

/// An event that was refused for good, before it is noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// Its place in its log.
    pub seq: u64,
    /// Its id.
    pub event_id: String,
    /// Why, such as `refused`, `too_large`, `unrenderable`.
    pub reason: String,
    /// The status of HTTP, or the code of the protocol.
    pub status: Option<u16>,
    /// What the other side said of it.
    pub excerpt: String,
}

/// An event that was refused for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its id.
    pub id: DeadLetterId,
    /// Whose log.
    pub org: OrgId,
    /// See [`NewDeadLetter`].
    pub letter: NewDeadLetter,
    /// When it was refused last, Unix ms.
    pub at_ms: i64,
    /// Since when it waits to be sent again, Unix ms.
    pub replay_ms: Option<i64>,
    /// When it arrived all the same, Unix ms.
    pub replayed_ms: Option<i64>,
}

/// Which dead letters are to be sent again.
#[derive(Debug, Clone)]
pub enum Replay<'a> {
    /// These, at most [`LIST_MAX`].
    Some(&'a [DeadLetterId]),
    /// All that have not arrived.
    All,
}

/// What came of sending dead letters again.
#[derive(Debug, Clone)]
pub struct ReplayEnd<'a> {
    /// The stream.
    pub stream: &'a StreamId,
    /// See [`super::StreamStep`].
    pub generation: u64,
    /// Whose log.
    pub org: &'a OrgId,
    /// What was tried.
    pub attempt: TriedBatch,
    /// Seqs of those that have arrived.
    pub arrived: Vec<u64>,
    /// Those that were refused again.
    pub refused: Vec<NewDeadLetter>,
    /// How the stream gets on; none: as before.
    pub health: Option<StreamHealthChange>,
}

impl Catalog {
    /// Dead letters of a stream, the newest first; those behind `after`, which are the time and the id.
    pub async fn dead_letters(
        &self,
        id: &StreamId,
        after: Option<(i64, &DeadLetterId)>,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, CatalogError> {
        let (ms, after) = after.map_or((i64::MAX, ""), |(ms, id)| (ms, id.as_str()));
        let limit = i64::from(limit.min(LIST_MAX));
        let values = [id.as_str().into(), ms.into(), after.into(), limit.into()];
        self.db.rows(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// Has dead letters wait to be sent again: how many, of those that have not arrived.
    pub async fn replay_dead_letters(&self, id: &StreamId, which: Replay<'_>) -> Result<u64, CatalogError> {
        let now: Value<'_> = self.now_ms().into();
        let mut tx = self.db.change().await?;
        in_tx(&mut tx, id).await?;
        let stream: Value<'_> = id.as_str().into();
        let changed = match which {
            Replay::All => {
                let sql = "UPDATE stream_dead_letters SET replay_ms = $2 \
                           WHERE stream = $1 AND replayed_ms IS NULL";
                tx.execute(sql, &[stream, now]).await?
            }
            Replay::Some(ids) if ids.len() > LIST_MAX as usize => {
                return Err(CatalogError::invalid("ids", format!("there are more than {LIST_MAX}")));
            }
            Replay::Some(ids) => {
                let sql = "UPDATE stream_dead_letters SET replay_ms = $2 \
                           WHERE stream = $1 AND id = $3 AND replayed_ms IS NULL";
                let mut changed = 0;
                for letter in ids {
                    changed += tx.execute(sql, &[stream, now, letter.as_str().into()]).await?;
                }
                changed
            }
        };
        tx.commit().await?;
        Ok(changed)
    }

    /// Dead letters that wait to be sent again, in order of their logs.
    pub async fn dead_letters_to_replay(
        &self,
        id: &StreamId,
        limit: u32,
    ) -> Result<Vec<DeadLetter>, CatalogError> {
        let values = [id.as_str().into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(SELECT_WAITING, &values).await?.iter().map(read).collect()
    }

    /// Notes what came of sending dead letters again; false if the stream was changed or deleted meanwhile. Those that
    /// have neither arrived nor were refused wait on.
    pub async fn end_replay(&self, end: &ReplayEnd<'_>) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        if steps::current(&mut tx, end.stream, end.generation).await?.is_none() {
            return Ok(false);
        }
        let (stream, org): (Value<'_>, Value<'_>) = (end.stream.as_str().into(), end.org.as_str().into());
        let mut arrived = 0;
        for seq in &end.arrived {
            let sql = "UPDATE stream_dead_letters SET replayed_ms = $4, replay_ms = NULL \
                       WHERE stream = $1 AND org = $2 AND seq = $3 AND replayed_ms IS NULL";
            arrived += tx.execute(sql, &[stream, org, stored("seq", *seq)?.into(), now.into()]).await?;
        }
        for letter in &end.refused {
            put(&mut tx, end.stream, end.org, letter, now, &*self.random).await?;
        }
        history::insert_attempt(&mut tx, end.stream, end.org, &end.attempt).await?;
        let (delivered, rejected) = (end.arrived.len() as u64, end.refused.len() as u64);
        steps::count(&mut tx, end.stream, delivered, rejected, -(arrived as i64)).await?;
        if let Some(health) = &end.health {
            steps::put_health(&mut tx, end.stream, health, now).await?;
        }
        if arrived > 0 {
            tx.execute(DELETE_OLD, &[stream, (DEAD_LETTERS_REPLAYED_KEPT as i64).into()]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// Notes a dead letter; whether there is one more than before. One that is refused again is the same one.
pub(super) async fn put(
    tx: &mut Tx,
    id: &StreamId,
    org: &OrgId,
    letter: &NewDeadLetter,
    now: i64,
    random: &dyn Random,
) -> Result<bool, CatalogError> {
    let sql = "SELECT replayed_ms FROM stream_dead_letters WHERE stream = $1 AND org = $2 AND seq = $3";
    let seq: Value<'_> = stored("seq", letter.seq)?.into();
    let there = tx.row(sql, &[id.as_str().into(), org.as_str().into(), seq]).await?;
    let is_more = there.map_or(Ok(true), |row| row.opt_int("replayed_ms").map(|ms| ms.is_some()))?;
    let new_id = DeadLetterId::generate(random);
    let values: [Value<'_>; 9] = [
        new_id.as_str().into(),
        id.as_str().into(),
        org.as_str().into(),
        seq,
        letter.event_id.as_str().into(),
        cut(&letter.reason).into(),
        letter.status.map(i64::from).into(),
        cut(&letter.excerpt).into(),
        now.into(),
    ];
    let sql = "INSERT INTO stream_dead_letters (id, stream, org, seq, event_id, reason, status, excerpt, at_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (stream, org, seq) DO UPDATE SET \
               reason = excluded.reason, status = excluded.status, excerpt = excluded.excerpt, \
               at_ms = excluded.at_ms, replay_ms = NULL, replayed_ms = NULL";
    tx.execute(sql, &values).await?;
    Ok(is_more)
}

fn read(row: &Row) -> Result<DeadLetter, CatalogError> {
    Ok(DeadLetter {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        letter: NewDeadLetter {
            seq: row.count(TABLE, "seq")?,
            event_id: row.text("event_id")?,
            reason: row.text("reason")?,
            status: read_status(row, TABLE, "status")?,
            excerpt: row.text("excerpt")?,
        },
        at_ms: row.int("at_ms")?,
        replay_ms: row.opt_int("replay_ms")?,
        replayed_ms: row.opt_int("replayed_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, seq, event_id, reason, status, excerpt, at_ms, replay_ms, replayed_ms ",
            "FROM stream_dead_letters WHERE stream = $1 AND ",
            $rest
        )
    };
}
const SELECT_PAGE: &str =
    select!("(at_ms < $2 OR (at_ms = $2 AND id < $3)) ORDER BY at_ms DESC, id DESC LIMIT $4");
const SELECT_WAITING: &str = select!("replay_ms IS NOT NULL ORDER BY org, seq LIMIT $2");
const DELETE_OLD: &str = "DELETE FROM stream_dead_letters WHERE stream = $1 AND replayed_ms <= \
                          (SELECT MAX(replayed_ms) FROM (SELECT replayed_ms FROM stream_dead_letters \
                          WHERE stream = $1 AND replayed_ms IS NOT NULL ORDER BY replayed_ms DESC \
                          LIMIT 1 OFFSET $2) AS old)";
