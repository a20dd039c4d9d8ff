//! `POST /v1/export-schedules/{id}/run`: has a schedule run now.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::{ScheduleAnswer, answer::answer, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    schedules::{AUDIT_EXPORT_SCHEDULE_RUN_REQUESTED, act},
    state::AppState,
};

/// Run a schedule of exports now
///
/// Of all that came since the last run, with the rights of the schedule's owner, also while it is paused; the next run
/// begins where this one ends. If a run is under way it begins when that has ended. Recorded as
/// `audit_export_schedule.run_requested`.
#[utoipa::path(
    post,
    path = "/v1/export-schedules/{id}/run",
    tag = "export schedules",
    operation_id = "run_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 202, description = "It runs as soon as it can", body = ScheduleAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn run(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<(StatusCode, Json<ScheduleAnswer>), ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::RunExportSchedule, &id).await?;
    admin_events::require_recordable(&state)?;
    // Recorded before it is asked for: what comes of it is recorded by itself, and must not come first.
    let act = act(AUDIT_EXPORT_SCHEDULE_RUN_REQUESTED, &schedule, Vec::new(), json!({}));
    admin_events::record(&state, &caller, act).await;
    let asked = state.schedules.ask(&id).await?;
    Ok((StatusCode::ACCEPTED, Json(answer(&state, asked).await?)))
}
