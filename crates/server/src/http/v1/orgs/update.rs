//! `PATCH /v1/orgs/{id}`: renames an organization, archives it, or brings it back.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::{OrgState, OrganizationChange};
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{OrgView, refuse_instance};
use crate::{
    admin_events::{self, Act},
    error::{ApiError, ErrorCode, ErrorDetail, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    state::AppState,
};

/// A change of an organization; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrgChange {
    /// For people.
    name: Option<String>,
    /// `active` or `archived`. An archived organization's log can be read, but takes no events.
    #[schema(example = "archived")]
    state: Option<String>,
}

impl Members for OrgChange {
    const MEMBERS: &'static [&'static str] = &["name", "state"];
}

/// Change an organization
///
/// Recorded as `organization.settings_updated`. To archive one takes a key that is not bound to it: who is audited
/// must not be able to stop the audit.
#[utoipa::path(
    patch,
    path = "/v1/orgs/{id}",
    tag = "organizations",
    operation_id = "update_org",
    params(("id" = String, Path, description = "Its id")),
    request_body = OrgChange,
    responses(
        (status = 200, description = "The organization as it is now", body = OrgView),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["orgs:write"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<OrgId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<OrgView>, ApiError> {
    let _reach = caller.may(Operation::UpdateOrg, Some(&id))?;
    params.end()?;
    let Body(change) = Body::<OrgChange>::read(request, &state).await?;
    if change.state.is_some() {
        let _reach = caller.may(Operation::ArchiveOrg, Some(&id))?;
    }
    refuse_instance(&id)?;
    let new_state = change.state.as_deref().map(org_state).transpose()?;
    admin_events::require_recordable(&state)?;
    let change = OrganizationChange { name: change.name, state: new_state };
    let changed = state.engine.update_organization(&id, change).await?;
    let (before, after) = (&changed.before, &changed.after);
    let changes =
        admin_events::organization_changes((&before.name, before.state), (&after.name, after.state));
    if !changes.is_empty() {
        let act = Act {
            action: admin_events::ORGANIZATION_SETTINGS_UPDATED,
            org: Some(id.clone()),
            target_type: "organization",
            target_id: id.to_string(),
            target_name: after.name.clone(),
            changes,
            metadata: json!({}),
        };
        admin_events::record(&state, &caller, act).await;
    }
    let events = state.read(move |engine| engine.log_size(&id)).await?;
    Ok(Json(OrgView::new(&changed.after, events)))
}

fn org_state(text: &str) -> Result<OrgState, ApiError> {
    text.parse().map_err(|_| {
        let why = format!("\"{text}\" is neither active nor archived");
        ApiError::new(ErrorCode::InvalidBody, format!("state: {why}"))
            .with_errors(vec![ErrorDetail::new("/state", "bad_enum", why)])
    })
}
