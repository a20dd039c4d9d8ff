//! `DELETE /v1/exports/{id}`: forgets an export and its file.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ExportId;

use super::reached;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    exports::{AUDIT_EXPORT_DELETED, act},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Delete an export
///
/// It leaves the history, and its file the disk; if it runs it is stopped. Recorded as `audit_export.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/exports/{id}",
    tag = "exports",
    operation_id = "delete_export",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
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
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::DeleteExport, &id).await?;
    admin_events::require_recordable(&state)?;
    let deleted = state.exports.delete(&id).await?;
    let was = json!({ "status": deleted.state.as_str(), "rows": deleted.rows, "sha256": deleted.sha256 });
    admin_events::record(&state, &caller, act(AUDIT_EXPORT_DELETED, &deleted, Vec::new(), was)).await;
    Ok(StatusCode::NO_CONTENT)
}
