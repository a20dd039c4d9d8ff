//! `POST /v1/exports`: asks for a file of events.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::{Operation, Reach};
use tallystick_catalog::NewExport;
use tallystick_delivery::{
    BadSpec, ColumnList, Compression, Format, Me, Spec,
    limits::{KEEP_DAYS_MAX, RESERVE_BYTES_DEFAULT},
};
use tallystick_engine::search::{Scope, TimeRange};
use tallystick_event::OrgId;
use tallystick_query::parse;
use utoipa::ToSchema;

use super::{ExportAnswer, answer};
use crate::{
    admin_events,
    error::{ApiError, ErrorCode, Problem, convert::invalid_query},
    exports::{AUDIT_EXPORT_REQUESTED, act},
    http::{
        caller::{Authenticated, org_required},
        confine,
        json::{Body, Members},
        params::{Params, invalid},
        selection::{lowered, time},
    },
    state::AppState,
};

const DAY_MS: i64 = 86_400_000;

/// What is to be exported, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// Whose events; needed unless the caller is good for one organization only.
    #[serde(default)]
    org: Option<String>,
    /// For people, and for the file's name; `export` if left out.
    #[serde(default)]
    #[schema(example = "Q3 access review")]
    name: Option<String>,
    /// The query; empty: every event.
    #[serde(default)]
    #[schema(example = "action:user.* -outcome:success")]
    query: String,
    /// Only events that occurred at or after this time: `2026-07-01`, `now-30d`, ... What is relative is fixed now.
    #[serde(default)]
    from: Option<String>,
    /// Only events that occurred before this time; a whole day is included.
    #[serde(default)]
    to: Option<String>,
    /// `csv`, `json`, `ndjson`, `parquet`, or `evidence`: an evidence pack, which proves the events that are in it.
    format: String,
    /// `desc` (default): newest first; `asc`: oldest first. An evidence pack has the order of the log.
    #[serde(default)]
    order: Option<String>,
    /// Columns of a CSV, in their order; docs/exports.md lists them. Without it there is one for each place.
    #[serde(default)]
    columns: Option<Vec<String>>,
    /// IANA name: a CSV gets a column with the local time, and dates are of this zone. UTC if left out.
    #[serde(default)]
    #[schema(example = "Europe/Madrid")]
    time_zone: Option<String>,
    /// `none` (default), `gzip` or `zstd`. Parquet is compressed inside, and an evidence pack is not compressed.
    #[serde(default)]
    compression: Option<String>,
    /// Cells that a spreadsheet would run get a `'`; true if left out.
    #[serde(default)]
    formula_guard: Option<bool>,
    /// How long the file is kept, days; 30 if left out and not configured otherwise.
    #[serde(default)]
    keep_days: Option<u32>,
}

impl Members for ExportRequest {
    const MEMBERS: &'static [&'static str] = &[
        "org",
        "name",
        "query",
        "from",
        "to",
        "format",
        "order",
        "columns",
        "time_zone",
        "compression",
        "formula_guard",
        "keep_days",
    ];
}

