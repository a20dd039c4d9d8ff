//! `GET /v1/streams/{id}`: one stream.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;

use super::{StreamAnswer, reached};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get a stream
#[utoipa::path(
    get,
    path = "/v1/streams/{id}",
    tag = "streams",
    operation_id = "get_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    responses(
        (status = 200, description = "The stream", body = StreamAnswer),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
) -> Result<Json<StreamAnswer>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::GetStream, &id).await?;
    Ok(Json(state.streams.get(&id).await?.into()))
}
