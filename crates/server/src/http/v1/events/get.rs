//! `GET /v1/events/{id}`: one event.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use tallystick_auth::{Operation, Reach};
use tallystick_engine::search::Scope;
use tallystick_event::EventId;

use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{caller::Authenticated, confine, params::Params, path::Id, schema::Event, shown::Shown},
    reads,
    state::AppState,
};

/// Get one event
///
/// With the sentence that it reads as. An event out of the caller's reach is as unknown as one that does not exist.
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    tag = "events",
    operation_id = "get_event",
    params(("id" = String, Path, description = "`evt_` and 32 hexadecimal digits")),
    responses(
        (status = 200, description = "The event", body = Event),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<EventId>,
    params: Params,
) -> Result<Response, ApiError> {
    let scope = match caller.may(Operation::GetEvent, None)? {
        Reach::All => Scope::All,
        Reach::Org(org) => Scope::Orgs(vec![org]),
        Reach::Orgs(orgs) => Scope::Orgs(orgs),
    };
    params.end()?;
    let shown = Shown::to(&caller.caller);
    let confined = confine::of(&caller.caller, &scope, state.clock.now_ms() * 1_000)?;
    let rendered = state
        .read(move |engine| {
            let Some(event) = engine.get(&id, &scope)? else { return Ok(None) };
            if !confine::shows(confined.as_ref(), &event)? {
                return Ok(None);
            }
            let mut out = Vec::new();
            shown.render(&event, true, &mut out)?;
            Ok(Some((event.org, out)))
        })
        .await?;
    let (org, body) = rendered.ok_or_else(|| {
        ApiError::new(ErrorCode::EventNotFound, format!("there is no event {id} within reach of this caller"))
    })?;
    reads::viewed(&state, &caller, &org, &id.to_string()).await;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
