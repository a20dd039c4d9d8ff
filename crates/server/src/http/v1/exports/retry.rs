//! `POST /v1/exports/{id}/retry`: begins an export anew.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ExportId;

use super::{ExportAnswer, answer, create::require_room, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    exports::{AUDIT_EXPORT_RETRIED, act},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Run an export again
///
/// One that failed, was cancelled or has expired. The file has the same events as the first time: those of the log as
/// it was when the export was asked for. Recorded as `audit_export.retried`.
#[utoipa::path(
    post,
    path = "/v1/exports/{id}/retry",
    tag = "exports",
    operation_id = "retry_export",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    responses(
        (status = 202, description = "It waits for its turn", body = ExportAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It waits, runs, or is completed; or too many wait",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn retry(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<(axum::http::StatusCode, Json<ExportAnswer>), ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::RetryExport, &id).await?;
    admin_events::require_recordable(&state)?;
    require_room(&state).await?;
    let changed = state.exports.retry(&id).await?;
    let before = changed.before.state.as_str();
    let changes = vec![("/status", json!(before), json!("queued"))];
    admin_events::record(&state, &caller, act(AUDIT_EXPORT_RETRIED, &changed.after, changes, json!({})))
        .await;
    Ok((axum::http::StatusCode::ACCEPTED, Json(answer(&state, changed.after).await?)))
}
