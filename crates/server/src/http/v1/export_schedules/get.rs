//! `GET /v1/export-schedules/{id}`: one schedule.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::{ScheduleAnswer, answer::answer, reached};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get a schedule of exports
#[utoipa::path(
    get,
    path = "/v1/export-schedules/{id}",
    tag = "export schedules",
    operation_id = "get_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 200, description = "The schedule", body = ScheduleAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<Json<ScheduleAnswer>, ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::GetExportSchedule, &id).await?;
    Ok(Json(answer(&state, schedule).await?))
}
