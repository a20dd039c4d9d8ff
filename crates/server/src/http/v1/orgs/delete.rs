//! `DELETE /v1/orgs/{id}`: deletes an organization whose log is empty.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_event::OrgId;

use super::refuse_instance;
use crate::{
    admin_events::{self, Act},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Delete an organization
///
/// Only while its log is empty: an audit log is not deleted with its organization; archive it instead. Its keys are
/// revoked. Recorded as `organization.deleted` in the instance's log.
#[utoipa::path(
    delete,
    path = "/v1/orgs/{id}",
    tag = "organizations",
    operation_id = "delete_org",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Its log is not empty", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["orgs:write"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<OrgId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let _reach = caller.may(Operation::DeleteOrg, Some(&id))?;
    params.end()?;
    refuse_instance(&id)?;
    admin_events::require_recordable(&state)?;
    // An organization that does not exist and one that is not empty are different answers.
    let _exists = state.engine.catalog().organization(&id).await?;
    let deleted = state.engine.delete_organization(&id).await?;
    let revoked: Vec<String> = deleted.revoked_keys.iter().map(|key| key.id.to_string()).collect();
    if !revoked.is_empty() {
        // The keys are revoked in the catalog already; this only makes it known here at once.
        state.auth.refresh().await?;
    }
    let act = Act {
        action: admin_events::ORGANIZATION_DELETED,
        org: None,
        target_type: "organization",
        target_id: id.to_string(),
        target_name: deleted.organization.name,
        changes: Vec::new(),
        metadata: if revoked.is_empty() { json!({}) } else { json!({ "revoked_keys": revoked }) },
    };
    admin_events::record(&state, &caller, act).await;
    Ok(StatusCode::NO_CONTENT)
}
