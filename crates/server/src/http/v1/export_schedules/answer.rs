//! Schedules and their runs as the API shows them.

use serde::Serialize;
use serde_json::{Map, Value};
use tallystick_catalog::{Schedule, ScheduleRun};
use tallystick_delivery::{
    ColumnList, Format, Spec,
    schedules::{Deliveries, Delivery, Timing},
};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::{body::ScheduleTiming, targets};
use crate::{error::ApiError, state::AppState};

const DAY_MS: i64 = 86_400_000;

/// Somebody who made or owns a schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchedulePerson {
    /// Id of a person or a key, or `root`.
    id: String,
    /// Their name at that time.
    name: String,
}

/// Who is written to.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleEmailAnswer {
    /// Their addresses.
    to: Vec<String>,
    /// Whether the file goes with the message.
    attach: bool,
}

/// Where files are put.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleStoreAnswer {
    /// `s3`, `gcs` or `azure_blob`.
    kind: String,
    /// The pattern of keys.
    key: String,
    /// What the store was told; secrets are `true`.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
}

/// What keeps a schedule from running.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleError {
    /// `not_allowed` or `broken`: it was paused; `too_many_exports`, `disk_full`, `unreadable` or `unavailable`: it is
    /// tried again.
    code: String,
    /// For people.
    message: String,
    /// RFC 3339.
    at: String,
}

/// One delivery of one run.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeliveryAnswer {
    /// `waiting`, `delivered` or `failed`.
    status: &'static str,
    /// How often it was tried.
    attempts: u32,
    /// When it is tried again, RFC 3339.
    next_attempt_at: Option<String>,
    /// Where it has arrived, or what the other side said.
    detail: String,
    /// When it was tried last, RFC 3339.
    at: Option<String>,
}

/// Why a run has no file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunError {
    /// As that of an export, or `cancelled`, `expired`, `deleted`.
    code: String,
    /// For people.
    message: String,
}

/// One time that a schedule ran.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunAnswer {
    /// Which one, from 1.
    number: u64,
    /// Its export, which may have been deleted since.
    export_id: String,
    /// `due`; `late`: it makes up for times that were missed; `asked`: somebody wanted it.
    why: &'static str,
    /// `exporting`, `delivering`, `done` or `failed`.
    status: &'static str,
    /// Where its range begins, RFC 3339.
    from: String,
    /// Where it ends, RFC 3339.
    to: String,
    /// Where it begins in the log; null: the range is one of times of occurrence.
    first_seq: Option<u64>,
    /// Events with a smaller seq are in it.
    log_size: u64,
    /// RFC 3339.
    started_at: String,
    /// RFC 3339.
    finished_at: Option<String>,
    /// Why there is no file.
    error: Option<RunError>,
    /// The message; null: there is none to be sent.
    email: Option<DeliveryAnswer>,
    /// The object; null: there is none to be put.
    store: Option<DeliveryAnswer>,
}

/// A schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleAnswer {
    /// `sch_` and 20 characters.
    id: String,
    /// Whose events.
    org: String,
    /// For people, and for the files' names.
    name: String,
    /// `active` or `paused`.
    status: &'static str,
    /// The query.
    query: String,
    /// `csv`, `json`, `ndjson`, `parquet` or `evidence`.
    format: String,
    /// `desc` or `asc`.
    order: &'static str,
    /// Columns of a CSV; null for other formats.
    #[schema(value_type = Option<Vec<String>>)]
    columns: Option<ColumnList>,
    /// Zone of the column with the local time, and of dates in the query; null: UTC.
    time_zone: Option<String>,
    /// `none`, `gzip` or `zstd`.
    compression: String,
    /// Whether cells that a spreadsheet would run get a `'`.
    formula_guard: bool,
    /// How long files are kept, days.
    keep_days: i64,
    /// When it is due.
    timing: ScheduleTiming,
    /// `received`: each run has what was taken in since the one before; `occurred`: what occurred since then.
    covers: &'static str,
    /// Who is written to.
    email: Option<ScheduleEmailAnswer>,
    /// Where files are put.
    store: Option<ScheduleStoreAnswer>,
    /// Where the next run begins, RFC 3339.
    covered_until: String,
    /// When it is due next, RFC 3339; null: it is paused.
    next_run_at: Option<String>,
    /// Since when somebody waits for a run besides, RFC 3339.
    asked_at: Option<String>,
    /// Runs so far.
    runs: u64,
    /// The last one.
    last_run: Option<RunAnswer>,
    /// What keeps it from running.
    error: Option<ScheduleError>,
    /// Grows with every change.
    version: u64,
    /// RFC 3339.
    created_at: String,
    /// Who made it.
    created_by: SchedulePerson,
    /// RFC 3339.
    updated_at: String,
    /// Whose rights it has: whoever made, changed or resumed it last.
    owner: SchedulePerson,
}

