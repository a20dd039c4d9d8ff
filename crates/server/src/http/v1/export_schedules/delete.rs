//! `DELETE /v1/export-schedules/{id}`: ends a schedule.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::reached;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    schedules::{AUDIT_EXPORT_SCHEDULE_DELETED, act, changes},
    state::AppState,
};

/// Delete a schedule of exports
///
/// Its runs are forgotten, and what has not been delivered is not; its exports stay in the history. Recorded as
/// `audit_export_schedule.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/export-schedules/{id}",
    tag = "export schedules",
    operation_id = "delete_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::DeleteExportSchedule, &id).await?;
    admin_events::require_recordable(&state)?;
    let deleted = state.schedules.delete(&id).await?;
    let more = json!({ "runs": deleted.runs });
    let act = act(AUDIT_EXPORT_SCHEDULE_DELETED, &deleted, changes(Some(&deleted), None), more);
    admin_events::record(&state, &caller, act).await;
    Ok(StatusCode::NO_CONTENT)
}
