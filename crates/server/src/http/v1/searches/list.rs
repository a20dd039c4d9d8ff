//! `GET /v1/searches`: the searches that one keeps, and those that others share.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::SavedSearchAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Searches.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchList {
    /// By name.
    searches: Vec<SavedSearchAnswer>,
}

/// List kept searches
///
/// One's own, and those that are shared with the organization.
#[utoipa::path(
    get,
    path = "/v1/searches",
    tag = "searches",
    operation_id = "list_searches",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "The searches", body = SearchList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<SearchList>, ApiError> {
    let org = caller.one_org(Operation::ListSearches, &mut params)?;
    params.end()?;
    let found = state.engine.catalog().list_searches(&org, &caller.caller.id.to_string()).await?;
    let searches = found.iter().map(|search| SavedSearchAnswer::of(search, &caller));
    Ok(Json(SearchList { searches: searches.collect() }))
}
