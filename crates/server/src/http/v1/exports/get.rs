//! `GET /v1/exports/{id}`: one export.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::ExportId;

use super::{ExportAnswer, answer, reached};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get an export
#[utoipa::path(
    get,
    path = "/v1/exports/{id}",
    tag = "exports",
    operation_id = "get_export",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    responses(
        (status = 200, description = "The export", body = ExportAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<Json<ExportAnswer>, ApiError> {
    params.end()?;
    let export = reached(&state, &caller, Operation::GetExport, &id).await?;
    Ok(Json(answer(&state, export).await?))
}
