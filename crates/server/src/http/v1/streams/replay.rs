//! `POST /v1/streams/{id}/dead_letters/replay`: has refused events sent again.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::{DeadLetterId, LIST_MAX, Replay, StreamId};
use utoipa::ToSchema;

use super::{body::bad, reached};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    state::AppState,
    streams::{AUDIT_STREAM_REPLAYED, act},
};

/// Dead letters whose ids the record of a replay names.
const IDS_RECORDED_MAX: usize = 20;

/// Which dead letters: `ids` or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// These, at most 1,000.
    #[serde(default)]
    #[schema(example = json!(["dl_0123456789abcdefghjk"]))]
    ids: Option<Vec<String>>,
    /// `true`: all that have not arrived.
    #[serde(default)]
    all: Option<bool>,
}

impl Members for ReplayBody {
    const MEMBERS: &'static [&'static str] = &["ids", "all"];
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// `stream_replay`.
    object: &'static str,
    /// How many dead letters wait to be sent again because of this. Those that have arrived, or are not there, do not
    /// count.
    queued: u64,
}

/// Replay dead letters
///
/// They are sent in the background, in the order of their logs, between what comes. One that is refused again stays
/// where it is. Recorded as `audit_stream.replayed`.
#[utoipa::path(
    post,
    path = "/v1/streams/{id}/dead_letters/replay",
    tag = "streams",
    operation_id = "replay_dead_letters",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    request_body = ReplayBody,
    responses(
        (status = 202, description = "They wait to be sent", body = ReplayAnswer),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn replay(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
    request: Request,
) -> Result<(StatusCode, Json<ReplayAnswer>), ApiError> {
    params.end()?;
    let stream = reached(&state, &caller, Operation::ReplayDeadLetters, &id).await?;
    let Body(body) = Body::<ReplayBody>::read(request, &state).await?;
    let ids = chosen(&body)?;
    admin_events::require_recordable(&state)?;
    let which = ids.as_deref().map_or(Replay::All, Replay::Some);
    let queued = state.streams.replay(&id, which).await?;
    if queued > 0 {
        let named: Vec<&str> =
            ids.iter().flatten().take(IDS_RECORDED_MAX).map(DeadLetterId::as_str).collect();
        let more = json!({ "queued": queued, "all": ids.is_none(), "dead_letters": named });
        admin_events::record(&state, &caller, act(AUDIT_STREAM_REPLAYED, &stream, Vec::new(), more)).await;
    }
    Ok((StatusCode::ACCEPTED, Json(ReplayAnswer { object: "stream_replay", queued })))
}

/// The ids that are meant; none: all.
fn chosen(body: &ReplayBody) -> Result<Option<Vec<DeadLetterId>>, ApiError> {
    match (&body.ids, body.all) {
        (None, Some(true)) => Ok(None),
        (Some(ids), None | Some(false)) if ids.len() > LIST_MAX as usize => {
            Err(bad("/ids", format!("there are {}; give at most {LIST_MAX}, or \"all\": true", ids.len())))
        }
        (Some(ids), None | Some(false)) => {
            let parsed = ids.iter().enumerate().map(|(at, id)| {
                id.parse().map_err(|error| bad(&format!("/ids/{at}"), format!("\"{id}\": {error}")))
            });
            parsed.collect::<Result<_, _>>().map(Some)
        }
        _ => Err(bad("/ids", "give \"ids\", or \"all\": true, and not both")),
    }
}
