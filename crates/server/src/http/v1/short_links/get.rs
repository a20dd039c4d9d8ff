//! `GET /v1/short-links/{id}`: where a short link leads.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_catalog::ShortLinkId;

use super::{ShortLinkAnswer, followed};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Look where a short link leads
#[utoipa::path(
    get,
    path = "/v1/short-links/{id}",
    tag = "searches",
    operation_id = "get_short_link",
    params(("id" = String, Path, description = "20 characters")),
    responses(
        (status = 200, description = "The link", body = ShortLinkAnswer),
        (status = 404, description = "There is none within reach",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ShortLinkId>,
    params: Params,
) -> Result<Json<ShortLinkAnswer>, ApiError> {
    params.end()?;
    let link = followed(&state, &caller, &id).await?;
    Ok(Json(ShortLinkAnswer::of(&state, &link)))
}
