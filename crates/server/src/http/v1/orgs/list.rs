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

use super::OrgView;
use crate::{
    error::{ApiError, ErrorCode},
    http::{
        caller::Authenticated,
        params::Params,
        v1::{LIST_DEFAULT, LIST_MAX},
    },
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
    let limit = params.number("limit", LIST_DEFAULT, LIST_MAX)?;
    let after =
        params.text("cursor")?.map(|text| text.parse::<OrgId>().map_err(|_| bad_cursor())).transpose()?;
    params.end()?;
    let catalog = state.engine.catalog();
    let (found, next_cursor) = match reach {
        Reach::Org(org) => (vec![catalog.organization(&org).await?], None),
        Reach::Orgs(orgs) => {
            let mut found = Vec::new();
            for org in &orgs {
                found.push(catalog.organization(org).await?);
            }
            (found, None)
        }
        Reach::All => {
            let found = catalog.list_organizations(after.as_ref(), limit as u32).await?;
            let next = found.last().filter(|_| found.len() == limit).map(|last| last.id.to_string());
            (found, next)
        }
    };
    let orgs = state.read(move |engine| with_sizes(engine, &found)).await?;
    Ok(Json(OrgPage { orgs, next_cursor }))
}

/// A cursor that no list of organizations or keys gave out.
pub fn bad_cursor() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidCursor,
        "the cursor is not one that this list gave out; start without a cursor",
    )
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
