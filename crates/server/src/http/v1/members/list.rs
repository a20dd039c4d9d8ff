//! `GET /v1/members`: who is in an organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;
use utoipa::ToSchema;

use super::MemberAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, page::Page, params::Params},
    state::AppState,
};

/// A page of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberPage {
    /// In order of their ids.
    members: Vec<MemberAnswer>,
    /// For the next page; null: this is the last.
    next_cursor: Option<String>,
}

/// List members
#[utoipa::path(
    get,
    path = "/v1/members",
    tag = "people",
    operation_id = "list_members",
    params(
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of members", body = MemberPage),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<MemberPage>, ApiError> {
    let org = caller.one_org(Operation::ListMembers, &mut params)?;
    let page = Page::<UserId>::take(&mut params)?;
    params.end()?;
    let found = state.auth.list_members(&caller.caller, &org, page.after(), page.limit()).await?;
    let next_cursor = page.next_cursor(&found, |one| &one.member.user.id);
    Ok(Json(MemberPage { members: found.into_iter().map(MemberAnswer::from).collect(), next_cursor }))
}
