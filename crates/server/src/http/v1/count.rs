//! `GET /v1/count`: how many events match.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::Params,
        schema::{QueryNote, notes},
        selection::{Common, ReadParams},
    },
    state::AppState,
};

/// A number of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountAnswer {
    /// Events that match.
    count: u64,
    /// False if time ran out: the number is an upper bound then.
    exact: bool,
    /// What may not be as meant in the query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<QueryNote>,
}

/// Count events
#[utoipa::path(
    get,
    path = "/v1/count",
    tag = "events",
    operation_id = "count_events",
    params(ReadParams),
    responses(
        (status = 200, description = "The number", body = CountAnswer),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn count(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<CountAnswer>, ApiError> {
    let Common { selection, warnings, .. } =
        Common::take(&mut params, &state, &caller, Operation::CountEvents)?;
    params.end()?;
    let counted = state.read(move |engine| engine.count(&selection)).await?;
    Ok(Json(CountAnswer { count: counted.count, exact: counted.exact, warnings: notes(&warnings) }))
}
