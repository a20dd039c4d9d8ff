//! `POST /v1/members/{id}/resume`: lets somebody who was suspended sign in again.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{self, AccountAct, USER_REACTIVATED},
    state::AppState,
};

/// Resume a member's account
///
/// They can sign in again, with what they had. One has to have everything that they have, in each of their
/// organizations. Recorded as `user.reactivated` in the log of each of them.
#[utoipa::path(
    post,
    path = "/v1/members/{id}/resume",
    tag = "people",
    operation_id = "resume_member",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    responses(
        (status = 204, description = "They may sign in, now or as before"),
        (status = 403, description = "They have more than the caller",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn resume(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let org = caller.one_org(Operation::ResumeMember, &mut params)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let (user, resumed) = state.auth.resume_member(&caller.caller, &org, &user).await?;
    if resumed {
        let change = ("/status", json!("suspended"), json!("active"));
        let act = AccountAct::changed(USER_REACTIVATED, change, json!({}));
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
