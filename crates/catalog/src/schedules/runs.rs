//! Runs of schedules. A run and its export are made in one change, together with how far the schedule has come:
//! whatever happens in between, no range is exported twice and none is left out.

use super::rows::{self, SCHEDULE_RUNS_KEPT, opt_count};
use super::{NewRun, RunState, Schedule, ScheduleRun};
use crate::db::{Row, Value, stored};
use crate::{Catalog, CatalogError, Changed, Conflict, Export, LIST_MAX, ScheduleId, exports};

const TABLE: &str = "export_schedule_runs";

impl Catalog {
    /// Makes a run of a schedule as it was read, and its export, and moves the schedule behind the range. None if the
    /// schedule is not as it was, or a run of it is under way.
    pub async fn begin_run(
        &self,
        schedule: &Schedule,
        new: NewRun,
    ) -> Result<Option<(ScheduleRun, Export)>, CatalogError> {
        let now = self.now_ms();
        let mut tx = self.db.change().await?;
        let there = match rows::in_tx(&mut tx, &schedule.id).await {
            Err(CatalogError::NotFound { .. }) => return Ok(None),
            there => there?,
        };
        if (there.version, there.runs) != (schedule.version, schedule.runs)
            || (there.due_ms, there.asked_ms) != (schedule.due_ms, schedule.asked_ms)
        {
            return Ok(None);
        }
        let open = "SELECT run_no FROM export_schedule_runs WHERE schedule = $1 AND state IN \
                    ('exporting', 'delivering') LIMIT 1";
        if tx.row(open, &[schedule.id.as_str().into()]).await?.is_some() {
            return Ok(None);
        }
        let end_seq = new.export.end_seq;
        let export = self.queue_export(&mut tx, new.export).await?;
        let run = ScheduleRun {
            schedule: schedule.id.clone(),
            number: there.runs + 1,
            export: export.id.clone(),
            why: new.why,
            due_ms: new.due_ms,
            from_ms: there.covered_ms,
            first_seq: new.first_seq,
            end_seq,
            state: RunState::Exporting,
            started_ms: now,
            finished_ms: None,
            error: None,
            deliveries: new.deliveries,
        };
        insert(&mut tx, &run).await?;
        let covered_seq = new.first_seq.map(|_| stored("end_seq", end_seq)).transpose()?;
        let sql = "UPDATE export_schedules SET covered_ms = $2, covered_seq = $3, due_ms = $4, asked_ms = NULL, \
                   runs = $5, error_code = NULL, error = NULL, error_ms = NULL WHERE id = $1";
        let values = [
            schedule.id.as_str().into(),
            run.due_ms.into(),
            covered_seq.into(),
            new.next_due_ms.into(),
            stored("runs", run.number)?.into(),
        ];
        tx.execute(sql, &values).await?;
        let forgotten = stored("runs", run.number.saturating_sub(SCHEDULE_RUNS_KEPT))?;
        let sql = "DELETE FROM export_schedule_runs WHERE schedule = $1 AND run_no <= $2";
        tx.execute(sql, &[schedule.id.as_str().into(), forgotten.into()]).await?;
        tx.commit().await?;
        Ok(Some((run, export)))
    }

    /// Runs with more to come, of all schedules.
    pub async fn open_runs(&self) -> Result<Vec<ScheduleRun>, CatalogError> {
        self.db.rows(SELECT_OPEN, &[]).await?.iter().map(read).collect()
    }

    /// Runs of a schedule below a number, the newest first.
    pub async fn list_runs(
        &self,
        id: &ScheduleId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ScheduleRun>, CatalogError> {
        let before = before.map_or(Ok(i64::MAX), |before| stored("run", before))?;
        let values = [id.as_str().into(), before.into(), i64::from(limit.min(LIST_MAX)).into()];
        self.db.rows(SELECT_PAGE, &values).await?.iter().map(read).collect()
    }

    /// One run.
    pub async fn run(&self, id: &ScheduleId, number: u64) -> Result<ScheduleRun, CatalogError> {
        let row = self.db.row(SELECT_ONE, &[id.as_str().into(), stored("run", number)?.into()]).await?;
        row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(number))
    }

    /// Notes how far a run has come; false if it is over or forgotten.
    pub async fn note_run(&self, run: &ScheduleRun) -> Result<bool, CatalogError> {
        let finished = run.finished_ms.or_else(|| (!run.state.is_open()).then(|| self.now_ms()));
        let error = run.error.as_ref();
        let values = [
            run.schedule.as_str().into(),
            stored("run", run.number)?.into(),
            run.state.as_str().into(),
            finished.into(),
            error.map(|(code, _)| code.as_str()).into(),
            error.map(|(_, message)| message.as_str()).into(),
            run.deliveries.as_str().into(),
        ];
        let sql = "UPDATE export_schedule_runs SET state = $3, finished_ms = $4, error_code = $5, error = $6, \
                   deliveries = $7 WHERE schedule = $1 AND run_no = $2 AND state IN ('exporting', 'delivering')";
        let mut tx = self.db.change().await?;
        let changed = tx.execute(sql, &values).await?;
        tx.commit().await?;
        Ok(changed == 1)
    }

