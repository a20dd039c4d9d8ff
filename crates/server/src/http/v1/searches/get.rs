//! `GET /v1/searches/{id}`: one kept search.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_catalog::SearchId;

use super::{SavedSearchAnswer, seen};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get a kept search
#[utoipa::path(
    get,
    path = "/v1/searches/{id}",
    tag = "searches",
    operation_id = "get_search",
    params(("id" = String, Path, description = "`sv_` and 20 characters")),
    responses(
        (status = 200, description = "The search", body = SavedSearchAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<SearchId>,
    params: Params,
) -> Result<Json<SavedSearchAnswer>, ApiError> {
    params.end()?;
    let search = seen(&state, &caller, &id).await?;
    Ok(Json(SavedSearchAnswer::of(&search, &caller)))
}
