//! `PATCH /v1/streams/{id}`: changes a stream.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;
use tallystick_delivery::streams::StreamPatch;
use utoipa::ToSchema;

use super::{
    StreamAnswer,
    body::{StreamMask, check_query, settings_of},
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
    streams::{AUDIT_STREAM_UPDATED, act, changes, settings::changed_secrets},
};

/// What changes about a stream; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamChangeBody {
    /// For people.
    #[serde(default)]
    name: Option<String>,
    /// All settings of the destination. Secrets that are left out, or `true` as they are shown, stay; null removes one.
    /// If the address changes, secrets have to be given again.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Option<Value>,
    /// How an event is written.
    #[serde(default)]
    format: Option<String>,
    /// Which events; empty: all.
    #[serde(default)]
    query: Option<String>,
    /// What of them is hidden; no fields: nothing.
    #[serde(default)]
    mask: Option<StreamMask>,
}

impl Members for StreamChangeBody {
    const MEMBERS: &'static [&'static str] = &["name", "settings", "format", "query", "mask"];
}

/// Change a stream
///
/// What is on its way is sent again as it is now. A stream that waits because of an error is tried at once. Recorded as
/// `audit_stream.updated`, with the names of secrets that changed.
#[utoipa::path(
    patch,
    path = "/v1/streams/{id}",
    tag = "streams",
    operation_id = "update_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    request_body = StreamChangeBody,
    responses(
        (status = 200, description = "The stream as it is now", body = StreamAnswer),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Somebody else changed it meanwhile",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
    request: Request,
) -> Result<Json<StreamAnswer>, ApiError> {
    params.end()?;
    let stream = reached(&state, &caller, Operation::UpdateStream, &id).await?;
    let Body(body) = Body::<StreamChangeBody>::read(request, &state).await?;
    let patch = StreamPatch {
        name: body.name,
        settings: body.settings.map(|settings| settings_of(Some(settings))).transpose()?,
        format: body.format,
        query: body.query,
        mask: body.mask.map(StreamMask::checked).transpose()?,
        seen_version: Some(stream.version),
    };
    patch.query.as_deref().map(|query| check_query(&state, query)).transpose()?;
    admin_events::require_recordable(&state)?;
    let changed = state.streams.update(&id, patch).await?;
    if changed.before != changed.after {
        let more = json!({ "secrets_changed": changed_secrets(&state.auth, &changed) });
        let changes = changes(Some(&changed.before), Some(&changed.after));
        admin_events::record(&state, &caller, act(AUDIT_STREAM_UPDATED, &changed.after, changes, more)).await;
    }
    Ok(Json(state.streams.get(&id).await?.into()))
}
