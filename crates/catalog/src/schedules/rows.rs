//! Schedules as rows: made, read, changed, held, deleted.

use tallystick_event::OrgId;

use super::{NewSchedule, NextDue, Schedule, ScheduleFault, ScheduleOwner, ScheduleParts, TABLE};
use crate::db::{Row, Tx, Value, stored};
use crate::{Catalog, CatalogError, Changed, Conflict, ScheduleId, check_name, organizations};

/// Most schedules of one organization.
pub const EXPORT_SCHEDULES_MAX: u64 = 50;
/// Runs of a schedule that are kept; older ones are forgotten, their exports are not.
pub const SCHEDULE_RUNS_KEPT: u64 = 100;
/// Longest text of a schedule, bytes.
const TEXT_BYTES_MAX: usize = 65_536;
/// Longest sealed settings, bytes.
const SEALED_BYTES_MAX: usize = 262_144;

impl Catalog {
    /// An id for a schedule that is to be made.
    pub fn new_schedule_id(&self) -> ScheduleId {
        ScheduleId::generate(&*self.random)
    }

    /// Makes a schedule.
    pub async fn create_schedule(&self, new: NewSchedule) -> Result<Schedule, CatalogError> {
        let now = self.now_ms();
        let (created_by, created_by_name) = (new.parts.owner.id.clone(), new.parts.owner.name.clone());
        let schedule = Schedule {
            id: new.id,
            org: new.org,
            parts: ScheduleParts { name: new.parts.name.trim().to_owned(), ..new.parts },
            is_paused: new.is_paused,
            version: 1,
            created_ms: now,
            created_by,
            created_by_name,
            updated_ms: now,
            covered_ms: new.covered_ms,
            covered_seq: None,
            due_ms: new.due_ms.filter(|_| !new.is_paused),
            asked_ms: None,
            runs: 0,
            error: None,
        };
        check(&schedule.parts)?;
        let mut tx = self.db.change().await?;
        organizations::in_tx(&mut tx, &schedule.org).await?;
        let sql = "SELECT COUNT(*) AS n FROM export_schedules WHERE org = $1";
        let row = tx.row(sql, &[schedule.org.as_str().into()]).await?;
        let there = row.ok_or_else(|| CatalogError::corrupt(TABLE, "a count without a row"))?;
        if there.count(TABLE, "n")? >= EXPORT_SCHEDULES_MAX {
            let what = "schedules of exports";
            return Err(CatalogError::Conflict(Conflict::TooMany { what, max: EXPORT_SCHEDULES_MAX }));
        }
        insert(&mut tx, &schedule).await?;
        tx.commit().await?;
        Ok(schedule)
    }

