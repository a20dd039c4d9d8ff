//! `GET /v1/logs/{log}/tile/…`: the tree as files that never change, and the entries that it is made of.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use tallystick_auth::Operation;
use tallystick_merkle::TilePath;

use super::{LogPath, Reader, ask};
use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{
        params::Params,
        static_file::{Keep, answer},
    },
    state::AppState,
};

/// What tiles and bundles are sent as.
pub const TILE_TYPE: &str = "application/octet-stream";

/// Get a tile or a bundle of entries
///
/// C2SP tlog-tiles: `tile/<L>/<N>[.p/<W>]` for hashes, `tile/entries/<N>[.p/<W>]` for entries. An entry is the 88 bytes
/// of a leaf; it holds no content of its event. They never change.
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/tile/{*path}",
    tag = "proofs",
    operation_id = "get_tile",
    params(
        ("log" = String, Path, description = "An organization, or the id of a log"),
        ("path" = String, Path, description = "Such as `0/x001/234.p/56` or `entries/000`"),
    ),
    responses(
        (status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "There is no such tile at the published size",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn tile(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let info = reader.log(&state, &path.log, Operation::GetTile)?;
    params.end()?;
    let wanted = parse(&path.rest)?;
    let log = info.log;
    let body = ask(&state, move |proofs| match wanted {
        TilePath::Tile(id) => proofs.tile(log, id),
        TilePath::Entries(id) => proofs.bundle(log, id),
    })
    .await?;
    Ok(answer(&headers, TILE_TYPE, body, Keep::Forever, state.options.proofs_public))
}

/// What a path behind `tile/` names.
pub fn parse(rest: &str) -> Result<TilePath, ApiError> {
    format!("tile/{rest}").parse().map_err(|_| {
        ApiError::new(
            ErrorCode::NotFound,
            "that is no path of a tile: tile/<L>/<N> or tile/entries/<N>, either with .p/<W>",
        )
    })
}
