//! `POST /v1/roles`: makes a custom role.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use tallystick_auth::{CreateRole, Operation};
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
    },
    people_events::ROLE_CREATED,
    state::AppState,
};

/// A new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// For people.
    #[schema(example = "Service desk")]
    name: String,
    /// `GET /v1/roles` lists what there is; none that one does not have oneself.
    #[schema(example = json!(["audit_logs.read"]))]
    permissions: Vec<String>,
    /// Query that every event which its holders see matches; all events, if it is left out.
    #[schema(example = "target:service/*")]
    #[serde(default)]
    filter: String,
}

impl Members for NewRole {
    const MEMBERS: &'static [&'static str] = &["name", "permissions", "filter"];
}

/// Create a role
///
/// A role with a filter can only read. Recorded as `role.created`.
#[utoipa::path(
    post,
    path = "/v1/roles",
    tag = "people",
    operation_id = "create_role",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = NewRole,
    responses(
        (status = 201, description = "Created", body = RoleAnswer),
        (status = 409, description = "The name is taken", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<RoleAnswer>), ApiError> {
    let org = caller.one_org(Operation::CreateRole, &mut params)?;
    params.end()?;
    let Body(new) = Body::<NewRole>::read(request, &state).await?;
    check_filter("/filter", &new.filter)?;
    let create =
        CreateRole { name: new.name, permissions: permissions(&new.permissions)?, filter: new.filter };
    admin_events::require_recordable(&state)?;
    let role = state.auth.create_role(&caller.caller, &org, create).await?;
    admin_events::record(&state, &caller, act(ROLE_CREATED, None, Some(&role))).await;
    Ok((StatusCode::CREATED, Json(RoleAnswer::from(&role))))
}
