//! `PATCH /v1/streams/{id}`: changes a stream.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::{Stream, StreamChange, StreamId};
use utoipa::ToSchema;

use super::{
    StreamAnswer,
    body::{StreamMask, format_for, known_kind, settings_of},
    draft::{check_query, mask_text, opened, seal},
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
    streams::{
        AUDIT_STREAM_UPDATED, act, changes,
        settings::{changed_secrets, refused, settled},
    },
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
    let (change, secrets) = change(&state, &stream, body)?;
    admin_events::require_recordable(&state)?;
    let changed = state.engine.catalog().update_stream(&id, Some(stream.version), change).await?;
    if changed.before != changed.after {
        state.streams.changed(&id);
        let changes = changes(Some(&changed.before), Some(&changed.after));
        let more = json!({ "secrets_changed": secrets });
        admin_events::record(&state, &caller, act(AUDIT_STREAM_UPDATED, &changed.after, changes, more)).await;
    }
    Ok(Json(StreamAnswer::of(&state, &changed.after).await?))
}

/// What becomes different, and the names of secrets that do.
fn change(
    state: &AppState,
    stream: &Stream,
    body: StreamChangeBody,
) -> Result<(StreamChange, Vec<&'static str>), ApiError> {
    let kind = known_kind(&stream.kind)?;
    let format = body.format.as_deref().map(|format| format_for(kind, Some(format))).transpose()?;
    body.query.as_deref().map(|query| check_query(state, query)).transpose()?;
    let mut change = StreamChange {
        name: body.name,
        settings: None,
        format: format.map(str::to_owned),
        query: body.query,
        mask: body.mask.as_ref().map(|mask| mask_text(Some(mask))).transpose()?,
    };
    let Some(given) = body.settings else { return Ok((change, Vec::new())) };
    let kept = opened(state, stream)?;
    let settings = settled(kind, settings_of(Some(given))?, Some(&kept))?;
    if *settings.values() == kept {
        // Sealed anew they would look different.
        return Ok((change, Vec::new()));
    }
    (kind.open)(&settings, &state.streams.surroundings(stream.id.as_str())).map_err(|error| refused(&error))?;
    let shown = Value::Object(settings.shown()).to_string();
    change.settings = Some((seal(state, &stream.id, &settings)?, shown));
    Ok((change, changed_secrets(kind, &kept, settings.values())))
}