/// Export events
///
/// The answer comes at once; the file is made in the background. In it are all events of the log as it is now that
/// match, however many, and none that come later. Recorded as `audit_export.requested`, and its end as
/// `audit_export.completed` or `audit_export.failed`.
#[utoipa::path(
    post,
    path = "/v1/exports",
    tag = "exports",
    operation_id = "create_export",
    request_body = ExportRequest,
    responses(
        (status = 202, description = "It waits for its turn", body = ExportAnswer),
        (status = "4XX", description = "The request is not valid, or too many exports wait",
            body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "There is too little room on the disk",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<ExportAnswer>), ApiError> {
    // Who may export from no organization at all is told so before the body is looked at.
    let _reach = caller.may(Operation::CreateExport, None)?;
    params.end()?;
    let Body(new) = Body::<ExportRequest>::read(request, &state).await?;
    let org = new.org.as_ref().map(|org| org.parse::<OrgId>());
    let org = org.transpose().map_err(|error| invalid("org", &error.to_string()))?;
    let org = match caller.may(Operation::CreateExport, org.as_ref())? {
        Reach::Org(org) => org,
        Reach::All | Reach::Orgs(_) => return Err(org_required()),
    };
    let scope = Scope::Orgs(vec![org.clone()]);
    if confine::of(&caller.caller, &scope, state.clock.now_ms() * 1_000)?.is_some() {
        return Err(ApiError::new(ErrorCode::Forbidden, "who sees a part of the events cannot export them"));
    }
    let spec = new.spec(&state, &caller)?;
    let keep_days = new.keep_days.unwrap_or(state.options.export_keep_days);
    if !(1..=KEEP_DAYS_MAX).contains(&keep_days) {
        let why = format!("{keep_days} is not a number of days from 1 to {KEEP_DAYS_MAX}");
        return Err(invalid("keep_days", &why));
    }
    admin_events::require_recordable(&state)?;
    require_room(&state).await?;
    let whose = org.clone();
    let end_seq = state.read(move |engine| engine.log_size(&whose)).await?;
    if spec.format == Format::Evidence && end_seq == 0 {
        return Err(invalid("format", "the log has no event yet, so there is nothing to prove"));
    }
    let new = NewExport {
        org,
        name: new.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "export".to_owned()),
        query: new.query,
        format: spec.format.to_string(),
        spec: spec.to_text(),
        end_seq,
        created_by: caller.caller.id.to_string(),
        created_by_name: caller.caller.name.clone(),
        keep_ms: i64::from(keep_days) * DAY_MS,
    };
    let made = state.exports.create(new).await?;
    admin_events::record(&state, &caller, act(AUDIT_EXPORT_REQUESTED, &made, Vec::new(), json!({}))).await;
    Ok((StatusCode::ACCEPTED, Json(answer(&state, made).await?)))
}

/// Refuses while only the log's own room is left.
pub(super) async fn require_room(state: &Arc<AppState>) -> Result<(), ApiError> {
    let exports = Arc::clone(&state.exports);
    let room = tokio::task::spawn_blocking(move || exports.require_room()).await;
    room.map_err(ApiError::internal)?.map_err(|failure| {
        let reserve = state.exports.options().reserve_bytes;
        tracing::warn!(%failure, reserve, default = RESERVE_BYTES_DEFAULT, "no room for an export");
        ApiError::new(
            ErrorCode::StorageFull,
            "there is too little room on the disk for an export; the operator has to make some",
        )
    })
}

impl ExportRequest {
    /// How the file is made, with all that is relative fixed.
    fn spec(&self, state: &AppState, caller: &Authenticated) -> Result<Spec, ApiError> {
        let now_us = state.clock.now_ms() * 1_000;
        let ascending = match self.order.as_deref() {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(other) => return Err(invalid("order", &format!("\"{other}\" is neither desc nor asc"))),
        };
        let parsed = |name: &str, why: String| invalid(name, &why);
        let format: Format = self.format.parse().map_err(|why| parsed("format", why))?;
        if format == Format::Evidence && self.order.is_some() {
            return Err(invalid("order", "an evidence pack has its events in the order of the log"));
        }
        let compression = self.compression.as_deref().unwrap_or("none");
        let compression: Compression = compression.parse().map_err(|why| parsed("compression", why))?;
        let columns = self.columns.as_deref().map(ColumnList::named).transpose();
        let columns = columns.map_err(|why| parsed("columns", why))?;
        let me = confine::me(&caller.caller);
        let me = me.and_then(|me| Some(Me { id: me.id.to_owned(), email: me.email?.to_owned() }));
        let mut spec = Spec {
            format,
            from_us: None,
            to_us: None,
            ascending: ascending || format == Format::Evidence,
            columns,
            time_zone: self.time_zone.clone().filter(|name| !name.is_empty()),
            compression,
            formula_guard: self.formula_guard.unwrap_or(true),
            now_us,
            me,
            by_sso: caller.caller.sso_org().is_some(),
            schedule: None,
        };
        let bad = |error: BadSpec| invalid(error.what, &error.why);
        let zone = spec.zone().map_err(bad)?;
        let bound = |name: &str, text: &Option<String>| {
            text.as_deref().map(|text| time(name, text, now_us, &zone)).transpose()
        };
        spec.from_us = bound("from", &self.from)?.map(|(from_us, _)| from_us);
        spec.to_us = bound("to", &self.to)?.map(|(_, to_us)| to_us).filter(|to| *to < TimeRange::ALL.to_us);
        spec.check().map_err(bad)?;
        let (query, _) =
            parse(&self.query).into_result().map_err(|errors| invalid_query("query", &errors))?;
        lowered(&query, now_us, &zone, confine::me(&caller.caller))?;
        Ok(spec)
    }
}
