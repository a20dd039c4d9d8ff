//! `GET /v1/orgs`: the organizations that the key may see.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::{Operation, Reach};
use tallystick_catalog::Organization;
use tallystick_engine::{
    Engine, ReadError,
    search::{FacetRequest, Scope, Selection, TimeRange},
};
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{OrgView, organizations};
use crate::{
    error::ApiError,
    http::{caller::Authenticated, page::Page, params::Params},
    state::AppState,
};

/// A page of organizations.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrgPage {
    /// By id.
    orgs: Vec<OrgView>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// List organizations
///
/// A key that is bound to an organization sees that one.
#[utoipa::path(
    get,
    path = "/v1/orgs",
    tag = "organizations",
    operation_id = "list_orgs",
    params(
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "A page of organizations", body = OrgPage)),
    security(("api_key" = ["orgs:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<OrgPage>, ApiError> {
    let reach = caller.may(Operation::ListOrgs, None)?;
    let page = Page::<OrgId>::take(&mut params)?;
    params.end()?;
    let catalog = state.engine.catalog();
    let found = match reach {
        Reach::Org(org) => organizations(catalog, &page.of(vec![org])).await?,
        Reach::Orgs(orgs) => organizations(catalog, &page.of(orgs)).await?,
        Reach::All => catalog.list_organizations(page.after(), page.limit()).await?,
    };
    let next_cursor = page.next_cursor(&found, |org| &org.id);
    let orgs = state.read(move |engine| with_sizes(engine, &found)).await?;
    Ok(Json(OrgPage { orgs, next_cursor }))
}

/// One pass over the parts of the log for all organizations of the page.
fn with_sizes(engine: &Engine, found: &[Organization]) -> Result<Vec<OrgView>, ReadError> {
    // An organization may have been deleted since; naming it would fail the whole list.
    let known = found.iter().map(|org| org.id.clone()).filter(|org| engine.log_of(org).is_some()).collect();
    let selection = Selection {
        scope: Scope::Orgs(known),
        query: None,
        range: TimeRange::ALL,
        deadline: AppState::search_deadline(),
    };
    let request =
        FacetRequest { selection, field: "org".to_owned(), limit: found.len().max(1), contains: None };
    let counted = engine.facets(&request)?.values;
    let sizes: HashMap<String, u64> = counted.into_iter().map(|one| (one.value, one.count)).collect();
    let size = |org: &Organization| sizes.get(org.id.as_str()).copied().unwrap_or(0);
    Ok(found.iter().map(|org| OrgView::new(org, size(org))).collect())
}
