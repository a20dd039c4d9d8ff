//! `DELETE /v1/members/{id}`: ends a membership.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::UserId;

use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{USER_ROLE_REMOVED, on_user},
    state::AppState,
};

/// Remove a member
///
/// It holds from their next request on. Their account stays, and so do API keys that they made. Recorded as
/// `user.role_removed`.
#[utoipa::path(
    delete,
    path = "/v1/members/{id}",
    tag = "people",
    operation_id = "remove_member",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    responses(
        (status = 204, description = "Removed"),
        (status = 409, description = "They are the last owner",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn remove(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let org = caller.one_org(Operation::RemoveMember, &mut params)?;
    params.end()?;
    // Not refused when it cannot be recorded: who must not get in any more must be stopped on a bad day too.
    let removed = state.auth.remove_member(&caller.caller, &org, &user).await?;
    let changes = vec![("/role", json!(removed.role_name), Value::Null)];
    let act = on_user(USER_ROLE_REMOVED, Some(&org), &removed.member.user, changes, json!({}));
    admin_events::record(&state, &caller, act).await;
    Ok(StatusCode::NO_CONTENT)
}
