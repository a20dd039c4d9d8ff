//! `GET /v1/logs/{log}/anchors`: what others have stated about the directory since it covers the log.

use std::sync::Arc;

use axum::{Json, extract::State};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::{LogPath, Reader};
use crate::{
    error::{ApiError, Problem},
    http::params::Params,
    state::AppState,
};

/// Entries of an answer at most; the oldest first.
const ANCHORS_MAX: usize = 100;

/// A statement of somebody else about a checkpoint of the directory.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnchorEntry {
    /// `witness`, `rfc3161` or `object-lock`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Who.
    name: String,
    /// Size of the directory's checkpoint.
    size: u64,
    /// When it came.
    time: String,
    /// What came: a note's signature lines, a token in base64, an address.
    receipt: String,
}

/// Anchors, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnchorList {
    anchors: Vec<AnchorEntry>,
}

/// List what anchors a log
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/anchors",
    tag = "proofs",
    operation_id = "list_anchors",
    params(
        ("log" = String, Path, description = "An organization, or the id of a log"),
        ("from" = Option<u64>, Query, description = "Only of checkpoints of the directory of at least this size"),
    ),
    responses(
        (status = 200, description = "At most 100, the oldest first", body = AnchorList),
        (status = 404, description = "There is no such log",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn anchors(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    mut params: Params,
) -> Result<Json<AnchorList>, ApiError> {
    reader.log(&state, &path.log, Operation::ListAnchors)?;
    let from = params.parse::<u64>("from", "a size of the directory")?.unwrap_or(0);
    params.end()?;
    let found = state.engine.catalog().anchors(from, ANCHORS_MAX as u32).await?;
    let anchors = found.into_iter().map(|anchor| {
        let text = String::from_utf8(anchor.receipt);
        AnchorEntry {
            kind: anchor.kind.as_str(),
            name: anchor.name,
            size: anchor.size,
            time: format_ms(anchor.time_ms),
            receipt: text.unwrap_or_else(|bytes| STANDARD.encode(bytes.as_bytes())),
        }
    });
    Ok(Json(AnchorList { anchors: anchors.collect() }))
}
