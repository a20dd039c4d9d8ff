//! `GET /v1/streams/{id}/gaps`: what a stream has left out.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::{LIST_MAX, StreamGap, StreamId};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::reached;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// What a stream has left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamGapList {
    /// `list`.
    object: &'static str,
    /// The newest first, at most 1,000.
    data: Vec<StreamGapAnswer>,
}

/// Events that a stream has left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamGapAnswer {
    /// `stream_gap`.
    object: &'static str,
    /// Whose events.
    organization_id: String,
    /// The first.
    first_seq: u64,
    /// The last.
    last_seq: u64,
    /// `rewound_forward`: somebody had the stream go on behind them.
    reason: String,
    /// When that was noted, RFC 3339.
    at: String,
}

impl From<StreamGap> for StreamGapAnswer {
    fn from(gap: StreamGap) -> Self {
        Self {
            object: "stream_gap",
            organization_id: gap.org.to_string(),
            first_seq: gap.first_seq,
            last_seq: gap.last_seq,
            reason: gap.reason,
            at: format_ms(gap.at_ms),
        }
    }
}

/// List gaps of a stream
///
/// Ranges of logs that were not sent, and why. What the query leaves out is not among them.
#[utoipa::path(
    get,
    path = "/v1/streams/{id}/gaps",
    tag = "streams",
    operation_id = "list_stream_gaps",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    responses(
        (status = 200, description = "Gaps", body = StreamGapList),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn gaps(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
) -> Result<Json<StreamGapList>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::ListStreamGaps, &id).await?;
    let found = state.engine.catalog().stream_gaps(&id, LIST_MAX).await?;
    Ok(Json(StreamGapList { object: "list", data: found.into_iter().map(StreamGapAnswer::from).collect() }))
}