    /// Has a run that is over go on, with its deliveries as they are given. [`Conflict::RunState`] if it is not over.
    pub async fn reopen_run(
        &self,
        id: &ScheduleId,
        number: u64,
        deliveries: &str,
    ) -> Result<Changed<ScheduleRun>, CatalogError> {
        let key = [id.as_str().into(), stored("run", number)?.into()];
        let mut tx = self.db.change().await?;
        let row = tx.row(SELECT_ONE, &key).await?;
        let before = row.map(|row| read(&row)).transpose()?.ok_or_else(|| not_found(number))?;
        if before.state.is_open() {
            return Err(CatalogError::Conflict(Conflict::RunState { state: before.state.as_str() }));
        }
        let after = ScheduleRun {
            state: RunState::Exporting,
            finished_ms: None,
            error: None,
            deliveries: deliveries.to_owned(),
            ..before.clone()
        };
        let sql = "UPDATE export_schedule_runs SET state = 'exporting', finished_ms = NULL, error_code = NULL, \
                   error = NULL, deliveries = $3 WHERE schedule = $1 AND run_no = $2";
        tx.execute(sql, &[key[0], key[1], deliveries.into()]).await?;
        tx.commit().await?;
        Ok(Changed { before, after })
    }
}

async fn insert(tx: &mut crate::db::Tx, run: &ScheduleRun) -> Result<(), CatalogError> {
    let values: [Value<'_>; 11] = [
        run.schedule.as_str().into(),
        stored("run", run.number)?.into(),
        run.export.as_str().into(),
        run.why.as_str().into(),
        run.due_ms.into(),
        run.from_ms.into(),
        run.first_seq.map(|seq| stored("first_seq", seq)).transpose()?.into(),
        stored("end_seq", run.end_seq)?.into(),
        run.state.as_str().into(),
        run.started_ms.into(),
        run.deliveries.as_str().into(),
    ];
    let sql = "INSERT INTO export_schedule_runs (schedule, run_no, export, why, due_ms, from_ms, first_seq, end_seq, \
               state, started_ms, deliveries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    tx.execute(sql, &values).await.map(drop)
}

fn not_found(number: u64) -> CatalogError {
    CatalogError::NotFound { kind: "run", id: number.to_string() }
}

fn read(row: &Row) -> Result<ScheduleRun, CatalogError> {
    let error = match (row.opt_text("error_code")?, row.opt_text("error")?) {
        (Some(code), Some(message)) => Some((code, message)),
        _ => None,
    };
    Ok(ScheduleRun {
        schedule: row.parsed(TABLE, "schedule")?,
        number: row.count(TABLE, "run_no")?,
        export: row.parsed(TABLE, "export")?,
        why: row.parsed(TABLE, "why")?,
        due_ms: row.int("due_ms")?,
        from_ms: row.int("from_ms")?,
        first_seq: opt_count(row, TABLE, "first_seq")?,
        end_seq: row.count(TABLE, "end_seq")?,
        state: row.parsed(TABLE, "state")?,
        started_ms: row.int("started_ms")?,
        finished_ms: row.opt_int("finished_ms")?,
        error,
        deliveries: row.text("deliveries")?,
    })
}

/// Nothing outside of the crate makes an export without a change of its own.
impl Catalog {
    async fn queue_export(
        &self,
        tx: &mut crate::db::Tx,
        new: crate::NewExport,
    ) -> Result<Export, CatalogError> {
        let export = exports::of(new, self.now_ms(), &*self.random)?;
        exports::queue(tx, &export).await?;
        Ok(export)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT schedule, run_no, export, why, due_ms, from_ms, first_seq, end_seq, state, started_ms, ",
            "finished_ms, error_code, error, deliveries FROM export_schedule_runs ",
            $rest
        )
    };
}
const SELECT_ONE: &str = select!("WHERE schedule = $1 AND run_no = $2");
const SELECT_OPEN: &str =
    select!("WHERE state IN ('exporting', 'delivering') ORDER BY started_ms, schedule, run_no");
const SELECT_PAGE: &str = select!("WHERE schedule = $1 AND run_no < $2 ORDER BY run_no DESC LIMIT $3");