/// A schedule as it is now, for an answer.
pub(super) async fn answer(state: &AppState, schedule: Schedule) -> Result<ScheduleAnswer, ApiError> {
    let broken = |error: &dyn std::fmt::Display| ApiError::internal(format!("{}: {error}", schedule.id));
    let runs = state.engine.catalog().list_runs(&schedule.id, None, 1).await?;
    let spec = Spec::from_text(&schedule.parts.spec).map_err(|error| broken(&error))?;
    let timing = Timing::from_text(&schedule.parts.timing).map_err(|error| broken(&error))?;
    let targets = targets(&schedule)?;
    let parts = schedule.parts;
    Ok(ScheduleAnswer {
        id: schedule.id.to_string(),
        org: schedule.org.to_string(),
        name: parts.name,
        status: if schedule.is_paused { "paused" } else { "active" },
        query: parts.query,
        format: parts.format,
        order: if spec.ascending { "asc" } else { "desc" },
        columns: (spec.format == Format::Csv).then(|| spec.column_list()),
        compression: spec.compression.to_string(),
        formula_guard: spec.formula_guard,
        time_zone: spec.time_zone,
        keep_days: parts.keep_ms / DAY_MS,
        timing: timing.into(),
        covers: parts.covers.as_str(),
        email: targets.email.map(|email| ScheduleEmailAnswer { to: email.to, attach: email.attach }),
        store: targets.store.map(|store| ScheduleStoreAnswer {
            kind: store.kind,
            key: store.key,
            settings: store.settings,
        }),
        covered_until: format_ms(schedule.covered_ms),
        next_run_at: schedule.due_ms.map(format_ms),
        asked_at: schedule.asked_ms.map(format_ms),
        runs: schedule.runs,
        last_run: runs.into_iter().next().map(RunAnswer::from),
        error: schedule.error.map(|error| ScheduleError {
            code: error.code,
            message: error.message,
            at: format_ms(error.at_ms),
        }),
        version: schedule.version,
        created_at: format_ms(schedule.created_ms),
        created_by: SchedulePerson { id: schedule.created_by, name: schedule.created_by_name },
        updated_at: format_ms(schedule.updated_ms),
        owner: SchedulePerson { id: parts.owner.id, name: parts.owner.name },
    })
}

impl From<ScheduleRun> for RunAnswer {
    fn from(run: ScheduleRun) -> Self {
        let deliveries = Deliveries::from_text(&run.deliveries).unwrap_or_default();
        Self {
            number: run.number,
            export_id: run.export.to_string(),
            why: run.why.as_str(),
            status: run.state.as_str(),
            from: format_ms(run.from_ms),
            to: format_ms(run.due_ms),
            first_seq: run.first_seq,
            log_size: run.end_seq,
            started_at: format_ms(run.started_ms),
            finished_at: run.finished_ms.map(format_ms),
            error: run.error.map(|(code, message)| RunError { code, message }),
            email: deliveries.email.map(DeliveryAnswer::from),
            store: deliveries.store.map(DeliveryAnswer::from),
        }
    }
}

impl From<Delivery> for DeliveryAnswer {
    fn from(delivery: Delivery) -> Self {
        Self {
            status: delivery.state.as_str(),
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_ms.map(format_ms),
            detail: delivery.detail,
            at: delivery.at_ms.map(format_ms),
        }
    }
}
