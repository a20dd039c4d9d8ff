//! `DELETE /v1/roles/{id}`: deletes a custom role.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use tallystick_auth::Operation;
use tallystick_catalog::RoleId;

use super::act;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::ROLE_DELETED,
    state::AppState,
};

/// Delete a role
///
/// Only one that nobody has and nobody is invited with. Recorded as `role.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/roles/{id}",
    tag = "people",
    operation_id = "delete_role",
    params(("id" = String, Path, description = "`role_` and 20 characters")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 409, description = "It is in use", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<RoleId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let _reach = caller.may(Operation::DeleteRole, None)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let role = state.auth.delete_role(&caller.caller, &id).await?;
    admin_events::record(&state, &caller, act(ROLE_DELETED, Some(&role), None)).await;
    Ok(StatusCode::NO_CONTENT)
}
