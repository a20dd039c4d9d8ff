//! `/s/{id}`: goes on to what a short link stands for, for those who may see it.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use tallystick_catalog::ShortLinkId;

use crate::{
    error::{ApiError, ErrorCode},
    http::{caller::Authenticated, v1::short_links::followed},
    state::AppState,
};

/// `GET`
pub async fn show(
    State(state): State<Arc<AppState>>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let Some(caller) = Authenticated::of_session(&parts, &state).await? else {
        let next = serde_urlencoded::to_string([("next", parts.uri.path())]).map_err(ApiError::internal)?;
        return Ok(Redirect::to(&format!("/sign-in?{next}")).into_response());
    };
    let unknown = || ApiError::new(ErrorCode::NotFound, "there is no such short link");
    let id: ShortLinkId = id.parse().map_err(|_| unknown())?;
    let link = followed(&state, &caller, &id).await?;
    Ok(Redirect::to(super::own_path(&link.path)).into_response())
}
