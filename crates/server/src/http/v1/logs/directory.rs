//! `GET /v1/logs/{log}/directory`: that a checkpoint of the log is in the directory, where witnesses see it.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_delivery::evidence::directory_document;

use super::{LogPath, Reader, ask};
use crate::{
    error::{ApiError, Problem},
    http::params::Params,
    state::AppState,
};

/// Prove that a checkpoint of a log is in the directory
///
/// Of the newest checkpoint that is; the form is that of the member `directory` of an event's proof
/// (docs/formats/event-proof.md). `null` while there is none.
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/directory",
    tag = "proofs",
    operation_id = "get_log_directory",
    params(("log" = String, Path, description = "An organization, or the id of a log")),
    responses(
        (status = 200, description = "The proof", body = Object),
        (status = 404, description = "There is no such log, or nothing in it yet",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn directory(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    params: Params,
) -> Result<Json<Option<tallystick_verify::DirectoryProof>>, ApiError> {
    let info = reader.log(&state, &path.log, Operation::GetLogDirectory)?;
    params.end()?;
    let log = info.log;
    let proof = ask(&state, move |proofs| proofs.log_directory(log)).await?;
    Ok(Json(proof.as_ref().map(directory_document)))
}
