//! `POST /v1/orgs`: makes an organization.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::NewOrganization;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::OrgView;
use crate::{
    admin_events::{self, Act},
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    state::AppState,
};

/// A new organization.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrg {
    /// 1 to 64 of `A-Z a-z 0-9 _ . : -`, first a letter or digit; made by the server if it is left out. It cannot be
    /// changed later, and ids that differ only in case count as equal.
    #[schema(example = "acme")]
    id: Option<String>,
    /// For people; the id if it is left out.
    #[schema(example = "Acme Inc.")]
    name: Option<String>,
}

impl Members for NewOrg {
    const MEMBERS: &'static [&'static str] = &["id", "name"];
}

/// Create an organization
///
/// Recorded as `organization.created` in the instance's log; the new log is empty.
#[utoipa::path(
    post,
    path = "/v1/orgs",
    tag = "organizations",
    operation_id = "create_org",
    request_body = NewOrg,
    responses(
        (status = 201, description = "Created", body = OrgView),
        (status = 409, description = "It exists", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["orgs:write"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    let _reach = caller.may(Operation::CreateOrg, None)?;
    params.end()?;
    let Body(new) = Body::<NewOrg>::read(request, &state).await?;
    let id = new.id.as_deref().map(org_id).transpose()?;
    admin_events::require_recordable(&state)?;
    let made = state.engine.create_organization(NewOrganization { id, name: new.name }).await?;
    let act = Act {
        action: admin_events::ORGANIZATION_CREATED,
        // Not in its own log: a log that is never empty could never be deleted again.
        org: None,
        target_type: "organization",
        target_id: made.id.to_string(),
        target_name: made.name.clone(),
        changes: Vec::new(),
        metadata: json!({ "log_id": made.log_id.to_string() }),
    };
    admin_events::record(&state, &caller, act).await;
    let location = format!("/v1/orgs/{}", made.id);
    let view = Json(OrgView::new(&made, 0));
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], view).into_response())
}

fn org_id(text: &str) -> Result<OrgId, ApiError> {
    text.parse::<OrgId>().map_err(|error| {
        ApiError::new(ErrorCode::InvalidBody, format!("id: {error}")).with_errors(vec![ErrorDetail::new(
            "/id",
            "bad_org_id",
            error.to_string(),
        )])
    })
}
