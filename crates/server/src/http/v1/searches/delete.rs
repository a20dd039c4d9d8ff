//! `DELETE /v1/searches/{id}`: forgets a kept search.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use tallystick_auth::Operation;
use tallystick_catalog::SearchId;

use super::{AUDIT_SEARCH_DELETED, act, changeable};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Delete a kept search
///
/// One's own; with the permission `settings.manage` also one that somebody else shares. Recorded as
/// `audit_search.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/searches/{id}",
    tag = "searches",
    operation_id = "delete_search",
    params(("id" = String, Path, description = "`sv_` and 20 characters")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<SearchId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    params.end()?;
    changeable(&state, &caller, Operation::DeleteSearch, &id).await?;
    admin_events::require_recordable(&state)?;
    let deleted = state.engine.catalog().delete_search(&id).await?;
    admin_events::record(&state, &caller, act(AUDIT_SEARCH_DELETED, Some(&deleted), None)).await;
    Ok(StatusCode::NO_CONTENT)
}
