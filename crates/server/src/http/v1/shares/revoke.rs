//! `DELETE /v1/shares/{id}`: takes a link to an event back.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::{CatalogError, ShareId};

use super::{AUDIT_SHARE_REVOKED, act};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Take a link to an event back
///
/// It opens nothing any more; what was downloaded with it is out. Recorded as `audit_share.revoked`.
#[utoipa::path(
    delete,
    path = "/v1/shares/{id}",
    tag = "shares",
    operation_id = "revoke_share",
    params(("id" = String, Path, description = "`shr_` and 20 characters")),
    responses(
        (status = 204, description = "Taken back"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn revoke(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ShareId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    let reach = caller.may(Operation::RevokeShare, None)?;
    params.end()?;
    let catalog = state.engine.catalog();
    let share = catalog.share(&id).await?;
    if !reach.covers(Some(&share.org)) {
        return Err(CatalogError::NotFound { kind: "share", id: id.to_string() }.into());
    }
    admin_events::require_recordable(&state)?;
    if catalog.revoke_share(&id).await? {
        let changes = vec![("/status", json!("active"), json!("revoked"))];
        admin_events::record(&state, &caller, act(AUDIT_SHARE_REVOKED, &share, changes)).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
