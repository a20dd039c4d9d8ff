//! `GET /v1/invitations`: who is invited and has not come yet.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::Invitation;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Open invitations.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitationList {
    /// All of them; an organization has at most 1,000.
    invitations: Vec<Invitation>,
}

/// List open invitations
#[utoipa::path(
    get,
    path = "/v1/invitations",
    tag = "people",
    operation_id = "list_invitations",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "The invitations", body = InvitationList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<InvitationList>, ApiError> {
    let org = caller.one_org(Operation::ListInvitations, &mut params)?;
    params.end()?;
    let found = state.auth.list_invitations(&caller.caller, &org).await?;
    Ok(Json(InvitationList { invitations: found.iter().map(Invitation::from).collect() }))
}
