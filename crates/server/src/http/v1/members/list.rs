//! `GET /v1/members`: who is in an organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::UserId;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::MemberAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::Params,
        v1::{LIST_DEFAULT, LIST_MAX, orgs::list::bad_cursor},
    },
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
    let org = params.parse::<OrgId>("org", "an organization id")?;
    let org = caller.one_org(Operation::ListMembers, org.as_ref())?;
    let limit = params.number("limit", LIST_DEFAULT, LIST_MAX)?;
    let after =
        params.text("cursor")?.map(|text| text.parse::<UserId>().map_err(|_| bad_cursor())).transpose()?;
    params.end()?;
    let found = state.auth.list_members(&caller.caller, Some(&org), after.as_ref(), limit as u32).await?;
    let last = found.last().filter(|_| found.len() == limit);
    let next_cursor = last.map(|last| last.member.user.id.to_string());
    Ok(Json(MemberPage { members: found.into_iter().map(MemberAnswer::from).collect(), next_cursor }))
}
