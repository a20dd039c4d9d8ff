//! Exports: files of events, made in the background.

pub mod cancel;
pub mod create;
pub mod delete;
pub mod download;
pub mod get;
pub mod link;
pub mod list;
pub mod manifest;
pub mod progress;
pub mod retry;
pub mod url;

use serde::Serialize;
use tallystick_auth::{Operation, Reach};
use tallystick_catalog::{CatalogError, Export, ExportId, ExportState};
use tallystick_delivery::{ColumnList, OfSchedule, Spec, file_name};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    http::{caller::Authenticated, schema::time_text},
    state::AppState,
};

/// Who asked for an export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportAuthor {
    /// Id of a person or a key, or `root`.
    id: String,
    /// Their name at that time.
    name: String,
}

/// Why an export failed.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportError {
    /// `disk_full`, `not_allowed`, `storage_corrupt`, `unreadable`, `unwritable` or `internal`.
    code: String,
    /// For people.
    message: String,
}

/// An export.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportAnswer {
    /// `exp_` and 20 characters.
    id: String,
    /// Whose events.
    org: String,
    /// For people.
    name: String,
    /// The query.
    query: String,
    /// Only events that occurred at or after this time, RFC 3339; null: since ever.
    from: Option<String>,
    /// Only events that occurred before this time, RFC 3339; null: without an end.
    to: Option<String>,
    /// `csv`, `json`, `ndjson`, `parquet` or `evidence`.
    format: String,
    /// `desc`: newest first; `asc`: oldest first.
    order: String,
    /// Columns of a CSV, in their order; null for other formats.
    #[schema(value_type = Option<Vec<String>>)]
    columns: Option<ColumnList>,
    /// Zone of the column with the local time, and of dates in the query; null: UTC.
    time_zone: Option<String>,
    /// `none`, `gzip` or `zstd`.
    compression: String,
    /// Whether cells that a spreadsheet would run get a `'`.
    formula_guard: bool,
    /// The log as it was when it had so many events: those with a smaller seq that match are in the file, no others.
    log_size: u64,
    /// `queued`, `running`, `completed`, `failed`, `cancelled` or `expired`.
    status: String,
    /// How many exports of the organization wait before this one; null if it does not wait.
    queued_before: Option<u64>,
    /// From 0 to 1; null if it is not known.
    progress: Option<f64>,
    /// Events in the file so far; all of them once it is completed.
    rows: u64,
    /// How many it may become: an upper bound, counted when it began.
    expected_rows: Option<u64>,
    /// Bytes of the file so far; all of them once it is completed.
    bytes: u64,
    /// Of the whole file, hexadecimal.
    sha256: Option<String>,
    /// Why it failed.
    error: Option<ExportError>,
    /// How often it was begun: 1, and one more with each retry.
    attempt: u64,
    /// RFC 3339.
    created_at: String,
    /// Who asked for it.
    created_by: ExportAuthor,
    /// RFC 3339.
    started_at: Option<String>,
    /// When it ended, whatever the end, RFC 3339.
    finished_at: Option<String>,
    /// The file is kept until then, RFC 3339.
    expires_at: Option<String>,
    /// What the file is called.
    file_name: String,
    /// The schedule that has made it; null: somebody asked for it.
    schedule: Option<ExportSchedule>,
}

/// Of which run of which schedule an export is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportSchedule {
    /// `sch_` and 20 characters.
    id: String,
    /// Which run, from 1.
    run: u64,
    /// Only events with this seq or a higher one; null: the range is `from` and `to`.
    first_seq: Option<u64>,
    /// Only events that were taken in at or after this time, RFC 3339.
    received_from: Option<String>,
    /// Only events that had been taken in before this time, RFC 3339.
    received_to: Option<String>,
}

impl From<&OfSchedule> for ExportSchedule {
    fn from(of: &OfSchedule) -> Self {
        let received = of.received.as_ref();
        Self {
            id: of.id.clone(),
            run: of.run,
            first_seq: received.map(|received| received.first_seq),
            received_from: received.map(|received| format_ms(received.from_ms)),
            received_to: received.map(|received| format_ms(received.to_ms)),
        }
    }
}

impl ExportAnswer {
    fn of(export: &Export, queued_before: Option<u64>) -> Result<Self, ApiError> {
        let spec = spec_of(export)?;
        let progress = match (export.state, export.expected_rows) {
            (ExportState::Completed | ExportState::Expired, _) => Some(1.0),
            (ExportState::Running, Some(expected)) if expected > 0 => {
                // What is counted can be more than there is, never less; it ends when it is completed.
                Some((export.rows as f64 / expected as f64).min(0.99))
            }
            (ExportState::Queued, _) => Some(0.0),
            _ => None,
        };
        Ok(Self {
            id: export.id.to_string(),
            org: export.org.to_string(),
            name: export.name.clone(),
            query: export.query.clone(),
            from: spec.from_us.map(time_text),
            to: spec.to_us.map(time_text),
            format: export.format.clone(),
            order: if spec.ascending { "asc" } else { "desc" }.to_owned(),
            columns: (spec.format == tallystick_delivery::Format::Csv).then(|| spec.column_list()),
            time_zone: spec.time_zone.clone(),
            compression: spec.compression.to_string(),
            formula_guard: spec.formula_guard,
            log_size: export.end_seq,
            status: export.state.as_str().to_owned(),
            queued_before,
            progress,
            rows: export.rows,
            expected_rows: export.expected_rows,
            bytes: export.bytes,
            sha256: export.sha256.clone(),
            error: export
                .error
                .as_ref()
                .map(|(code, message)| ExportError { code: code.clone(), message: message.clone() }),
            attempt: export.attempt,
            created_at: format_ms(export.created_ms),
            created_by: ExportAuthor { id: export.created_by.clone(), name: export.created_by_name.clone() },
            started_at: export.started_ms.map(format_ms),
            finished_at: export.finished_ms.map(format_ms),
            expires_at: export.expires_ms.map(format_ms),
            file_name: file_name(export, &spec),
            schedule: spec.schedule.as_ref().map(ExportSchedule::from),
        })
    }
}

/// An export as it is now, for an answer.
async fn answer(state: &AppState, mut export: Export) -> Result<ExportAnswer, ApiError> {
    state.exports.live().now(&mut export);
    let queued_before = match export.state {
        ExportState::Queued => Some(state.engine.catalog().exports_before(&export).await?),
        _ => None,
    };
    ExportAnswer::of(&export, queued_before)
}

fn spec_of(export: &Export) -> Result<Spec, ApiError> {
    Spec::from_text(&export.spec).map_err(|error| ApiError::internal(format!("{}: {error}", export.id)))
}

/// The export with this id, if the caller may carry out the operation on it. Others are as unknown as those that do not
/// exist.
async fn reached(
    state: &AppState,
    caller: &Authenticated,
    operation: Operation,
    id: &ExportId,
) -> Result<Export, ApiError> {
    let reach: Reach = caller.may(operation, None)?;
    let export = state.engine.catalog().export(id).await?;
    if reach.covers(Some(&export.org)) { Ok(export) } else { Err(unknown(id)) }
}

fn unknown(id: &ExportId) -> ApiError {
    CatalogError::NotFound { kind: "export", id: id.to_string() }.into()
}
