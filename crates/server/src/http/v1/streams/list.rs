//! `GET /v1/streams`: the streams that the caller may manage.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{Operation, Reach};
use tallystick_catalog::StreamsOf;
use tallystick_delivery::streams::StreamView;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{Manages, StreamAnswer};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Streams.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamList {
    /// `list`.
    object: &'static str,
    /// The oldest first. There are never so many that they would need pages.
    data: Vec<StreamAnswer>,
}

/// List streams
///
/// Those of one organization, or all that the caller may manage, for operators with those of all organizations.
#[utoipa::path(
    get,
    path = "/v1/streams",
    tag = "streams",
    operation_id = "list_streams",
    params(("organization_id" = Option<String>, Query, description = "Only those of this organization")),
    responses(
        (status = 200, description = "Streams", body = StreamList),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<StreamList>, ApiError> {
    let asked = params.parse::<OrgId>("organization_id", "an organization id")?;
    let found = if let Some(org) = asked {
        let _reach = caller.may(Operation::ListStreams, Some(&org))?;
        params.end()?;
        state.engine.catalog().organization(&org).await?;
        state.streams.list(StreamsOf::Org(&org)).await?
    } else {
        let manages = Manages::of(&caller, Operation::ListStreams)?;
        params.end()?;
        within(&state, &manages).await?
    };
    Ok(Json(StreamList { object: "list", data: found.into_iter().map(StreamAnswer::from).collect() }))
}

/// All streams within reach.
async fn within(state: &AppState, manages: &Manages) -> Result<Vec<StreamView>, ApiError> {
    let streams = &state.streams;
    let mut found = Vec::new();
    match &manages.orgs {
        Some(Reach::All) => return Ok(streams.list(StreamsOf::Everybody).await?),
        Some(Reach::Org(org)) => found.extend(streams.list(StreamsOf::Org(org)).await?),
        Some(Reach::Orgs(orgs)) => {
            for org in orgs {
                found.extend(streams.list(StreamsOf::Org(org)).await?);
            }
        }
        None => {}
    }
    if manages.instance {
        found.extend(streams.list(StreamsOf::Instance).await?);
    }
    Ok(found)
}
