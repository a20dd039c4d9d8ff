//! `GET /v1/export-schedules`: the schedules of an organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::{ScheduleAnswer, answer::answer};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Schedules.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScheduleList {
    /// The oldest first. There are never so many that they would need pages.
    schedules: Vec<ScheduleAnswer>,
    /// Whether the service can send e-mail.
    email_available: bool,
}

/// List schedules of exports
///
/// Those of the whole organization, whoever made them.
#[utoipa::path(
    get,
    path = "/v1/export-schedules",
    tag = "export schedules",
    operation_id = "list_export_schedules",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "Schedules", body = ScheduleList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<ScheduleList>, ApiError> {
    let org = caller.one_org(Operation::ListExportSchedules, &mut params)?;
    params.end()?;
    let mut schedules = Vec::new();
    for schedule in state.engine.catalog().list_schedules(&org).await? {
        schedules.push(answer(&state, schedule).await?);
    }
    Ok(Json(ScheduleList { schedules, email_available: state.schedules.has_mail() }))
}
