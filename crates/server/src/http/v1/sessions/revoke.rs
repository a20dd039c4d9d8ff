//! `DELETE /v1/sessions/{id}`: ends a session.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_catalog::SessionId;

use crate::{
    admin_events::{self, Who},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::{self, AccountAct, SESSION_REVOKED, on_user},
    state::AppState,
};

/// End a session
///
/// One's own, or that of a member, who has no more than the caller, of an organization whose members one manages. It
/// ends at once, live tails within 15 seconds. Recorded as `session.revoked`.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{id}",
    tag = "people",
    operation_id = "revoke_session",
    params(("id" = String, Path, description = "`ses_` and 20 characters")),
    responses(
        (status = 204, description = "It has ended"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn revoke(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<SessionId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    params.end()?;
    // Not refused when it cannot be recorded: a stolen session must be stopped on a bad day too.
    let revoked = state.auth.revoke_session(&caller.caller, &id).await?;
    if !revoked.had_ended {
        let metadata = json!({ "session": id.to_string(), "ip": revoked.session.ip });
        // Only there: other organizations of the person have nothing to do with who manages this one.
        if let Some(org) = &revoked.org {
            let act = on_user(SESSION_REVOKED, Some(org), &revoked.user, Vec::new(), metadata);
            admin_events::record(&state, &caller, act).await;
        } else {
            let act = AccountAct::done(SESSION_REVOKED, metadata);
            people_events::record(&state, &Who::from(&caller), &revoked.user, act).await;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}
