//! `DELETE /v1/invitations/{id}`: takes an invitation back.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::LinkId;

use super::act;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    people_events::USER_INVITATION_REVOKED,
    state::AppState,
};

/// Take an invitation back
///
/// Its link does not work any more. Of one that was accepted, taken back or too old before, nothing changes. Recorded
/// as `user.invitation_revoked`.
#[utoipa::path(
    delete,
    path = "/v1/invitations/{id}",
    tag = "people",
    operation_id = "revoke_invitation",
    params(("id" = String, Path, description = "`lnk_` and 20 characters")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn revoke(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<LinkId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let _reach = caller.may(Operation::RevokeInvitation, None)?;
    params.end()?;
    if let Some(link) = state.auth.revoke_invitation(&caller.caller, &id).await? {
        let changes = vec![("/status", json!("open"), json!("revoked"))];
        admin_events::record(&state, &caller, act(USER_INVITATION_REVOKED, &link, changes)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