    /// A schedule.
    pub async fn schedule(&self, id: &ScheduleId) -> Result<Schedule, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
    }

    /// The schedules of an organization, the oldest first.
    pub async fn list_schedules(&self, org: &OrgId) -> Result<Vec<Schedule>, CatalogError> {
        let rows = self.db.rows(SELECT_OF_ORG, &[org.as_str().into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Schedules that are due, or asked for, and of which no run is under way; the one that waits longest first.
    pub async fn due_schedules(&self) -> Result<Vec<Schedule>, CatalogError> {
        let rows = self.db.rows(SELECT_DUE, &[self.now_ms().into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Changes what a schedule is, whether it is paused and when it is due next. What kept it from running is
    /// forgotten.
    /// [`Conflict::ScheduleChanged`] if it is not the version that the caller has seen.
    pub async fn update_schedule(
        &self,
        id: &ScheduleId,
        seen_version: u64,
        mut parts: ScheduleParts,
        is_paused: bool,
        due: NextDue,
    ) -> Result<Changed<Schedule>, CatalogError> {
        parts.name = parts.name.trim().to_owned();
        check(&parts)?;
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, id).await?;
        if before.version != seen_version {
            return Err(CatalogError::Conflict(Conflict::ScheduleChanged { version: before.version }));
        }
        let due_ms = match due {
            NextDue::Stays => before.due_ms,
            NextDue::Is(due_ms) => due_ms,
        };
        let after = Schedule {
            parts,
            is_paused,
            version: before.version + 1,
            updated_ms: self.now_ms(),
            due_ms: due_ms.filter(|_| !is_paused),
            error: None,
            ..before.clone()
        };
        update(&mut tx, &after).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }

    /// Has a schedule run as soon as it can, besides.
    pub async fn ask_schedule(&self, id: &ScheduleId) -> Result<Schedule, CatalogError> {
        let mut tx = self.db.change().await?;
        let sql = "UPDATE export_schedules SET asked_ms = COALESCE(asked_ms, $2) WHERE id = $1";
        tx.execute(sql, &[id.as_str().into(), self.now_ms().into()]).await?;
        let schedule = in_tx(&mut tx, id).await?;
        tx.commit().await?;
        Ok(schedule)
    }

    /// Pauses a schedule that cannot run, and says why; none if somebody has changed it meanwhile.
    pub async fn hold_schedule(
        &self,
        schedule: &Schedule,
        code: &str,
        message: &str,
    ) -> Result<Option<Changed<Schedule>>, CatalogError> {
        let mut tx = self.db.change().await?;
        let before = in_tx(&mut tx, &schedule.id).await?;
        if before.version != schedule.version {
            return Ok(None);
        }
        let fault =
            ScheduleFault { code: code.to_owned(), message: message.to_owned(), at_ms: self.now_ms() };
        let after = Schedule {
            is_paused: true,
            version: before.version + 1,
            due_ms: None,
            asked_ms: None,
            error: Some(fault),
            ..before.clone()
        };
        update(&mut tx, &after).await?;
        tx.execute("UPDATE export_schedules SET asked_ms = NULL WHERE id = $1", &[after.id.as_str().into()])
            .await?;
        tx.commit().await?;
        Ok(Some(Changed { before, after }))
    }

    /// Notes what keeps a schedule from running now; it is tried again.
    pub async fn note_schedule(
        &self,
        id: &ScheduleId,
        code: &str,
        message: &str,
    ) -> Result<(), CatalogError> {
        let values = [id.as_str().into(), code.into(), message.into(), self.now_ms().into()];
        let mut tx = self.db.change().await?;
        let sql = "UPDATE export_schedules SET error_code = $2, error = $3, error_ms = $4 WHERE id = $1";
        tx.execute(sql, &values).await?;
        tx.commit().await
    }

    /// Deletes a schedule and forgets its runs; their exports stay.
    pub async fn delete_schedule(&self, id: &ScheduleId) -> Result<Schedule, CatalogError> {
        let mut tx = self.db.change().await?;
        let schedule = in_tx(&mut tx, id).await?;
        delete(&mut tx, id.as_str()).await?;
        tx.commit().await?;
        Ok(schedule)
    }
}

fn check(parts: &ScheduleParts) -> Result<(), CatalogError> {
    check_name(&parts.name)?;
    let texts = [
        ("query", &parts.query),
        ("columns", &parts.spec),
        ("timing", &parts.timing),
        ("targets", &parts.targets),
    ];
    if let Some((what, _)) = texts.into_iter().find(|(_, text)| text.len() > TEXT_BYTES_MAX) {
        return Err(CatalogError::invalid(what, format!("it has more than {TEXT_BYTES_MAX} bytes")));
    }
    if parts.store_sealed.len() > SEALED_BYTES_MAX {
        return Err(CatalogError::invalid("store", format!("it has more than {SEALED_BYTES_MAX} bytes")));
    }
    Ok(())
}

/// What becomes of an organization that is deleted: its schedules go with it.
pub(crate) async fn delete_all_of(tx: &mut Tx, org: &OrgId) -> Result<(), CatalogError> {
    for row in tx.rows("SELECT id FROM export_schedules WHERE org = $1", &[org.as_str().into()]).await? {
        delete(tx, &row.text("id")?).await?;
    }
    Ok(())
}

async fn delete(tx: &mut Tx, id: &str) -> Result<(), CatalogError> {
    tx.execute("DELETE FROM export_schedule_runs WHERE schedule = $1", &[id.into()]).await?;
    tx.execute("DELETE FROM export_schedules WHERE id = $1", &[id.into()]).await.map(drop)
}

async fn insert(tx: &mut Tx, schedule: &Schedule) -> Result<(), CatalogError> {
    let parts = &schedule.parts;
    let values: [Value<'_>; 20] = [
        schedule.id.as_str().into(),
        schedule.org.as_str().into(),
        parts.name.as_str().into(),
        parts.query.as_str().into(),
        parts.format.as_str().into(),
        parts.spec.as_str().into(),
        parts.keep_ms.into(),
        parts.timing.as_str().into(),
        parts.covers.as_str().into(),
        parts.targets.as_str().into(),
        parts.store_sealed.as_slice().into(),
        state_of(schedule).into(),
        schedule.created_ms.into(),
        schedule.created_by.as_str().into(),
        schedule.created_by_name.as_str().into(),
        parts.owner.id.as_str().into(),
        parts.owner.name.as_str().into(),
        i64::from(parts.owner.by_sso).into(),
        schedule.covered_ms.into(),
        schedule.due_ms.into(),
    ];
    let sql = "INSERT INTO export_schedules (id, org, name, query, format, spec, keep_ms, timing, covers, targets, \
               store_sealed, state, version, created_ms, created_by, created_by_name, updated_ms, owner, owner_name, \
               owner_by_sso, covered_ms, due_ms, runs) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15, $13, $16, $17, $18, $19, \
               $20, 0)";
    tx.execute(sql, &values).await.map(drop)
}

async fn update(tx: &mut Tx, schedule: &Schedule) -> Result<(), CatalogError> {
    let parts = &schedule.parts;
    let error = schedule.error.as_ref();
    let values: [Value<'_>; 20] = [
        schedule.id.as_str().into(),
        parts.name.as_str().into(),
        parts.query.as_str().into(),
        parts.format.as_str().into(),
        parts.spec.as_str().into(),
        parts.keep_ms.into(),
        parts.timing.as_str().into(),
        parts.covers.as_str().into(),
        parts.targets.as_str().into(),
        parts.store_sealed.as_slice().into(),
        state_of(schedule).into(),
        stored("version", schedule.version)?.into(),
        schedule.updated_ms.into(),
        parts.owner.id.as_str().into(),
        parts.owner.name.as_str().into(),
        i64::from(parts.owner.by_sso).into(),
        schedule.due_ms.into(),
        error.map(|error| error.code.as_str()).into(),
        error.map(|error| error.message.as_str()).into(),
        error.map(|error| error.at_ms).into(),
    ];
    let sql = "UPDATE export_schedules SET name = $2, query = $3, format = $4, spec = $5, keep_ms = $6, timing = $7, \
               covers = $8, targets = $9, store_sealed = $10, state = $11, version = $12, updated_ms = $13, \
               owner = $14, owner_name = $15, owner_by_sso = $16, due_ms = $17, error_code = $18, error = $19, \
               error_ms = $20 WHERE id = $1";
    tx.execute(sql, &values).await.map(drop)
}

fn state_of(schedule: &Schedule) -> &'static str {
    if schedule.is_paused { "paused" } else { "active" }
}

pub(super) async fn in_tx(tx: &mut Tx, id: &ScheduleId) -> Result<Schedule, CatalogError> {
    let row = tx.row(SELECT_ONE, &[id.as_str().into()]).await?;
    row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(id))
}

fn not_found(id: &ScheduleId) -> CatalogError {
    CatalogError::NotFound { kind: "export schedule", id: id.to_string() }
}

/// A number that may not be there, and was stored from a `u64`.
pub(super) fn opt_count(
    row: &Row,
    table: &'static str,
    column: &'static str,
) -> Result<Option<u64>, CatalogError> {
    let found = row.opt_int(column)?.map(u64::try_from).transpose();
    found.map_err(|_| CatalogError::corrupt(table, format!("{column} is negative")))
}

fn read(row: &Row) -> Result<Schedule, CatalogError> {
    let error = match (row.opt_text("error_code")?, row.opt_text("error")?, row.opt_int("error_ms")?) {
        (Some(code), Some(message), Some(at_ms)) => Some(ScheduleFault { code, message, at_ms }),
        _ => None,
    };
    Ok(Schedule {
        id: row.parsed(TABLE, "id")?,
        org: row.parsed(TABLE, "org")?,
        parts: ScheduleParts {
            name: row.text("name")?,
            query: row.text("query")?,
            format: row.text("format")?,
            spec: row.text("spec")?,
            keep_ms: row.int("keep_ms")?,
            timing: row.text("timing")?,
            covers: row.parsed(TABLE, "covers")?,
            targets: row.text("targets")?,
            store_sealed: row.bytes("store_sealed")?,
            owner: ScheduleOwner {
                id: row.text("owner")?,
                name: row.text("owner_name")?,
                by_sso: row.int("owner_by_sso")? == 1,
            },
        },
        is_paused: row.text("state")? == "paused",
        version: row.count(TABLE, "version")?,
        created_ms: row.int("created_ms")?,
        created_by: row.text("created_by")?,
        created_by_name: row.text("created_by_name")?,
        updated_ms: row.int("updated_ms")?,
        covered_ms: row.int("covered_ms")?,
        covered_seq: opt_count(row, TABLE, "covered_seq")?,
        due_ms: row.opt_int("due_ms")?,
        asked_ms: row.opt_int("asked_ms")?,
        runs: row.count(TABLE, "runs")?,
        error,
    })
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, org, name, query, format, spec, keep_ms, timing, covers, targets, store_sealed, state, ",
            "version, created_ms, created_by, created_by_name, updated_ms, owner, owner_name, owner_by_sso, ",
            "covered_ms, covered_seq, due_ms, asked_ms, runs, error_code, error, error_ms FROM export_schedules ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE id = $1");
const SELECT_OF_ORG: &str = select!("WHERE org = $1 ORDER BY created_ms, id");
const SELECT_DUE: &str = select!(
    "WHERE (due_ms <= $1 OR asked_ms IS NOT NULL) AND id NOT IN \
     (SELECT schedule FROM export_schedule_runs WHERE state IN ('exporting', 'delivering')) \
     ORDER BY COALESCE(asked_ms, due_ms), id"
);
