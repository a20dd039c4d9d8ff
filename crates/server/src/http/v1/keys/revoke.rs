//! `DELETE /v1/keys/{id}`: makes an API key unusable.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::KeyId;

use super::{ApiKey, act};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Revoke an API key
///
/// It stops working at once, here, and within 3 seconds on other nodes; live tails that it opened end within a
/// minute. To revoke it again changes nothing. Recorded as `api_key.revoked`.
#[utoipa::path(
    delete,
    path = "/v1/keys/{id}",
    tag = "keys",
    operation_id = "revoke_key",
    params(("id" = String, Path, description = "`ak_` and 20 characters")),
    responses(
        (status = 200, description = "The revoked key", body = ApiKey),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["keys:write"])),
)]
pub async fn revoke(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<KeyId>,
    params: Params,
) -> Result<Json<ApiKey>, ApiError> {
    let _reach = caller.may(Operation::RevokeKey, None)?;
    params.end()?;
    // Not refused when it cannot be recorded: a stolen key must be stopped on a bad day too.
    let changed = state.auth.revoke_key(&caller.caller, &id).await?;
    if changed.before.revoked_at.is_none() {
        admin_events::record(&state, &caller, act(admin_events::API_KEY_REVOKED, &changed.after)).await;
    }
    Ok(Json(changed.after.into()))
}
