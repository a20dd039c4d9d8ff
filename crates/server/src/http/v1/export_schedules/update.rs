//! `PATCH /v1/export-schedules/{id}`: changes a schedule.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;

use super::{ScheduleAnswer, answer::answer, body::ScheduleChangeBody, reached, require_rights, targets};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    schedules::{AUDIT_EXPORT_SCHEDULE_UPDATED, act, changes},
    state::AppState,
};

impl Members for ScheduleChangeBody {
    const MEMBERS: &'static [&'static str] = ScheduleChangeBody::MEMBERS;
}

/// Change a schedule of exports
///
/// It has the rights of the caller from then on. Where the next run begins stays as it is. Recorded as
/// `audit_export_schedule.updated`.
#[utoipa::path(
    patch,
    path = "/v1/export-schedules/{id}",
    tag = "export schedules",
    operation_id = "update_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    request_body = ScheduleChangeBody,
    responses(
        (status = 200, description = "The schedule as it is now", body = ScheduleAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it meanwhile",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
    request: Request,
) -> Result<Json<ScheduleAnswer>, ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::UpdateExportSchedule, &id).await?;
    let Body(body) = Body::<ScheduleChangeBody>::read(request, &state).await?;
    require_rights(&state, &caller, &schedule.org, body.sends_data(Some(&targets(&schedule)?)))?;
    let is_store_given = body.store.as_ref().is_some_and(Option::is_some);
    let edit = body.edit(&state, &caller, Some(&schedule))?;
    admin_events::require_recordable(&state)?;
    let changed = state.schedules.update(&schedule, edit).await?;
    // Of secrets only that somebody gave settings anew.
    let more = if is_store_given { json!({ "store_settings_given": true }) } else { json!({}) };
    let changes = changes(Some(&changed.before), Some(&changed.after));
    let act = act(AUDIT_EXPORT_SCHEDULE_UPDATED, &changed.after, changes, more);
    admin_events::record(&state, &caller, act).await;
    Ok(Json(answer(&state, changed.after).await?))
}
