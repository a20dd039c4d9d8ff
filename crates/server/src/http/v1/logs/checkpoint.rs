//! `GET /v1/logs/{log}/checkpoint`: what the log states about itself, signed.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use tallystick_auth::Operation;

use super::{LogPath, Reader};
use crate::{
    error::{ApiError, Problem},
    http::{
        params::Params,
        static_file::{Keep, answer},
    },
    state::AppState,
};

/// Get the checkpoint of a log
///
/// A signed note (C2SP tlog-checkpoint): origin, size, root. At most a second old in a log that grows.
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/checkpoint",
    tag = "proofs",
    operation_id = "get_checkpoint",
    params(("log" = String, Path, description = "An organization, or the id of a log")),
    responses(
        (status = 200, description = "The note", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such log, or nothing in it yet",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn checkpoint(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let info = reader.log(&state, &path.log, Operation::GetCheckpoint)?;
    params.end()?;
    let note = state.engine.proofs().checkpoint(info.log)?;
    let body = note.to_string().into_bytes();
    Ok(answer(&headers, "text/plain; charset=utf-8", body, Keep::Seconds(1), state.options.proofs_public))
}
