//! Streams as rows: made, read, changed, held, deleted.

use tallystick_event::OrgId;

use super::history::{self, GAP_REWOUND, StreamGap};
use super::{
    NewStream, Stream, StreamChange, StreamFault, StreamHealth, StreamId, StreamState, StreamsOf, TABLE,
};
use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, Changed, Conflict, check_name, organizations};

/// Most streams of one organization, and most over all organizations.
pub const STREAMS_MAX: u64 = 100;
/// Longest settings, sealed or shown, bytes.
const SETTINGS_BYTES_MAX: usize = 262_144;
/// Longest other text of a stream, bytes.
const TEXT_BYTES_MAX: usize = 65_536;

impl Catalog {
    /// An id for a stream that is to be made.
    pub fn new_stream_id(&self) -> StreamId {
        StreamId::generate(&*self.clock, &*self.random)
    }

    /// Makes a stream.
    pub async fn create_stream(&self, new: NewStream) -> Result<Stream, CatalogError> {
        let now = self.now_ms();
        let stream = Stream {
            id: new.id,
            org: new.org,
            name: new.name.trim().to_owned(),
            kind: new.kind,
            format: new.format,
            query: new.query,
            mask: new.mask,
            settings_sealed: new.settings_sealed,
            settings_shown: new.settings_shown,
            start: new.start,
            state: if new.is_paused { StreamState::Paused } else { StreamState::Active },
            version: 1,
            generation: 1,
            created_ms: now,
            created_by: new.created_by,
            created_by_name: new.created_by_name,
            updated_ms: now,
            health: StreamHealth::default(),
        };
        check(&stream)?;
        let mut tx = self.db.change().await?;
        if let Some(org) = &stream.org {
            organizations::in_tx(&mut tx, org).await?;
        }
        require_room(&mut tx, stream.org.as_ref()).await?;
        insert(&mut tx, &stream).await?;
        for (org, next_seq) in &new.cursors {
            put_cursor(&mut tx, &stream.id, org, *next_seq).await?;
        }
        tx.commit().await?;
        Ok(stream)
    }

    /// A stream.
    pub async fn stream(&self, id: &StreamId) -> Result<Stream, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// Streams, the oldest first.
    pub async fn list_streams(&self, whose: StreamsOf<'_>) -> Result<Vec<Stream>, CatalogError> {
        let rows = match whose {
            StreamsOf::Everybody => self.db.rows(SELECT_ALL, &[]).await?,
            StreamsOf::Instance => self.db.rows(SELECT_INSTANCE, &[]).await?,
            StreamsOf::Org(org) => self.db.rows(SELECT_OF_ORG, &[org.as_str().into()]).await?,
        };
        rows.iter().map(read).collect()
    }

