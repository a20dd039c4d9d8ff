//! `POST /v1/log-keys/rotate`: a new key signs from now on, and every log says so itself.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_engine::INSTANCE_ORG;
use tallystick_event::{LeafKind, OrgId, format_ms};
use utoipa::ToSchema;

use crate::{
    admin_events::{self, Act, LOG_KEY_ROTATED},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// What a rotation did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rotated {
    /// The directory's new key, `name+id+base64`.
    vkey: String,
    /// The key before signs beside it until then.
    previous_until: Option<String>,
    /// Logs in which the change was recorded.
    logs: usize,
}

/// Rotate the keys that logs are signed with
///
/// The new key signs everything from now on; the one before signs beside it for 30 days, so that whoever checks has
/// time to take the new one over. Each log gets a leaf of its own about it. Hand the new keys out on the way the old
/// ones went.
#[utoipa::path(
    post,
    path = "/v1/log-keys/rotate",
    tag = "proofs",
    operation_id = "rotate_log_keys",
    responses(
        (status = 200, description = "Done", body = Rotated),
        (status = 403, description = "The key may not", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["admin"])),
)]
pub async fn rotate(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Json<Rotated>, ApiError> {
    let _reach = caller.may(Operation::RotateLogKeys, None)?;
    params.end()?;
    admin_events::require_recordable(&state)?;
    let engine = Arc::clone(&state.engine);
    let keys = tokio::task::spawn_blocking(move || engine.proofs().rotate_keys())
        .await
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)?;
    let instance: OrgId = INSTANCE_ORG.parse().expect("a valid organization id");
    let mut logs = 0;
    for org in state.engine.orgs() {
        let proofs = state.engine.proofs();
        let Ok(info) = proofs.log_of(&org) else { continue };
        let of_log = proofs.keys().public(&info.origin);
        let key = |n: usize| of_log.get(n).map(|key| key.verifier_key.to_string());
        let act = Act {
            action: LOG_KEY_ROTATED,
            org: Some(org.clone()),
            target_type: "log",
            target_id: info.log.to_string(),
            target_name: info.origin.clone(),
            changes: vec![("/vkey", json!(key(1)), json!(key(0)))],
            metadata: json!({}),
        };
        // Logs without events start under the new key; there is nothing to change in them.
        if info.size > 0 || org == instance {
            admin_events::record_as(&state, &caller, act, LeafKind::KeyChange).await;
            logs += 1;
        }
    }
    Ok(Json(Rotated {
        vkey: keys[0].verifier_key.to_string(),
        previous_until: keys.get(1).and_then(|key| key.until_ms).map(format_ms),
        logs,
    }))
}
