//! `GET /v1/directory/tile/…`: the directory's tree as files that never change, and its entries.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use tallystick_auth::Operation;
use tallystick_merkle::TilePath;

use crate::{
    error::{ApiError, Problem},
    http::{
        params::Params,
        static_file::{Keep, answer},
        v1::logs::{LogPath, Reader, ask, tile},
    },
    state::AppState,
};

/// Get a tile or a bundle of entries of the directory
///
/// As for a log. An entry is the 76 bytes of docs/formats/directory.md.
#[utoipa::path(
    get,
    path = "/v1/directory/tile/{*path}",
    tag = "proofs",
    operation_id = "get_directory_tile",
    params(("path" = String, Path, description = "Such as `0/x001/234.p/56` or `entries/000`")),
    responses(
        (status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, description = "There is no such tile",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn get_tile(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    reader.may(Operation::GetDirectoryTile)?;
    params.end()?;
    let wanted = tile::parse(&path.rest)?;
    let body = ask(&state, move |proofs| match wanted {
        TilePath::Tile(id) => proofs.directory_tile(id),
        TilePath::Entries(id) => proofs.directory_bundle(id),
    })
    .await?;
    Ok(answer(&headers, tile::TILE_TYPE, body, Keep::Forever, state.options.proofs_public))
}
