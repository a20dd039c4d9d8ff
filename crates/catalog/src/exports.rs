//! Exports: files of events that are made in the background, and what became of each. How a file is made stands in
//! `spec`, which is nothing to the catalog.

use tallystick_event::{OrgId, Random};

use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, Changed, Conflict, ExportId, LIST_MAX, check_name, organizations};

const TABLE: &str = "exports";
/// Most exports of one organization that wait or run.
pub const EXPORTS_WAITING_MAX: u64 = 20;
/// Most exports of one organization in the history; of those without a file the oldest make room.
pub const EXPORTS_KEPT_MAX: u64 = 10_000;
/// Longest description of how a file is made, bytes.
const SPEC_BYTES_MAX: usize = 16_384;

/// What became of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportState {
    /// It waits for its turn.
    Queued,
    /// Its file is being written.
    Running,
    /// Its file is there.
    Completed,
    /// It was given up.
    Failed,
    /// Somebody stopped it.
    Cancelled,
    /// Its file was kept for as long as it should be.
    Expired,
}

impl ExportState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Completed, Self::Failed, Self::Cancelled, Self::Expired];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// Whether it waits or runs.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

impl std::str::FromStr for ExportState {
    type Err = crate::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or(crate::BadId::new("the state of an export"))
    }
}

/// An export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// Whose events.
    pub org: OrgId,
    /// For people.
    pub name: String,
    /// The query as it was given.
    pub query: String,
    /// Name of the format.
    pub format: String,
    /// How the file is made, as JSON.
    pub spec: String,
    /// Events of the log below this seq are in it: as many as the log had.
    pub end_seq: u64,
    /// Unix ms.
    pub created_ms: i64,
    /// The id of a person or a key, or `root`.
    pub created_by: String,
    /// Their name at that time.
    pub created_by_name: String,
    /// What became of it.
    pub state: ExportState,
    /// How often it was begun anew by hand, from 1.
    pub attempt: u64,
    /// Rows that it may come to, counted when it began.
    pub expected_rows: Option<u64>,
    /// Rows that are durably in the file.
    pub rows: u64,
    /// The file's bytes that are durable.
    pub bytes: u64,
    /// Where to go on; none: at the start.
    pub resume_at: Option<String>,
    /// SHA-256 of the whole file, hexadecimal.
    pub sha256: Option<String>,
    /// Why it failed: a code, and a sentence.
    pub error: Option<(String, String)>,
    /// Since when it waits, or waited, Unix ms.
    pub queued_ms: i64,
    /// When it was last begun, Unix ms.
    pub started_ms: Option<i64>,
    /// When it ended, whatever the end, Unix ms.
    pub finished_ms: Option<i64>,
    /// How long its file is kept, ms.
    pub keep_ms: i64,
    /// Its file is kept until then, Unix ms.
    pub expires_ms: Option<i64>,
}

/// What an export is made of.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// See [`Export`].
    pub org: OrgId,
    /// See [`Export`].
    pub name: String,
    /// See [`Export`].
    pub query: String,
    /// See [`Export`].
    pub format: String,
    /// See [`Export`].
    pub spec: String,
    /// See [`Export`].
    pub end_seq: u64,
    /// See [`Export`].
    pub created_by: String,
    /// See [`Export`].
    pub created_by_name: String,
    /// See [`Export`].
    pub keep_ms: i64,
}

/// How far an export has come, durably.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportProgress {
    /// See [`Export`].
    pub rows: u64,
    /// See [`Export`].
    pub bytes: u64,
    /// See [`Export`].
    pub expected_rows: Option<u64>,
    /// See [`Export`].
    pub resume_at: Option<String>,
}

/// How an export ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportEnd {
    /// The file is there.
    Completed {
        /// Its rows.
        rows: u64,
        /// Its bytes.
        bytes: u64,
        /// Its SHA-256, hexadecimal.
        sha256: String,
    },
    /// It was given up.
    Failed {
        /// For programs.
        code: String,
        /// For people.
        message: String,
    },
}

impl Catalog {
    /// Queues an export.
    pub async fn create_export(&self, new: NewExport) -> Result<Export, CatalogError> {
        let export = of(new, self.now_ms(), &*self.random)?;
        let mut tx = self.db.change().await?;
        queue(&mut tx, &export).await?;
        tx.commit().await?;
        Ok(export)
    }

