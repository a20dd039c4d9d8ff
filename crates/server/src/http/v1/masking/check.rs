//! `POST /v1/masking/check`: an event as it would be stored, without storing it.

use std::sync::Arc;

use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde_json::Value;
use tallystick_auth::Operation;
use tallystick_event::{PrepareContext, render_value};

use crate::{
    error::{ApiError, Problem},
    http::{body, caller::Authenticated, params::Params, schema::EventInput, v1::events::ingest::refusal},
    state::AppState,
};

/// Check what is masked
///
/// The answer is what of the event that was sent would be stored: checked, masked, in canonical form. Nothing is
/// stored. Errors are those of `POST /v1/events`.
#[utoipa::path(
    post,
    path = "/v1/masking/check",
    tag = "service",
    operation_id = "check_masking",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = EventInput,
    responses(
        (status = 200, description = "As it would be stored", body = EventInput),
        (status = 422, description = "It would not be stored", body = Problem,
            content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["orgs:write"])),
)]
pub async fn check(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let org = caller.one_org(Operation::CheckMasking, &mut params)?;
    params.end()?;
    let bytes = body::read(&state, &headers, body, state.preparer.limits().event_bytes_max).await?;
    let context = PrepareContext { org: Some(org), source: "", default_idempotency: None };
    let prepared = state.preparer.prepare(&bytes, &context).map_err(|error| refusal(&[error], 1, false))?;
    let mut event = render_value(&prepared.id, 0, 0, &prepared.units).map_err(ApiError::internal)?;
    let members = event.as_object_mut().ok_or_else(|| ApiError::internal("an event that is no object"))?;
    // What an event only has once it is stored.
    members.retain(|name, _| !["id", "seq", "received_at", "source"].contains(&name.as_str()));
    Ok(Json(event))
}
