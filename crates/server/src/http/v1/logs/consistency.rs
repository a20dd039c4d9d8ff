//! `GET /v1/logs/{log}/consistency`: that the log at one size continues the log at a smaller one.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tallystick_auth::Operation;
use tallystick_merkle::Hash;

use super::{LogPath, Reader, ask};
use crate::{
    error::{ApiError, Problem},
    http::params::{Params, invalid},
    state::AppState,
};

/// Prove that a log continues an earlier state of itself
///
/// RFC 6962 section 2.1.2: one hash a line, base64. `to` is the published size if it is not given.
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/consistency",
    tag = "proofs",
    operation_id = "get_consistency",
    params(
        ("log" = String, Path, description = "An organization, or the id of a log"),
        ("from" = u64, Query, description = "The smaller size"),
        ("to" = Option<u64>, Query, description = "The larger size"),
    ),
    responses(
        (status = 200, description = "The proof", body = String, content_type = "text/plain"),
        (status = 404, description = "There is no such log, or it is not that large",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn consistency(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    mut params: Params,
) -> Result<Response, ApiError> {
    let info = reader.log(&state, &path.log, Operation::GetConsistency)?;
    let (from, to) = sizes(&mut params)?;
    let log = info.log;
    let hashes = ask(&state, move |proofs| proofs.consistency(log, from, to)).await?;
    Ok(lines(&hashes))
}

/// The sizes that are asked for.
pub fn sizes(params: &mut Params) -> Result<(u64, Option<u64>), ApiError> {
    let expected = "a number of leaves";
    let from = params.parse::<u64>("from", expected)?.ok_or_else(|| invalid("from", "it is needed"))?;
    let to = params.parse("to", expected)?;
    params.end()?;
    Ok((from, to))
}

/// One hash a line.
pub fn lines(hashes: &[Hash]) -> Response {
    let text: String = hashes.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
