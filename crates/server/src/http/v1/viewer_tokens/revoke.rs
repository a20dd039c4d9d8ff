//! `DELETE /v1/viewer-tokens/{id}`: revokes a viewer token.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::ViewerTokenId;

use super::{ViewerTokenAnswer, act};
use crate::{
    admin_events::{self, AUDIT_VIEWER_TOKEN_REVOKED},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Revoke a viewer token
///
/// It stops working at once, everywhere; a live tail shows nothing more. To revoke one that has ended changes nothing.
/// Recorded as `audit_viewer_token.revoked`.
#[utoipa::path(
    delete,
    path = "/v1/viewer-tokens/{id}",
    tag = "viewers",
    operation_id = "revoke_viewer_token",
    params(("id" = String, Path, description = "`vt_` and 20 characters")),
    responses(
        (status = 200, description = "The token that has ended", body = ViewerTokenAnswer),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["viewers:write"])),
)]
pub async fn revoke(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ViewerTokenId>,
    params: Params,
) -> Result<Json<ViewerTokenAnswer>, ApiError> {
    let _reach = caller.may(Operation::RevokeViewerToken, None)?;
    params.end()?;
    // Not refused when it cannot be recorded: what must be stopped must be stopped on a bad day too.
    let changed = state.auth.revoke_viewer_token(&caller.caller, &id).await?;
    if changed.before != changed.after {
        admin_events::record(&state, &caller, act(AUDIT_VIEWER_TOKEN_REVOKED, &changed.after)).await;
    }
    Ok(Json(ViewerTokenAnswer::from(&changed.after)))
}
