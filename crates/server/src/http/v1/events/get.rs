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
    http::{caller::Authenticated, params::Params, path::Id, schema::Event},
    state::AppState,
};

/// Get one event
///
/// An event out of the key's reach is as unknown as one that does not exist.
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
    };
    params.end()?;
    let rendered = state
        .read(move |engine| {
            let Some(event) = engine.get(&id, &scope)? else { return Ok(None) };
            let mut out = Vec::new();
            event.render(&mut out)?;
            Ok(Some(out))
        })
        .await?;
    let body = rendered.ok_or_else(|| {
        ApiError::new(ErrorCode::EventNotFound, format!("there is no event {id} within reach of this key"))
    })?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
