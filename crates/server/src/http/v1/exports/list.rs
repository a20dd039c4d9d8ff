//! `GET /v1/exports`: the history of exports.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::ExportId;
use utoipa::ToSchema;

use super::{ExportAnswer, answer};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, page::Page, params::Params},
    state::AppState,
};

/// A page of exports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportPage {
    /// The newest first.
    exports: Vec<ExportAnswer>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// List exports
///
/// Those of the whole organization, whoever asked for them.
#[utoipa::path(
    get,
    path = "/v1/exports",
    tag = "exports",
    operation_id = "list_exports",
    params(
        ("org" = Option<String>, Query, description = "The organization; needed if one is in several"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of exports", body = ExportPage),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<ExportPage>, ApiError> {
    let org = caller.one_org(Operation::ListExports, &mut params)?;
    let page = Page::<Place>::take(&mut params)?;
    params.end()?;
    let after = page.after().map(|Place(ms, id)| (*ms, id));
    let found = state.engine.catalog().list_exports(&org, after, page.limit()).await?;
    let places: Vec<Place> = found.iter().map(|one| Place(one.created_ms, one.id.clone())).collect();
    let next_cursor = page.next_cursor(&places, |place| place);
    let mut exports = Vec::with_capacity(found.len());
    for export in found {
        exports.push(answer(&state, export).await?);
    }
    Ok(Json(ExportPage { exports, next_cursor }))
}

/// Place in the history: when it was asked for, and the id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(i64, ExportId);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ms, id) = text.split_once('.').ok_or(())?;
        Ok(Self(ms.parse().map_err(drop)?, id.parse().map_err(drop)?))
    }
}
