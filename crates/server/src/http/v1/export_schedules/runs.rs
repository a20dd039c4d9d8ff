//! `GET /v1/export-schedules/{id}/runs`: what became of each time that a schedule ran.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::{LIST_MAX, ScheduleId};
use utoipa::ToSchema;

use super::{RunAnswer, reached};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Runs of a schedule.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunList {
    /// The newest first. Old ones are forgotten, so that there are never so many that they would need pages.
    runs: Vec<RunAnswer>,
}

/// List the runs of a schedule
#[utoipa::path(
    get,
    path = "/v1/export-schedules/{id}/runs",
    tag = "export schedules",
    operation_id = "list_export_schedule_runs",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 200, description = "Its last 100 runs", body = RunList),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn runs(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<Json<RunList>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::ListExportScheduleRuns, &id).await?;
    let runs = state.engine.catalog().list_runs(&id, None, LIST_MAX).await?;
    Ok(Json(RunList { runs: runs.into_iter().map(RunAnswer::from).collect() }))
}
