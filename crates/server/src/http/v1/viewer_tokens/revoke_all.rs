//! `DELETE /v1/viewer-tokens`: revokes all viewer tokens of an organization.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::json;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use crate::{
    admin_events::{self, AUDIT_VIEWER_TOKEN_REVOKED, Act},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// What was revoked.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevokedViewerTokens {
    /// How many tokens were good.
    revoked: u64,
}

/// Revoke all viewer tokens
///
/// Of one organization: they stop working at once, everywhere. Recorded as one `audit_viewer_token.revoked`.
#[utoipa::path(
    delete,
    path = "/v1/viewer-tokens",
    tag = "viewers",
    operation_id = "revoke_viewer_tokens",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "How many there were", body = RevokedViewerTokens),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["viewers:write"])),
)]
pub async fn revoke_all(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<RevokedViewerTokens>, ApiError> {
    let org = caller.one_org(Operation::RevokeViewerTokens, &mut params)?;
    params.end()?;
    let revoked = state.auth.revoke_viewer_tokens(&caller.caller, &org).await?;
    if revoked > 0 {
        let act = Act {
            action: AUDIT_VIEWER_TOKEN_REVOKED,
            target_type: "viewer_token",
            target_id: "*".to_owned(),
            target_name: "all viewer tokens".to_owned(),
            org: Some(org),
            changes: vec![("/status", json!("active"), json!("revoked"))],
            metadata: json!({ "revoked": revoked }),
        };
        admin_events::record(&state, &caller, act).await;
    }
    Ok(Json(RevokedViewerTokens { revoked }))
}
