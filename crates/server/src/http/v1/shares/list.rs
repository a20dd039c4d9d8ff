//! `GET /v1/shares`: links to events that work.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::ShareAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Links to events.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShareList {
    /// Those that work, the newest first; an organization has at most 1,000.
    shares: Vec<ShareAnswer>,
}

/// List links to events
#[utoipa::path(
    get,
    path = "/v1/shares",
    tag = "shares",
    operation_id = "list_shares",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "The links", body = ShareList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<ShareList>, ApiError> {
    let org = caller.one_org(Operation::ListShares, &mut params)?;
    params.end()?;
    let found = state.engine.catalog().list_shares(&org).await?;
    Ok(Json(ShareList { shares: found.iter().map(ShareAnswer::from).collect() }))
}
