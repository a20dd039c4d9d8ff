//! `GET /v1/streams/{id}/attempts`: what was sent lately, and what became of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::{StreamAttempt, StreamId};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::reached;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, page::Page, params::Params, path::Id},
    state::AppState,
};

/// A page of attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamAttemptList {
    /// `list`.
    object: &'static str,
    /// The newest first. The last 1,000 are kept.
    data: Vec<StreamAttemptAnswer>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// A batch that was sent, or should have been.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamAttemptAnswer {
    /// `stream_attempt`.
    object: &'static str,
    /// The same on every attempt at the same events.
    batch_id: String,
    /// Whose events.
    organization_id: String,
    /// The first event of the batch.
    first_seq: u64,
    /// Its last. Events that the query leaves out lie in between.
    last_seq: u64,
    /// How many were sent.
    events: u64,
    /// Bytes that were sent.
    bytes: u64,
    /// RFC 3339.
    started_at: String,
    /// Milliseconds.
    took_ms: i64,
    /// The status of HTTP, or the code of the protocol; null: there was no answer.
    status: Option<u16>,
    /// `delivered`, `partial`, `retry`, `split`, `misconfigured`, `refused` or `gone`.
    outcome: String,
    /// What the other side said, or why there was no answer.
    detail: String,
}

impl From<StreamAttempt> for StreamAttemptAnswer {
    fn from(attempt: StreamAttempt) -> Self {
        let tried = attempt.tried;
        Self {
            object: "stream_attempt",
            batch_id: tried.batch_id,
            organization_id: attempt.org.to_string(),
            first_seq: tried.first_seq,
            last_seq: tried.last_seq,
            events: tried.events,
            bytes: tried.bytes,
            started_at: format_ms(tried.started_ms),
            took_ms: tried.took_ms,
            status: tried.status,
            outcome: tried.outcome,
            detail: tried.detail,
        }
    }
}

/// List attempts of a stream
///
/// What was sent lately, and what became of it.
#[utoipa::path(
    get,
    path = "/v1/streams/{id}/attempts",
    tag = "streams",
    operation_id = "list_stream_attempts",
    params(
        ("id" = String, Path, description = "`stream_` and a UUID"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of attempts", body = StreamAttemptList),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn attempts(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    mut params: Params,
) -> Result<Json<StreamAttemptList>, ApiError> {
    let page = Page::<u64>::take(&mut params)?;
    params.end()?;
    reached(&state, &caller, Operation::ListStreamAttempts, &id).await?;
    let found = state.engine.catalog().stream_attempts(&id, page.after().copied(), page.limit()).await?;
    let next_cursor = page.next_cursor(&found, |attempt| &attempt.attempt_no);
    let data = found.into_iter().map(StreamAttemptAnswer::from).collect();
    Ok(Json(StreamAttemptList { object: "list", data, next_cursor }))
}
