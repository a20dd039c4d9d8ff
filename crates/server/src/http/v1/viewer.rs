//! `GET /v1/viewer`: what a viewer token shows, for the page that was given it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{Feature, Operation};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::{boot::Named, viewer_tokens::ViewerActor};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// What a viewer token shows. Its filter is not told.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewerAnswer {
    /// Whose log.
    organization: Named,
    /// Who looks.
    actor: ViewerActor,
    /// What they may beside reading: `search`, `raw`, `live`, `export`.
    features: Vec<&'static str>,
    /// RFC 3339.
    expires_at: String,
    /// How much longer it works, ms; by our clock, since the reader's may be wrong.
    expires_in_ms: i64,
}

/// What a viewer token shows
#[utoipa::path(
    get,
    path = "/v1/viewer",
    tag = "viewers",
    operation_id = "get_viewer",
    responses(
        (status = 200, description = "Whose log, who looks, and what they may", body = ViewerAnswer),
        (status = 401, description = "The token is not good any more",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("viewer_token" = [])),
)]
pub async fn viewer(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
) -> Result<Json<ViewerAnswer>, ApiError> {
    let _reach = caller.may(Operation::GetViewer, None)?;
    params.end()?;
    let viewer = caller.caller.viewer().ok_or_else(|| ApiError::internal("no viewer was let in as one"))?;
    let organization = state.engine.catalog().organization(&viewer.org).await?;
    let expires_ms = caller.caller.expires_ms.unwrap_or_default();
    Ok(Json(ViewerAnswer {
        organization: Named::new(organization.id.to_string(), organization.name),
        actor: ViewerActor { id: viewer.actor.clone(), name: Some(caller.caller.name.clone()) },
        features: viewer.features.iter().map(Feature::as_str).collect(),
        expires_at: format_ms(expires_ms),
        expires_in_ms: expires_ms - state.clock.now_ms(),
    }))
}
