//! `POST /v1/export-schedules/{id}/deliver`: delivers again what has not arrived.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use serde::Deserialize;
use tallystick_auth::Operation;
use tallystick_catalog::ScheduleId;
use utoipa::ToSchema;

use super::{RunAnswer, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    schedules::{AUDIT_EXPORT_SCHEDULE_DELIVERY_RETRIED, about, act},
    state::AppState,
};

/// Which run is to be delivered again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliverBody {
    /// Its number.
    #[schema(example = 3)]
    run: u64,
}

impl Members for DeliverBody {
    const MEMBERS: &'static [&'static str] = &["run"];
}

/// Deliver a run again
///
/// To where the schedule sends its files now, but for what has arrived already. Its export has to have a file: one that
/// failed or expired is made again first with `POST /v1/exports/{id}/retry`. Recorded as
/// `audit_export_schedule.delivery_retried`.
#[utoipa::path(
    post,
    path = "/v1/export-schedules/{id}/deliver",
    tag = "export schedules",
    operation_id = "deliver_export_schedule",
    params(("id" = String, Path, description = "`sch_` and 20 characters")),
    request_body = DeliverBody,
    responses(
        (status = 202, description = "The run goes on", body = RunAnswer),
        (status = 404, description = "There is no such schedule that the caller may see, or no such run",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The run is under way",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn deliver(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ScheduleId>,
    params: Params,
    request: Request,
) -> Result<(StatusCode, Json<RunAnswer>), ApiError> {
    params.end()?;
    let schedule = reached(&state, &caller, Operation::DeliverExportSchedule, &id).await?;
    let Body(body) = Body::<DeliverBody>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let run = state.schedules.deliver_again(&schedule, body.run).await?;
    let act = act(AUDIT_EXPORT_SCHEDULE_DELIVERY_RETRIED, &schedule, Vec::new(), about(&run));
    admin_events::record(&state, &caller, act).await;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}