    /// Changes what a stream is. [`Conflict::StreamChanged`] if it is not the version that the caller has seen.
    pub async fn update_stream(
        &self,
        id: &StreamId,
        seen_version: Option<u64>,
        change: StreamChange,
    ) -> Result<Changed<Stream>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        if seen_version.is_some_and(|seen| seen != before.version) {
            return Err(CatalogError::Conflict(Conflict::StreamChanged { version: before.version }));
        }
        let mut after = before.clone();
        if let Some((sealed, shown)) = change.settings {
            (after.settings_sealed, after.settings_shown) = (sealed, shown);
        }
        after.name = change.name.map_or(after.name, |name| name.trim().to_owned());
        after.format = change.format.unwrap_or(after.format);
        after.query = change.query.unwrap_or(after.query);
        after.mask = change.mask.unwrap_or(after.mask);
        if after == before {
            return Ok(Changed { before, after });
        }
        check(&after)?;
        after.version += 1;
        after.updated_ms = self.now_ms();
        self.put(tx, before, after).await
    }

    /// Has a stream send nothing until it is resumed.
    pub async fn pause_stream(&self, id: &StreamId) -> Result<Changed<Stream>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let after = Stream { state: StreamState::Paused, ..before.clone() };
        if after == before {
            return Ok(Changed { before, after });
        }
        self.put(tx, before, after).await
    }

    /// Has a stream send, now: one that is paused or inactive goes on, one that waits before it tries again does not
    /// wait any more.
    pub async fn resume_stream(&self, id: &StreamId) -> Result<Changed<Stream>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let after = Stream { state: StreamState::Active, ..before.clone() };
        if after == before {
            return Ok(Changed { before, after });
        }
        self.put(tx, before, after).await
    }

    /// Stores a stream that somebody has changed: what failed before counts no more, and what is under way has no
    /// effect.
    async fn put(
        &self,
        mut tx: Tx,
        before: Stream,
        mut after: Stream,
    ) -> Result<Changed<Stream>, CatalogError> {
        after.generation += 1;
        after.health.failures = 0;
        after.health.next_attempt_ms = None;
        update(&mut tx, &after).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Has a stream go on at other places of logs: what it has sent since is sent again, what it has not sent is left
    /// out, and each such gap is noted. Where each log was before.
    pub async fn rewind_stream(
        &self,
        id: &StreamId,
        to: &[(OrgId, u64)],
    ) -> Result<(Changed<Stream>, Vec<(OrgId, u64)>), CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        let mut were = Vec::with_capacity(to.len());
        for (org, next_seq) in to {
            let sql = "SELECT next_seq FROM stream_cursors WHERE stream = $1 AND org = $2";
            let row = tx.row(sql, &[id.as_str().into(), org.as_str().into()]).await?;
            let was = row.map(|row| row.count("stream_cursors", "next_seq")).transpose()?.unwrap_or(0);
            if *next_seq > was {
                let gap = StreamGap {
                    org: org.clone(),
                    first_seq: was,
                    last_seq: next_seq - 1,
                    reason: GAP_REWOUND.to_owned(),
                    at_ms: now,
                };
                history::insert_gap(&mut tx, id, &gap).await?;
            }
            put_cursor(&mut tx, id, org, *next_seq).await?;
            were.push((org.clone(), was));
        }
        let after = before.clone();
        Ok((self.put(tx, before, after).await?, were))
    }

    /// Deletes a stream with all that is known of it.
    pub async fn delete_stream(&self, id: &StreamId) -> Result<Stream, CatalogError> {
        let mut tx = self.db.change().await?;
        let stream = in_tx(&mut tx, id).await?;
        delete(&mut tx, id.as_str()).await?;
        tx.commit().await?;
        Ok(stream)
    }

    /// The sealed key with which values of an organization's events are hashed: the one that is proposed if it has
    /// none.
    pub async fn init_mask_key(&self, org: &OrgId, proposed: &[u8]) -> Result<Vec<u8>, CatalogError> {
        let select = "SELECT key_sealed FROM stream_mask_keys WHERE org = $1";
        let values = [org.as_str().into()];
        if let Some(row) = self.db.row(select, &values).await? {
            return row.bytes("key_sealed");
        }
        let mut tx = self.db.change().await?;
        let sql =
            "INSERT INTO stream_mask_keys (org, key_sealed) VALUES ($1, $2) ON CONFLICT (org) DO NOTHING";
        tx.execute(sql, &[org.as_str().into(), proposed.into()]).await?;
        let row = tx.row(select, &values).await?;
        let key = row.ok_or_else(|| CatalogError::inconsistent("stream_mask_keys", "a key vanished"))?;
        let key = key.bytes("key_sealed")?;
        tx.commit().await?;
        Ok(key)
    }
}

fn check(stream: &Stream) -> Result<(), CatalogError> {
    check_name(&stream.name)?;
    let too_long =
        |what, max: usize| Err(CatalogError::invalid(what, format!("it has more than {max} bytes")));
    for (what, text) in [("query", &stream.query), ("mask", &stream.mask), ("start", &stream.start)] {
        if text.len() > TEXT_BYTES_MAX {
            return too_long(what, TEXT_BYTES_MAX);
        }
    }
    if stream.settings_sealed.len().max(stream.settings_shown.len()) > SETTINGS_BYTES_MAX {
        return too_long("settings", SETTINGS_BYTES_MAX);
    }
    Ok(())
}

async fn require_room(tx: &mut Tx, org: Option<&OrgId>) -> Result<(), CatalogError> {
    let row = match org {
        Some(org) => {
            let sql = "SELECT COUNT(*) AS n FROM streams WHERE org = $1";
            tx.row(sql, &[org.as_str().into()]).await?
        }
        None => tx.row("SELECT COUNT(*) AS n FROM streams WHERE org IS NULL", &[]).await?,
    };
    let there =
        row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")?;
    if there < STREAMS_MAX {
        return Ok(());
    }
    Err(CatalogError::Conflict(Conflict::TooMany { what: "streams", max: STREAMS_MAX }))
}

async fn put_cursor(tx: &mut Tx, id: &StreamId, org: &OrgId, next_seq: u64) -> Result<(), CatalogError> {
    let sql = "INSERT INTO stream_cursors (stream, org, next_seq) VALUES ($1, $2, $3) \
               ON CONFLICT (stream, org) DO UPDATE SET next_seq = excluded.next_seq, in_flight_last = NULL";
    let values = [id.as_str().into(), org.as_str().into(), stored("next_seq", next_seq)?.into()];
    tx.execute(sql, &values).await.map(drop)
}

