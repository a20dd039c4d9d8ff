//! `POST /v1/members`: makes somebody who has an account a member.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::UserId;
use utoipa::ToSchema;

use super::MemberAnswer;
use crate::{
    admin_events,
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    people_events::{USER_ROLE_ASSIGNED, on_user},
    state::AppState,
};

/// A new member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// The account: one's own, or of somebody in an organization whose members one sees.
    #[schema(example = "usr_0123456789abcdefghjk")]
    user: String,
    /// `owner`, `admin`, `auditor`, `member`, or a custom role's id; none with more than one has oneself.
    #[schema(example = "auditor")]
    role: String,
}

impl Members for NewMember {
    const MEMBERS: &'static [&'static str] = &["user", "role"];
}

/// Add a member
///
/// Of somebody who has an account; others are invited. Recorded as `user.role_assigned`.
#[utoipa::path(
    post,
    path = "/v1/members",
    tag = "people",
    operation_id = "add_member",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = NewMember,
    responses(
        (status = 201, description = "Added", body = MemberAnswer),
        (status = 409, description = "They are a member", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:write"])),
)]
pub async fn add(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<MemberAnswer>), ApiError> {
    let org = caller.one_org(Operation::AddMember, &mut params)?;
    params.end()?;
    let Body(new) = Body::<NewMember>::read(request, &state).await?;
    let user =
        new.user.parse::<UserId>().map_err(|error| {
            ApiError::new(ErrorCode::InvalidBody, format!("user: {error}"))
                .with_errors(vec![ErrorDetail::new("/user", "invalid", error.to_string())])
        })?;
    admin_events::require_recordable(&state)?;
    let added = state.auth.add_member(&caller.caller, &org, &user, &new.role).await?;
    let changes = vec![("/role", Value::Null, json!(added.role_name))];
    let act = on_user(USER_ROLE_ASSIGNED, Some(&org), &added.member.user, changes, json!({}));
    admin_events::record(&state, &caller, act).await;
    Ok((StatusCode::CREATED, Json(added.into())))
}
