//! `DELETE /v1/members/{id}/totp`: does away with the authenticator of a member who has lost it.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{self, AccountAct, MFA_FACTOR_REMOVED},
    state::AppState,
};

/// Remove a member's authenticator
///
/// Their recovery codes go with it; the password alone signs them in then. One has to have everything that they have,
/// in each of their organizations. Recorded as `mfa_factor.removed` in the log of each of them.
#[utoipa::path(
    delete,
    path = "/v1/members/{id}/totp",
    tag = "people",
    operation_id = "remove_member_totp",
    params(
        ("id" = String, Path, description = "`usr_` and 20 characters"),
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
    ),
    responses(
        (status = 204, description = "Removed, or there was none"),
        (status = 403, description = "They have more than the caller",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn remove_totp(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(user): Id<UserId>,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let org = caller.one_org(Operation::RemoveMemberTotp, &mut params)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let (user, removed) = state.auth.remove_member_totp(&caller.caller, &org, &user).await?;
    if removed {
        let metadata = json!({ "factor_type": "totp", "by": "another" });
        let act = AccountAct::done(MFA_FACTOR_REMOVED, metadata);
        people_events::record(&state, &Who::from(&caller), &user, act).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
