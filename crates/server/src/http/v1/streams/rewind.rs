//! `POST /v1/streams/{id}/rewind`: has a stream go on at another place of its logs.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{
    StreamAnswer,
    body::{StreamPlace, bad, place},
    reached,
};
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
    streams::{AUDIT_STREAM_REWOUND, act},
};

/// Organizations whose places the record of a rewind names.
const PLACES_RECORDED_MAX: usize = 20;

/// Where a stream is to go on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RewindBody {
    /// The place.
    #[schema(value_type = StreamPlace)]
    to: Value,
    /// Only in the log of this organization, for a stream of all of them; the others go on as they are.
    #[serde(default)]
    organization_id: Option<String>,
}

impl Members for RewindBody {
    const MEMBERS: &'static [&'static str] = &["to", "organization_id"];
}

/// Rewind a stream
///
/// What lies behind the place is sent, again if it was already. Going forward leaves events out: `GET
/// /v1/streams/{id}/gaps` has them. Recorded as `audit_stream.rewound`.
#[utoipa::path(
    post,
    path = "/v1/streams/{id}/rewind",
    tag = "streams",
    operation_id = "rewind_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    request_body = RewindBody,
    responses(
        (status = 200, description = "The stream as it is now", body = StreamAnswer),
        (status = 400, description = "There is no such place",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn rewind(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
    request: Request,
) -> Result<Json<StreamAnswer>, ApiError> {
    params.end()?;
    reached(&state, &caller, Operation::RewindStream, &id).await?;
    let Body(body) = Body::<RewindBody>::read(request, &state).await?;
    let to = place(&body.to, "/to")?;
    let named = body.organization_id.map(|id| id.parse::<OrgId>()).transpose();
    let named = named.map_err(|error| bad("/organization_id", error.to_string()))?;
    admin_events::require_recordable(&state)?;
    let (changed, places) = state.streams.rewind(&id, to, named.as_ref()).await?;
    let moved = places.iter().filter(|place| place.from_seq != place.to_seq);
    let moved: Vec<Value> = moved
        .map(|place| {
            json!({ "organization": place.org.as_str(), "from_seq": place.from_seq, "to_seq": place.to_seq })
        })
        .collect();
    let more = json!({
        "to": body.to, "logs_moved": moved.len(), "places": &moved[..moved.len().min(PLACES_RECORDED_MAX)],
    });
    admin_events::record(&state, &caller, act(AUDIT_STREAM_REWOUND, &changed.after, Vec::new(), more)).await;
    Ok(Json(state.streams.get(&id).await?.into()))
}
