//! `POST /v1/streams/test`: sends one made-up event to a destination that is not kept, and shows what came of it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
};
use serde::Deserialize;
use serde_json::Value;
use tallystick_auth::Operation;
use tallystick_catalog::StreamId;
use tallystick_delivery::streams::{Mask, Start, StreamDraft};
use utoipa::ToSchema;

use super::{
    Manages,
    body::{StreamMask, StreamPlace, bad, check_query, named, org_of, place, settings_of},
    reached,
    test::{StreamTestAnswer, act_on_draft},
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
};

/// A stream that is tried and not kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamDraftBody {
    /// A stream whose secrets are taken where `settings` has none: what somebody is about to change. Only if the
    /// address of the destination is the same.
    #[serde(default)]
    id: Option<String>,
    /// As for a new stream; that of the stream if `id` is given.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>, example = "acme")]
    #[expect(clippy::option_option, reason = "left out and null mean different things")]
    organization_id: Option<Option<String>>,
    /// As for a new stream; it can be left out.
    #[serde(default)]
    name: Option<String>,
    /// The kind of destination.
    #[schema(example = "webhook")]
    kind: String,
    /// What the kind has to be told.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({ "url": "https://hooks.example.com/audit" }))]
    settings: Option<Value>,
    /// How the event is written.
    #[serde(default)]
    format: Option<String>,
    /// It is checked, and nothing else: the test event is sent in any case.
    #[serde(default)]
    query: Option<String>,
    /// What is hidden.
    #[serde(default)]
    mask: Option<StreamMask>,
    /// It is checked, and nothing else.
    #[serde(default)]
    #[schema(value_type = Option<StreamPlace>)]
    start_from: Option<Value>,
    /// It means nothing here.
    #[serde(default, rename = "paused")]
    _paused: Option<bool>,
}

impl Members for StreamDraftBody {
    const MEMBERS: &'static [&'static str] = &[
        "id",
        "organization_id",
        "name",
        "kind",
        "settings",
        "format",
        "query",
        "mask",
        "start_from",
        "paused",
    ];
}

/// Test a destination
///
/// Sends one made-up event, `audit.stream.test`, marked as a test, to a destination that is not kept. Recorded as
/// `audit_stream.tested`.
#[utoipa::path(
    post,
    path = "/v1/streams/test",
    tag = "streams",
    operation_id = "test_stream_draft",
    request_body = StreamDraftBody,
    responses(
        (status = 200, description = "What came of it, whether it arrived or not", body = StreamTestAnswer),
        (status = "4XX", description = "The request is not valid or not allowed",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many destinations are being tried",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn test(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: Request,
) -> Result<Json<StreamTestAnswer>, ApiError> {
    Manages::of(&caller, Operation::TestStreamDraft)?;
    params.end()?;
    let Body(body) = Body::<StreamDraftBody>::read(request, &state).await?;
    let of = match &body.id {
        Some(id) => {
            let id = id.parse::<StreamId>().map_err(|error| bad("/id", error.to_string()))?;
            Some(reached(&state, &caller, Operation::TestStreamDraft, &id).await?)
        }
        None => None,
    };
    let named = org_of(body.organization_id)?;
    let org = match &of {
        Some(stream) if named.as_ref().is_none_or(|named| *named == stream.org) => stream.org.clone(),
        Some(_) => return Err(bad("/organization_id", "the stream is of another organization")),
        None => whose(&caller, Operation::TestStreamDraft, named)?,
    };
    if let Some(org) = &org {
        state.engine.catalog().organization(org).await?;
    }
    let start = body.start_from.filter(|start| !start.is_null());
    let draft = StreamDraft {
        org,
        name: body.name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "Test".to_owned()),
        kind: body.kind,
        settings: settings_of(body.settings)?,
        format: body.format,
        query: body.query.unwrap_or_default(),
        mask: body.mask.map_or_else(|| Ok(Mask::default()), StreamMask::checked)?,
        start: start.map_or(Ok(Start::Now), |start| place(&start, "/start_from"))?,
        is_paused: true,
        created_by: caller.caller.id.to_string(),
        created_by_name: caller.caller.name.clone(),
    };
    check_query(&state, &draft.query)?;
    admin_events::require_recordable(&state)?;
    let answer: StreamTestAnswer = {
        let _place = state.stream_test_place()?;
        state.streams.test_draft(&draft, of.as_ref().map(|stream| &stream.id)).await?.into()
    };
    admin_events::record(&state, &caller, act_on_draft(of.as_ref(), &draft, &answer)).await;
    Ok(Json(answer))
}
