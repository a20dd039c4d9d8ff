//! `POST /v1/export-schedules/{id}/resume`: has a schedule run again.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::{ScheduleAnswer, answer::answer, owner, reached, require_rights, targets};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    schedules::{AUDIT_EXPORT_SCHEDULE_RESUMED, act, changes},
    state::AppState,
};

/// Resume a schedule of exports
///
/// It has the rights of the caller from then on, so that one whose owner has left can go on. The next run begins where
/// the last one has ended. Recorded as `audit_export_schedule.resumed`.
#[utoipa::path(
    post,
    path = "/v1/export-schedules/{id}/resume",
    tag = "export schedules",
    operation_id = "resume_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn resume(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<Json<ScheduleAnswer>, ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::ResumeExportSchedule, &id).await?;
    require_rights(&state, &caller, &schedule.org, targets(&schedule)?.send_data())?;
    admin_events::require_recordable(&state)?;
    let changed = state.schedules.resume(&schedule, owner(&caller)).await?;
    let changes = changes(Some(&changed.before), Some(&changed.after));
    let act = act(AUDIT_EXPORT_SCHEDULE_RESUMED, &changed.after, changes, json!({}));
    admin_events::record(&state, &caller, act).await;
    Ok(Json(answer(&state, changed.after).await?))
}
