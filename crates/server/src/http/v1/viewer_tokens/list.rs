//! `GET /v1/viewer-tokens`: the viewer tokens that are good.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::ViewerTokenId;
use utoipa::ToSchema;

use super::ViewerTokenAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, page::Page, params::Params},
    state::AppState,
};

/// A page of viewer tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct ViewerTokenPage {
    /// Those that are good, by id.
    viewer_tokens: Vec<ViewerTokenAnswer>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// List viewer tokens
#[utoipa::path(
    get,
    path = "/v1/viewer-tokens",
    tag = "viewers",
    operation_id = "list_viewer_tokens",
    params(
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "Tokens that are good", body = ViewerTokenPage),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["viewers:write"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<ViewerTokenPage>, ApiError> {
    let org = caller.one_org(Operation::ListViewerTokens, &mut params)?;
    let page = Page::<ViewerTokenId>::take(&mut params)?;
    params.end()?;
    let found = state.auth.list_viewer_tokens(&caller.caller, &org, page.after(), page.limit()).await?;
    let next_cursor = page.next_cursor(&found, |token| &token.id);
    Ok(Json(ViewerTokenPage {
        viewer_tokens: found.iter().map(ViewerTokenAnswer::from).collect(),
        next_cursor,
    }))
}