    /// The export `id`.
    pub async fn export(&self, id: &ExportId) -> Result<Export, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// Exports of an organization, the newest first; those behind `after`, which are the time of making and the id.
    pub async fn list_exports(
        &self,
        org: &OrgId,
        after: Option<(i64, &ExportId)>,
        limit: u32,
    ) -> Result<Vec<Export>, CatalogError> {
        let (ms, id) = after.map_or((i64::MAX, ""), |(ms, id)| (ms, id.as_str()));
        let values = [org.as_str().into(), ms.into(), id.into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// Exports of an organization that wait before this one.
    pub async fn exports_before(&self, export: &Export) -> Result<u64, CatalogError> {
        let sql = "SELECT COUNT(*) AS n FROM exports WHERE state = 'queued' AND org = $1 AND queued_ms < $2";
        let row = self.db.row(sql, &[export.org.as_str().into(), export.queued_ms.into()]).await?;
        row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
    }

    /// Takes the export whose turn it is, if any waits: of an organization for which none runs, and of those the one
    /// that had its last turn the longest time ago.
    pub async fn take_export(&self) -> Result<Option<Export>, CatalogError> {
        if self.db.row(SELECT_NEXT, &[]).await?.is_none() {
            return Ok(None);
        }
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let Some(row) = tx.row(SELECT_NEXT, &[]).await? else { return Ok(None) };
        let mut export = read(&row)?;
        export.state = ExportState::Running;
        export.started_ms = Some(now);
        let sql = "UPDATE exports SET state = 'running', started_ms = $2 WHERE id = $1";
        tx.execute(sql, &[export.id.as_str().into(), now.into()]).await?;
        tx.commit().await?;
        Ok(Some(export))
    }

    /// Has exports wait again whose server has ended under them. For the start, before any is taken.
    pub async fn requeue_exports(&self) -> Result<u64, CatalogError> {
        let mut tx = self.db.change().await?;
        let changed = tx.execute("UPDATE exports SET state = 'queued' WHERE state = 'running'", &[]).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Notes how far a running export has come; false if it does not run any more.
    pub async fn note_export(
        &self,
        export: &Export,
        progress: &ExportProgress,
    ) -> Result<bool, CatalogError> {
        let sql = "UPDATE exports SET row_count = $3, byte_count = $4, expected_rows = $5, resume_at = $6 \
                   WHERE id = $1 AND attempt = $2 AND state = 'running'";
        let expected = progress.expected_rows.map(|rows| stored("rows", rows)).transpose()?;
        let values = [
            export.id.as_str().into(),
            stored("attempt", export.attempt)?.into(),
            stored("rows", progress.rows)?.into(),
            stored("bytes", progress.bytes)?.into(),
            expected.into(),
            progress.resume_at.as_deref().into(),
        ];
        self.change_one(sql, &values).await
    }

    /// Ends a running export; false if it does not run any more.
    pub async fn end_export(&self, export: &Export, end: &ExportEnd) -> Result<bool, CatalogError> {
        let now = self.now_ms();
        let (id, attempt) = (export.id.as_str(), stored("attempt", export.attempt)?);
        match end {
            ExportEnd::Completed { rows, bytes, sha256 } => {
                let sql = "UPDATE exports SET state = 'completed', row_count = $3, byte_count = $4, sha256 = $5, \
                           finished_ms = $6, expires_ms = $7, resume_at = NULL \
                           WHERE id = $1 AND attempt = $2 AND state = 'running'";
                let values = [
                    id.into(),
                    attempt.into(),
                    stored("rows", *rows)?.into(),
                    stored("bytes", *bytes)?.into(),
                    sha256.as_str().into(),
                    now.into(),
                    now.saturating_add(export.keep_ms).into(),
                ];
                self.change_one(sql, &values).await
            }
            ExportEnd::Failed { code, message } => {
                let sql = "UPDATE exports SET state = 'failed', error_code = $3, error = $4, finished_ms = $5, \
                           resume_at = NULL WHERE id = $1 AND attempt = $2 AND state = 'running'";
                let values =
                    [id.into(), attempt.into(), code.as_str().into(), message.as_str().into(), now.into()];
                self.change_one(sql, &values).await
            }
        }
    }

    /// Stops an export that waits or runs.
    pub async fn cancel_export(&self, id: &ExportId) -> Result<Changed<Export>, CatalogError> {
        let sql = "UPDATE exports SET state = 'cancelled', finished_ms = $2, resume_at = NULL WHERE id = $1";
        self.move_export(id, ExportState::is_active, sql).await
    }

    /// Has an export begin anew whose file is not there any more, or never was.
    pub async fn retry_export(&self, id: &ExportId) -> Result<Changed<Export>, CatalogError> {
        let sql = "UPDATE exports SET state = 'queued', attempt = attempt + 1, queued_ms = $2, row_count = 0, \
                   byte_count = 0, expected_rows = NULL, resume_at = NULL, sha256 = NULL, error_code = NULL, \
                   error = NULL, started_ms = NULL, finished_ms = NULL, expires_ms = NULL WHERE id = $1";
        let can =
            |state| matches!(state, ExportState::Failed | ExportState::Cancelled | ExportState::Expired);
        self.move_export(id, can, sql).await
    }

    async fn move_export(
        &self,
        id: &ExportId,
        can: impl Fn(ExportState) -> bool,
        sql: &'static str,
    ) -> Result<Changed<Export>, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        if !can(before.state) {
            return Err(CatalogError::Conflict(Conflict::ExportState { state: before.state.as_str() }));
        }
        if !before.state.is_active() {
            room_to_wait(&mut tx, &before.org).await?;
        }
        tx.execute(sql, &[id.as_str().into(), now.into()]).await?;
        let after = in_tx(&mut tx, id).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Forgets an export, whatever its state.
    pub async fn delete_export(&self, id: &ExportId) -> Result<Export, CatalogError> {
        let mut tx = self.db.change().await?;
        let export = in_tx(&mut tx, id).await?;
        tx.execute("DELETE FROM exports WHERE id = $1", &[id.as_str().into()]).await?;
        tx.commit().await?;
        Ok(export)
    }

    /// Exports whose files were kept for long enough, of which each is told to one caller only.
    pub async fn expire_exports(&self) -> Result<Vec<Export>, CatalogError> {
        let values = [self.now_ms().into()];
        if self.db.row(SELECT_DUE, &values).await?.is_none() {
            return Ok(Vec::new());
        }
        let mut tx = self.db.change().await?;
        let due: Vec<Export> =
            tx.rows(SELECT_DUE, &values).await?.iter().map(read).collect::<Result<_, _>>()?;
        let sql = "UPDATE exports SET state = 'expired' WHERE state = 'completed' AND expires_ms <= $1";
        tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(due)
    }

    /// Exports that have a file or a part of one: id and attempt.
    pub async fn exports_with_files(&self) -> Result<Vec<(ExportId, u64)>, CatalogError> {
        let sql = "SELECT id, attempt FROM exports WHERE state IN ('queued', 'running', 'completed')";
        let rows = self.db.rows(sql, &[]).await?;
        rows.iter().map(|row| Ok((row.parsed(TABLE, "id")?, row.count(TABLE, "attempt")?))).collect()
    }

    async fn change_one(&self, sql: &'static str, values: &[Value<'_>]) -> Result<bool, CatalogError> {
        let mut tx = self.db.change().await?;
        let changed = tx.execute(sql, values).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }
}

/// An export that waits for its turn.
pub(crate) fn of(new: NewExport, now: i64, random: &dyn Random) -> Result<Export, CatalogError> {
    let export = Export {
        id: ExportId::generate(random),
        org: new.org,
        name: new.name.trim().to_owned(),
        query: new.query,
        format: new.format,
        spec: new.spec,
        end_seq: new.end_seq,
        created_ms: now,
        created_by: new.created_by,
        created_by_name: new.created_by_name,
        state: ExportState::Queued,
        attempt: 1,
        expected_rows: None,
        rows: 0,
        bytes: 0,
        resume_at: None,
        sha256: None,
        error: None,
        queued_ms: now,
        started_ms: None,
        finished_ms: None,
        keep_ms: new.keep_ms,
        expires_ms: None,
    };
    check_name(&export.name)?;
    if export.spec.len() > SPEC_BYTES_MAX {
        return Err(CatalogError::invalid("columns", format!("at most {SPEC_BYTES_MAX} bytes in all")));
    }
    Ok(export)
}

/// Puts an export into the queue, as a part of a change.
pub(crate) async fn queue(tx: &mut Tx, export: &Export) -> Result<(), CatalogError> {
    organizations::in_tx(tx, &export.org).await?;
    room_to_wait(tx, &export.org).await?;
    let org: Value<'_> = export.org.as_str().into();
    if count(tx, "SELECT COUNT(*) AS n FROM exports WHERE org = $1", org).await? >= EXPORTS_KEPT_MAX {
        tx.execute(DELETE_OLDEST, &[org]).await?;
    }
    insert(tx, export).await
}

async fn room_to_wait(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    let sql = "SELECT COUNT(*) AS n FROM exports WHERE org = $1 AND state IN ('queued', 'running')";
    if count(tx, sql, org.as_str().into()).await? < EXPORTS_WAITING_MAX {
        return Ok(());
    }
    let what = "exports that wait or run";
    Err(CatalogError::Conflict(Conflict::TooMany { what, max: EXPORTS_WAITING_MAX }))
}

async fn count(tx: &mut Tx, sql: &'static str, of: Value<'_>) -> Result<u64, CatalogError> {
    let row = tx.row(sql, &[of]).await?;
    row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?.count(TABLE, "n")
}

async fn insert(tx: &mut Tx, export: &Export) -> Result<(), CatalogError> {
    let values: [Value<'_>; 13] = [
        export.id.as_str().into(),
        export.org.as_str().into(),
        export.name.as_str().into(),
        export.query.as_str().into(),
        export.format.as_str().into(),
        export.spec.as_str().into(),
        stored("end_seq", export.end_seq)?.into(),
        export.created_ms.into(),
        export.created_by.as_str().into(),
        export.created_by_name.as_str().into(),
        export.state.as_str().into(),
        export.queued_ms.into(),
        export.keep_ms.into(),
    ];
    let sql = "INSERT INTO exports (id, org, name, query, format, spec, end_seq, created_ms, created_by, \
               created_by_name, state, attempt, row_count, byte_count, queued_ms, keep_ms) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, 0, 0, $12, $13)";
    tx.execute(sql, &values).await.map(drop)
}

async fn in_tx(tx: &mut Tx, id: &ExportId) -> Result<Export, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

fn not_found(id: &ExportId) -> CatalogError {
    CatalogError::NotFound { kind: "export", id: id.to_string() }
}

fn read(row: &Row) -> Result<Export, CatalogError> {
    let error = match (row.opt_text("error_code")?, row.opt_text("error")?) {
        (Some(code), Some(message)) => Some((code, message)),
        _ => None,
    };
    let expected = row.opt_int("expected_rows")?.map(u64::try_from).transpose();
    Ok(Export {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        name: row.text("name")?,
        query: row.text("query")?,
        format: row.text("format")?,
        spec: row.text("spec")?,
        end_seq: row.count(TABLE, "end_seq")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        created_by_name: row.text("created_by_name")?,
        state: row.parsed(TABLE, "state")?,
        attempt: row.count(TABLE, "attempt")?,
        expected_rows: expected.map_err(|_| CatalogError::corrupt(TABLE, "expected_rows is negative"))?,
        rows: row.count(TABLE, "row_count")?,
        bytes: row.count(TABLE, "byte_count")?,
        resume_at: row.opt_text("resume_at")?,
        sha256: row.opt_text("sha256")?,
        error,
        queued_ms: row.int("queued_ms")?,
        started_ms: row.opt_int("started_ms")?,
        finished_ms: row.opt_int("finished_ms")?,
        keep_ms: row.int("keep_ms")?,
        expires_ms: row.opt_int("expires_ms")?,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, name, query, format, spec, end_seq, created_ms, created_by, created_by_name, state, ",
            "attempt, expected_rows, row_count, byte_count, resume_at, sha256, error_code, error, queued_ms, ",
            "started_ms, finished_ms, keep_ms, expires_ms FROM exports ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_PAGE: &str = select!(
    "WHERE org = $1 AND (created_ms < $2 OR (created_ms = $2 AND id < $3)) ORDER BY created_ms DESC, id DESC LIMIT $4"
);
const SELECT_NEXT: &str = select!(
    "WHERE state = 'queued' AND org NOT IN (SELECT org FROM exports WHERE state = 'running') \
     ORDER BY (SELECT COALESCE(MAX(turn.started_ms), 0) FROM exports AS turn WHERE turn.org = exports.org), \
     queued_ms, id LIMIT 1"
);
const SELECT_DUE: &str = select!("WHERE state = 'completed' AND expires_ms <= $1 ORDER BY expires_ms, id");
const DELETE_OLDEST: &str = "DELETE FROM exports WHERE id IN (SELECT id FROM exports WHERE org = $1 AND state IN \
                             ('failed', 'cancelled', 'expired') ORDER BY created_ms, id LIMIT 1)";
