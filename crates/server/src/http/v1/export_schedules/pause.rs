//! `POST /v1/export-schedules/{id}/pause`: stops a schedule where it is.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::{ScheduleAnswer, answer::answer, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    schedules::{AUDIT_EXPORT_SCHEDULE_PAUSED, act, changes},
    state::AppState,
};

/// Pause a schedule of exports
///
/// It is not due until it is resumed; then its next run has what came meanwhile, too. Recorded as
/// `audit_export_schedule.paused`, unless it was.
#[utoipa::path(
    post,
    path = "/v1/export-schedules/{id}/pause",
    tag = "export schedules",
    operation_id = "pause_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn pause(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<Json<ScheduleAnswer>, ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::PauseExportSchedule, &id).await?;
    admin_events::require_recordable(&state)?;
    let changed = state.schedules.pause(&schedule).await?;
    if changed.before != changed.after {
        let changes = changes(Some(&changed.before), Some(&changed.after));
        let act = act(AUDIT_EXPORT_SCHEDULE_PAUSED, &changed.after, changes, json!({}));
        admin_events::record(&state, &caller, act).await;
    }
    Ok(Json(answer(&state, changed.after).await?))
}
