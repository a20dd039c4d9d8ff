//! `PATCH /v1/roles/{id}`: changes a custom role.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use tallystick_auth::{ChangeRole, Operation};
use tallystick_catalog::RoleId;
use utoipa::ToSchema;

use super::{RoleAnswer, act, permissions};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        confine::check_filter,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    people_events::ROLE_UPDATED,
    state::AppState,
};

/// What changes about a role; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleChange {
    /// For people.
    name: Option<String>,
    /// All that it allows from now on.
    permissions: Option<Vec<String>>,
    /// Query that every event which its holders see matches; empty: all events.
    filter: Option<String>,
}

impl Members for RoleChange {
    const MEMBERS: &'static [&'static str] = &["name", "permissions", "filter"];
}

/// Change a role
///
/// It holds for everybody who has it, from their next request on. Recorded as `role.updated`.
#[utoipa::path(
    patch,
    path = "/v1/roles/{id}",
    tag = "people",
    operation_id = "update_role",
    params(("id" = String, Path, description = "`role_` and 20 characters")),
    request_body = RoleChange,
    responses(
        (status = 200, description = "The role", body = RoleAnswer),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<RoleId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<RoleAnswer>, ApiError> {
    let _reach = caller.may(Operation::UpdateRole, None)?;
    params.end()?;
    let Body(change) = Body::<RoleChange>::read(request, &state).await?;
    change.filter.as_deref().map(|filter| check_filter("/filter", filter)).transpose()?;
    let change = ChangeRole {
        name: change.name,
        permissions: change.permissions.as_deref().map(permissions).transpose()?,
        filter: change.filter,
    };
    admin_events::require_recordable(&state)?;
    let changed = state.auth.update_role(&caller.caller, &id, change).await?;
    if changed.before != changed.after {
        let act = act(ROLE_UPDATED, Some(&changed.before), Some(&changed.after));
        admin_events::record(&state, &caller, act).await;
    }
    Ok(Json(RoleAnswer::from(&changed.after)))
}
