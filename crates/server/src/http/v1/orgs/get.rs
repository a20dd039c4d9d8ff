//! `GET /v1/orgs/{id}`: one organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_event::OrgId;

use super::OrgView;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get one organization
#[utoipa::path(
    get,
    path = "/v1/orgs/{id}",
    tag = "organizations",
    operation_id = "get_org",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The organization", body = OrgView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["orgs:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<OrgId>,
    params: Params,
) -> Result<Json<OrgView>, ApiError> {
    let _reach = caller.may(Operation::GetOrg, Some(&id))?;
    params.end()?;
    let org = state.engine.catalog().organization(&id).await?;
    let events = state.read(move |engine| engine.log_size(&id)).await?;
    Ok(Json(OrgView::new(&org, events)))
}
