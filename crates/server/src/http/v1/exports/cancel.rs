//! `POST /v1/exports/{id}/cancel`: stops an export.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::ExportId;

use super::{ExportAnswer, answer, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    exports::{AUDIT_EXPORT_CANCELLED, act},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Cancel an export
///
/// One that waits or runs; what was written of it is removed. Recorded as `audit_export.cancelled`.
#[utoipa::path(
    post,
    path = "/v1/exports/{id}/cancel",
    tag = "exports",
    operation_id = "cancel_export",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    responses(
        (status = 200, description = "Stopped", body = ExportAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It has ended",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn cancel(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<Json<ExportAnswer>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::CancelExport, &id).await?;
    admin_events::require_recordable(&state)?;
    let changed = state.exports.cancel(&id).await?;
    let before = changed.before.state.as_str();
    let changes = vec![("/status", json!(before), json!("cancelled"))];
    admin_events::record(&state, &caller, act(AUDIT_EXPORT_CANCELLED, &changed.after, changes, json!({})))
        .await;
    Ok(Json(answer(&state, changed.after).await?))
}
