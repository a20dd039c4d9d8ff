//! `POST /v1/export-schedules`: has exports made from now on.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::{Operation, Reach};
use tallystick_delivery::schedules::ScheduleDraft;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{
    ScheduleAnswer,
    answer::answer,
    body::{ScheduleChangeBody, ScheduleEmail, ScheduleStore, ScheduleTiming},
    require_rights,
};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::{Authenticated, org_required},
        json::{Body, Members},
        params::Params,
        v1::streams::bad,
    },
    schedules::{AUDIT_EXPORT_SCHEDULE_CREATED, act, changes},
    state::AppState,
};

/// A schedule that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewScheduleBody {
    /// Whose events; needed unless the caller is good for one organization only.
    #[serde(default)]
    org: Option<String>,
    /// For people, and for the files' names.
    #[schema(example = "Weekly failures")]
    name: String,
    /// The query; empty or left out: every event. What is relative in it is relative to the end of each run's range.
    #[serde(default)]
    #[schema(example = "-outcome:success")]
    query: Option<String>,
    /// `csv`, `json`, `ndjson`, `parquet`, or `evidence`: each run is an evidence pack.
    #[schema(example = "csv")]
    format: String,
    /// `desc` (default): newest first; `asc`: oldest first.
    #[serde(default)]
    order: Option<String>,
    /// Columns of a CSV, in their order.
    #[serde(default)]
    columns: Option<Vec<String>>,
    /// IANA name: a CSV gets a column with the local time, and dates are of this zone. UTC if left out.
    #[serde(default)]
    #[schema(example = "Europe/Madrid")]
    time_zone: Option<String>,
    /// `none` (default), `gzip` or `zstd`.
    #[serde(default)]
    compression: Option<String>,
    /// Cells that a spreadsheet would run get a `'`; true if left out.
    #[serde(default)]
    formula_guard: Option<bool>,
    /// How long files are kept, days; 30 if left out and not configured otherwise.
    #[serde(default)]
    keep_days: Option<u32>,
    /// When it is due.
    timing: ScheduleTiming,
    /// `received` (default): each run has what was taken in since the one before; `occurred`: what occurred since then,
    /// without what comes late.
    #[serde(default)]
    covers: Option<String>,
    /// Who is written to when a file is there.
    #[serde(default)]
    email: Option<ScheduleEmail>,
    /// Where files are put besides the history.
    #[serde(default)]
    store: Option<ScheduleStore>,
    /// It does not run until it is resumed.
    #[serde(default)]
    paused: Option<bool>,
}

impl Members for NewScheduleBody {
    const MEMBERS: &'static [&'static str] = &[
        "org",
        "name",
        "query",
        "format",
        "order",
        "columns",
        "time_zone",
        "compression",
        "formula_guard",
        "keep_days",
        "timing",
        "covers",
        "email",
        "store",
        "paused",
    ];
}

/// Make a schedule of exports
///
/// The first run is of the period before: of what came since it would have been due last. It runs with the rights of
/// whoever made, changed or resumed it last. Recorded as `audit_export_schedule.created`.
#[utoipa::path(
    post,
    path = "/v1/export-schedules",
    tag = "export schedules",
    operation_id = "create_export_schedule",
    request_body = NewScheduleBody,
    responses(
        (status = 201, description = "The schedule", body = ScheduleAnswer),
        (status = "4XX", description = "The request is not valid, or there are too many schedules",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    let _reach = caller.may(Operation::CreateExportSchedule, None)?;
    params.end()?;
    let Body(new) = Body::<NewScheduleBody>::read(request, &state).await?;
    let org = new.org.as_ref().map(|org| org.parse::<OrgId>());
    let org = org.transpose().map_err(|error| bad("/org", error.to_string()))?;
    let org = match caller.may(Operation::CreateExportSchedule, org.as_ref())? {
        Reach::Org(org) => org,
        Reach::All | Reach::Orgs(_) => return Err(org_required()),
    };
    let is_paused = new.paused.unwrap_or(false);
    let body = new.body();
    require_rights(&state, &caller, &org, body.sends_data(None))?;
    let edit = body.edit(&state, &caller, None)?;
    admin_events::require_recordable(&state)?;
    let made = state.schedules.create(ScheduleDraft { org, edit, is_paused }).await?;
    let act = act(AUDIT_EXPORT_SCHEDULE_CREATED, &made, changes(None, Some(&made)), json!({}));
    admin_events::record(&state, &caller, act).await;
    let location = format!("/v1/export-schedules/{}", made.id);
    let answer = answer(&state, made).await?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}

impl NewScheduleBody {
    fn body(self) -> ScheduleChangeBody {
        ScheduleChangeBody {
            name: Some(self.name),
            query: Some(self.query.unwrap_or_default()),
            format: Some(self.format),
            order: self.order,
            columns: Some(self.columns),
            time_zone: Some(self.time_zone),
            compression: self.compression,
            formula_guard: self.formula_guard,
            keep_days: self.keep_days,
            timing: Some(self.timing),
            covers: self.covers,
            email: Some(self.email),
            store: Some(self.store),
        }
    }
}
