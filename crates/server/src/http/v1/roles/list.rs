//! `GET /v1/roles`: the roles of an organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{BUILT_IN_ROLES, FILTERED_MAX, Level, Operation, Permission};
use utoipa::ToSchema;

use super::RoleAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// All roles of an organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleList {
    /// The built-in ones, the strongest first, then the others by name.
    roles: Vec<RoleAnswer>,
    /// What a role can allow.
    permissions: Vec<&'static str>,
    /// What a role with a filter can allow.
    filtered_permissions: Vec<&'static str>,
}

/// List roles
#[utoipa::path(
    get,
    path = "/v1/roles",
    tag = "people",
    operation_id = "list_roles",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "The roles", body = RoleList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<RoleList>, ApiError> {
    let org = caller.one_org(Operation::ListRoles, &mut params)?;
    params.end()?;
    let custom = state.auth.list_roles(&caller.caller, &org).await?;
    let built_in = BUILT_IN_ROLES.iter().map(RoleAnswer::from);
    let all = Permission::ALL.iter().filter(|permission| permission.level() == Level::Organization);
    Ok(Json(RoleList {
        roles: built_in.chain(custom.iter().map(RoleAnswer::from)).collect(),
        permissions: all.map(|permission| permission.as_str()).collect(),
        filtered_permissions: FILTERED_MAX.iter().map(Permission::as_str).collect(),
    }))
}
