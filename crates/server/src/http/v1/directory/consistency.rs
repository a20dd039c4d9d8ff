//! `GET /v1/directory/consistency`: that the directory at one size continues the directory at a smaller one.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use tallystick_auth::Operation;

use crate::{
    error::{ApiError, Problem},
    http::{
        params::Params,
        v1::logs::{Reader, ask, consistency},
    },
    state::AppState,
};

/// Prove that the directory continues an earlier state of itself
///
/// RFC 6962 section 2.1.2: one hash a line, base64. `to` is the newest size if it is not given.
#[utoipa::path(
    get,
    path = "/v1/directory/consistency",
    tag = "proofs",
    operation_id = "get_directory_consistency",
    params(
        ("from" = u64, Query, description = "The smaller size"),
        ("to" = Option<u64>, Query, description = "The larger size"),
    ),
    responses(
        (status = 200, description = "The proof", body = String, content_type = "text/plain"),
        (status = 404, description = "It is not that large",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn consistency(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    mut params: Params,
) -> Result<Response, ApiError> {
    reader.may(Operation::GetDirectoryConsistency)?;
    let (from, to) = consistency::sizes(&mut params)?;
    let hashes = ask(&state, move |proofs| proofs.directory_consistency(from, to)).await?;
    Ok(consistency::lines(&hashes))
}
