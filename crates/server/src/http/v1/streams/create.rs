//! `POST /v1/streams`: has events sent to another system from now on.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_delivery::streams::{Mask, StreamDraft};
use utoipa::ToSchema;

use super::{
    Manages, StreamAnswer,
    body::{StreamMask, StreamPlace, check_query, named, org_of, place, settings_of},
    whose,
};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    state::AppState,
    streams::{AUDIT_STREAM_CREATED, act, changes},
};

/// A stream that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStreamBody {
    /// Whose events; null: those of every organization, which takes `instance_streams.manage`. It can be left out if
    /// the caller manages streams of one organization only.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "acme")]
    #[expect(clippy::option_option, reason = "left out and null mean different things")]
    organization_id: Option<Option<String>>,
    /// For people.
    #[schema(example = "SIEM")]
    name: String,
    /// The kind of destination, as in `GET /v1/stream_kinds`.
    #[schema(example = "webhook")]
    kind: String,
    /// What the kind has to be told.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "url": "https://hooks.example.com/audit" }))]
    settings: Option<Value>,
    /// How an event is written; the best that the kind takes if left out.
    #[serde(default)]
    #[schema(example = "native")]
    format: Option<String>,
    /// Which events; empty or left out: all.
    #[serde(default)]
    #[schema(example = "-outcome:success")]
    query: Option<String>,
    /// What of them is hidden; nothing if left out.
    #[serde(default)]
    mask: Option<StreamMask>,
    /// Where it begins; `now` if left out.
    #[serde(default)]
    #[schema(value_type = Option<StreamPlace>)]
    start_from: Option<Value>,
    /// It sends nothing until it is resumed.
    #[serde(default)]
    paused: Option<bool>,
}

impl Members for NewStreamBody {
    const MEMBERS: &'static [&'static str] =
        &["organization_id", "name", "kind", "settings", "format", "query", "mask", "start_from", "paused"];
}

/// Make a stream
///
/// It begins at once, unless it is to be paused. Whether the destination takes anything is not tried: `POST
/// /v1/streams/test` does that. Recorded as `audit_stream.created`.
#[utoipa::path(
    post,
    path = "/v1/streams",
    tag = "streams",
    operation_id = "create_stream",
    request_body = NewStreamBody,
    responses(
        (status = 201, description = "Made", body = StreamAnswer),
        (status = "4XX", description = "The request is not valid, not allowed, or there are too many streams",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    // Who may make none at all is told so before the body is looked at.
    Manages::of(&caller, Operation::CreateStream)?;
    params.end()?;
    let Body(new) = Body::<NewStreamBody>::read(request, &state).await?;
    let org = whose(&caller, Operation::CreateStream, org_of(new.organization_id)?)?;
    if let Some(org) = &org {
        state.engine.catalog().organization(org).await?;
    }
    let start = new.start_from.filter(|start| !start.is_null()).unwrap_or_else(|| json!("now"));
    let draft = StreamDraft {
        org,
        name: new.name,
        kind: new.kind,
        settings: settings_of(new.settings)?,
        format: new.format,
        query: new.query.unwrap_or_default(),
        mask: new.mask.map_or_else(|| Ok(Mask::default()), StreamMask::checked)?,
        start: place(&start, "/start_from")?,
        is_paused: new.paused.unwrap_or(false),
        created_by: caller.caller.id.to_string(),
        created_by_name: caller.caller.name.clone(),
    };
    check_query(&state, &draft.query)?;
    admin_events::require_recordable(&state)?;
    let made = state.streams.create(draft).await?;
    let more = json!({ "start_from": start });
    admin_events::record(&state, &caller, act(AUDIT_STREAM_CREATED, &made, changes(None, Some(&made)), more))
        .await;
    let location = format!("/v1/streams/{}", made.id);
    let answer = StreamAnswer::from(state.streams.get(&made.id).await?);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(answer)).into_response())
}
