//! `DELETE /v1/streams/{id}`: ends a stream.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;

use super::reached;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
    streams::{AUDIT_STREAM_DELETED, act, changes},
};

/// Delete a stream
///
/// Nothing more is sent, and its place in the logs, its attempts and its dead letters are forgotten. The events stay in
/// the log. Recorded as `audit_stream.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/streams/{id}",
    tag = "streams",
    operation_id = "delete_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
) -> Result<StatusCode, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::DeleteStream, &id).await?;
    admin_events::require_recordable(&state)?;
    let deleted = state.streams.delete(&id).await?;
    let health = &deleted.health;
    let was = json!({
        "delivered": health.delivered, "rejected": health.rejected, "dead_letters": health.dead_letters,
    });
    let act = act(AUDIT_STREAM_DELETED, &deleted, changes(Some(&deleted), None), was);
    admin_events::record(&state, &caller, act).await;
    Ok(StatusCode::NO_CONTENT)
}
