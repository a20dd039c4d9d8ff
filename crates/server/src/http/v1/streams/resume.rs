//! `POST /v1/streams/{id}/resume`: has a stream send, now.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;

use super::{StreamAnswer, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
    streams::{AUDIT_STREAM_RESUMED, act, changes},
};

/// Resume a stream
///
/// It goes on where it was. One that waits because of an error is tried at once; one that is inactive is tried again.
/// Recorded as `audit_stream.resumed`, unless it is active.
#[utoipa::path(
    post,
    path = "/v1/streams/{id}/resume",
    tag = "streams",
    operation_id = "resume_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    responses(
        (status = 200, description = "The stream as it is now", body = StreamAnswer),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn resume(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
) -> Result<Json<StreamAnswer>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::ResumeStream, &id).await?;
    admin_events::require_recordable(&state)?;
    let changed = state.streams.resume(&id).await?;
    if changed.before != changed.after {
        let changes = changes(Some(&changed.before), Some(&changed.after));
        admin_events::record(&state, &caller, act(AUDIT_STREAM_RESUMED, &changed.after, changes, json!({})))
            .await;
    }
    Ok(Json(state.streams.get(&id).await?.into()))
}
