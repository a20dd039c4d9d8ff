//! `PATCH /v1/members/{id}`: gives a member another role.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;
use utoipa::ToSchema;

use super::MemberAnswer;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    people_events::{USER_ROLE_ASSIGNED, on_user},
    state::AppState,
};

/// What changes about a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberChange {
    /// `owner`, `admin`, `auditor`, `member`, or a custom role's id. Neither it nor the role before may have more than
    /// one has oneself.
    #[schema(example = "admin")]
    role: String,
}

impl Members for MemberChange {
    const MEMBERS: &'static [&'static str] = &["role"];
}

/// Change a member's role
///
/// It holds from their next request on. An organization that has an owner keeps one. Recorded as `user.role_assigned`.
#[utoipa::path(
    patch,
    path = "/v1/members/{id}",
    tag = "people",
    operation_id = "update_member",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    request_body = MemberChange,
    responses(
        (status = 200, description = "The member", body = MemberAnswer),
        (status = 409, description = "They are the last owner",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<Json<MemberAnswer>, ApiError> {
    let org = caller.one_org(Operation::UpdateMember, &mut params)?;
    params.end()?;
    let Body(change) = Body::<MemberChange>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let changed = state.auth.update_member(&caller.caller, &org, &user, &change.role).await?;
    if changed.before.member.membership.role != changed.after.member.membership.role {
        let changes = vec![("/role", json!(changed.before.role_name), json!(changed.after.role_name))];
        let act = on_user(USER_ROLE_ASSIGNED, Some(&org), &changed.after.member.user, changes, json!({}));
        admin_events::record(&state, &caller, act).await;
    }
    Ok(Json(changed.after.into()))
}
