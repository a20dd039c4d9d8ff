//! `GET /v1/exports/{id}/manifest`: what a file says of itself, for formats that have no room for it.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tallystick_auth::Operation;
use tallystick_catalog::{ExportId, ExportState};
use tallystick_delivery::{file_name, manifest};

use super::{download::not_there, reached, spec_of};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get the manifest of an export
///
/// Query, range, order, the size of the log at that moment, rows, bytes and SHA-256: to be kept beside the file.
#[utoipa::path(
    get,
    path = "/v1/exports/{id}/manifest",
    tag = "exports",
    operation_id = "get_export_manifest",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    responses(
        (status = 200, description = "The manifest", body = Object),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is not completed",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<Response, ApiError> {
    params.end()?;
    let export = reached(&state, &caller, Operation::GetExportManifest, &id).await?;
    if !matches!(export.state, ExportState::Completed | ExportState::Expired) {
        return Err(not_there(&export));
    }
    let spec = spec_of(&export)?;
    let mut text = serde_json::to_string_pretty(&manifest(&export, &spec)).map_err(ApiError::internal)?;
    text.push('\n');
    let name = format!("attachment; filename=\"{}.export.json\"", file_name(&export, &spec));
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    Ok((headers, text).into_response())
}
