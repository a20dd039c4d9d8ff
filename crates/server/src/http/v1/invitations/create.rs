//! `POST /v1/invitations`: invites somebody into an organization.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::{Invitation, act};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        v1::members::reset_password::OneTimeLink,
    },
    people_events::USER_INVITED,
    state::AppState,
};

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// For whom: the account will have this address.
    #[schema(example = "bob@acme.example")]
    email: String,
    /// `owner`, `admin`, `auditor`, `member`, or a custom role's id; none with more than one has oneself.
    #[schema(example = "auditor")]
    role: String,
}

impl Members for NewInvitation {
    const MEMBERS: &'static [&'static str] = &["email", "role"];
}

/// An invitation that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedInvitation {
    /// The invitation.
    #[serde(flatten)]
    invitation: Invitation,
    /// What is opened in a browser. It is shown this once; only its hash is kept. Without a configured public address
    /// it is a path.
    url: String,
}

/// Invite somebody
///
/// The answer has the link to hand over, good for a week. Nothing is sent, and the answer is the same whether the
/// address has an account or not. Recorded as `user.invited`.
#[utoipa::path(
    post,
    path = "/v1/invitations",
    tag = "people",
    operation_id = "create_invitation",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = NewInvitation,
    responses(
        (status = 201, description = "Invited", body = CreatedInvitation),
        (status = 403, description = "The role has more than the caller",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<CreatedInvitation>), ApiError> {
    let org = caller.one_org(Operation::CreateInvitation, &mut params)?;
    params.end()?;
    let Body(new) = Body::<NewInvitation>::read(request, &state).await?;
    admin_events::require_recordable(&state)?;
    let made = state.auth.invite(&caller.caller, &org, &new.email, &new.role).await?;
    let changes =
        vec![("/email", Value::Null, json!(made.link.email)), ("/role", Value::Null, json!(new.role))];
    admin_events::record(&state, &caller, act(USER_INVITED, &made.link, changes)).await;
    let url = OneTimeLink::new(&state, "invite", &made).url;
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation: Invitation::from(&made.link), url })))
}