/// What becomes of an organization that is deleted: its own streams go with it.
pub(crate) async fn delete_all_of(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    let whose: [Value<'_>; 1] = [org.as_str().into()];
    for row in tx.rows("SELECT id FROM streams WHERE org = $1", &whose).await? {
        delete(tx, &row.text("id")?).await?;
    }
    tx.execute("DELETE FROM stream_cursors WHERE org = $1", &whose).await?;
    tx.execute("DELETE FROM stream_mask_keys WHERE org = $1", &whose).await.map(drop)
}

async fn delete(tx: &mut Tx, id: &str) -> Result<(), CatalogError> {
    for sql in [
        "DELETE FROM stream_cursors WHERE stream = $1",
        "DELETE FROM stream_attempts WHERE stream = $1",
        "DELETE FROM stream_dead_letters WHERE stream = $1",
        "DELETE FROM stream_gaps WHERE stream = $1",
        "DELETE FROM streams WHERE id = $1",
    ] {
        tx.execute(sql, &[id.into()]).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, stream: &Stream) -> Result<(), CatalogError> {
    let values: [Value<'_>; 15] = [
        stream.id.as_str().into(),
        stream.org.as_ref().map(OrgId::as_str).into(),
        stream.name.as_str().into(),
        stream.kind.as_str().into(),
        stream.format.as_str().into(),
        stream.query.as_str().into(),
        stream.mask.as_str().into(),
        stream.settings_sealed.as_slice().into(),
        stream.settings_shown.as_str().into(),
        stream.start.as_str().into(),
        stream.state.as_str().into(),
        stream.created_ms.into(),
        stream.created_by.as_str().into(),
        stream.created_by_name.as_str().into(),
        stream.updated_ms.into(),
    ];
    let sql = "INSERT INTO streams (id, org, name, kind, format, query, mask, settings_sealed, settings_shown, \
               start, state, version, generation, created_ms, created_by, created_by_name, updated_ms, failures, \
               delivered, rejected, dead_letters, attempts) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, 1, $12, $13, $14, $15, 0, 0, 0, 0, 0)";
    tx.execute(sql, &values).await.map(drop)
}

async fn update(tx: &mut Tx, stream: &Stream) -> Result<(), CatalogError> {
    let values: [Value<'_>; 11] = [
        stream.id.as_str().into(),
        stream.name.as_str().into(),
        stream.format.as_str().into(),
        stream.query.as_str().into(),
        stream.mask.as_str().into(),
        stream.settings_sealed.as_slice().into(),
        stream.settings_shown.as_str().into(),
        stream.state.as_str().into(),
        stored("version", stream.version)?.into(),
        stored("generation", stream.generation)?.into(),
        stream.updated_ms.into(),
    ];
    let sql = "UPDATE streams SET name = $2, format = $3, query = $4, mask = $5, settings_sealed = $6, \
               settings_shown = $7, state = $8, version = $9, generation = $10, updated_ms = $11, failures = 0, \
               next_attempt_ms = NULL WHERE id = $1";
    tx.execute(sql, &values).await.map(drop)
}

pub(super) async fn in_tx(tx: &mut Tx, id: &StreamId) -> Result<Stream, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

fn not_found(id: &StreamId) -> CatalogError {
    CatalogError::NotFound { kind: "stream", id: id.to_string() }
}

/// A status as it is stored: as a number, because the databases know no smaller ones.
pub(super) fn read_status(
    row: &Row,
    table: &'static str,
    column: &'static str,
) -> Result<Option<u16>, CatalogError> {
    let status = row.opt_int(column)?.map(u16::try_from).transpose();
    status.map_err(|_| CatalogError::corrupt(table, format!("{column} is no status")))
}

fn read(row: &Row) -> Result<Stream, CatalogError> {
    let org = row.opt_text("org")?.map(|org| org.parse()).transpose();
    let last_error =
        match (row.opt_text("error_code")?, row.opt_text("error_detail")?, row.opt_int("error_ms")?) {
            (Some(code), Some(detail), Some(at_ms)) => {
                Some(StreamFault { code, status: read_status(row, TABLE, "error_status")?, detail, at_ms })
            }
            _ => None,
        };
    Ok(Stream {
        id: row.parsed(TABLE, "id")?,
        org: org.map_err(|_| CatalogError::corrupt(TABLE, "org is no id"))?,
        name: row.text("name")?,
        kind: row.text("kind")?,
        format: row.text("format")?,
        query: row.text("query")?,
        mask: row.text("mask")?,
        settings_sealed: row.bytes("settings_sealed")?,
        settings_shown: row.text("settings_shown")?,
        start: row.text("start")?,
        state: row.parsed(TABLE, "state")?,
        version: row.count(TABLE, "version")?,
        generation: row.count(TABLE, "generation")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        created_by_name: row.text("created_by_name")?,
        updated_ms: row.int("updated_ms")?,
        health: StreamHealth {
            last_ok_ms: row.opt_int("last_ok_ms")?,
            last_error,
            failures: row.count(TABLE, "failures")?,
            next_attempt_ms: row.opt_int("next_attempt_ms")?,
            delivered: row.count(TABLE, "delivered")?,
            rejected: row.count(TABLE, "rejected")?,
            dead_letters: row.count(TABLE, "dead_letters")?,
        },
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, name, kind, format, query, mask, settings_sealed, settings_shown, start, state, version, ",
            "generation, created_ms, created_by, created_by_name, updated_ms, last_ok_ms, error_code, error_status, ",
            "error_detail, error_ms, failures, next_attempt_ms, delivered, rejected, dead_letters FROM streams ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_ALL: &str = select!("ORDER BY created_ms, id");
const SELECT_INSTANCE: &str = select!("WHERE org IS NULL ORDER BY created_ms, id");
const SELECT_OF_ORG: &str = select!("WHERE org = $1 ORDER BY created_ms, id");
