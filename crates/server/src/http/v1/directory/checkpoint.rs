//! `GET /v1/directory/checkpoint`: what the directory states about itself, with the cosignatures of witnesses.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use tallystick_auth::Operation;
use tallystick_engine::proof::ProofError;

use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{
        params::Params,
        static_file::{Keep, answer},
        v1::logs::Reader,
    },
    state::AppState,
};

/// Get the checkpoint of the directory
///
/// A signed note (C2SP tlog-checkpoint) with the cosignatures that were gathered so far.
#[utoipa::path(
    get,
    path = "/v1/directory/checkpoint",
    tag = "proofs",
    operation_id = "get_directory_checkpoint",
    responses(
        (status = 200, description = "The note", body = String, content_type = "text/plain"),
        (status = 404, description = "There is nothing in it yet",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn checkpoint(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    reader.may(Operation::GetDirectoryCheckpoint)?;
    params.end()?;
    let newest = state.engine.proofs().published_directory().map_err(|error| match error {
        ProofError::NotPublished { .. } => ApiError::new(
            ErrorCode::NotPublished,
            "the directory has no entries yet; the first round is to come",
        ),
        error => error.into(),
    })?;
    let body = newest.note.clone().into_bytes();
    Ok(answer(&headers, "text/plain; charset=utf-8", body, Keep::Seconds(1), state.options.proofs_public))
}
