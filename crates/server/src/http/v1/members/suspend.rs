//! `POST /v1/members/{id}/suspend`: keeps somebody from signing in for the time being.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{self, AccountAct, USER_SUSPENDED},
    state::AppState,
};

/// Suspend a member's account
///
/// Their sessions end, and they cannot sign in, to any organization; role, account and the keys that they made stay.
/// One has to have everything that they have, in each of their organizations, and an organization keeps an owner who
/// can sign in. Recorded as `user.suspended` in the log of each of them.
#[utoipa::path(
    post,
    path = "/v1/members/{id}/suspend",
    tag = "people",
    operation_id = "suspend_member",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    responses(
        (status = 204, description = "Suspended, now or before"),
        (status = 403, description = "They have more than the caller, or are the caller",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An organization would have no owner",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn suspend(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let org = caller.one_org(Operation::SuspendMember, &mut params)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let (user, ended) = state.auth.suspend_member(&caller.caller, &org, &user).await?;
    if let Some(sessions) = ended {
        let change = ("/status", json!("active"), json!("suspended"));
        let act = AccountAct::changed(USER_SUSPENDED, change, json!({ "sessions_ended": sessions }));
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
