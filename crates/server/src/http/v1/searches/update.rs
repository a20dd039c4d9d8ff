//! `PATCH /v1/searches/{id}`: changes a kept search.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use tallystick_auth::Operation;
use tallystick_catalog::{SearchChange, SearchId};
use utoipa::ToSchema;

use super::{AUDIT_SEARCH_UPDATED, SavedSearchAnswer, View, act, changeable, check_query};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
        path::Id,
    },
    state::AppState,
};

/// What changes about a search; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedSearchChange {
    /// For people.
    name: Option<String>,
    /// The query.
    query: Option<String>,
    /// How its events are looked at, as a whole.
    view: Option<View>,
    /// Whether everybody in the organization sees it.
    shared: Option<bool>,
}

impl Members for SavedSearchChange {
    const MEMBERS: &'static [&'static str] = &["name", "query", "view", "shared"];
}

/// Change a kept search
///
/// One's own; with the permission `settings.manage` also one that somebody else shares. Recorded as
/// `audit_search.updated`.
#[utoipa::path(
    patch,
    path = "/v1/searches/{id}",
    tag = "searches",
    operation_id = "update_search",
    params(("id" = String, Path, description = "`sv_` and 20 characters")),
    request_body = SavedSearchChange,
    responses(
        (status = 200, description = "The search", body = SavedSearchAnswer),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn update(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<SearchId>,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<SavedSearchAnswer>, ApiError> {
    params.end()?;
    changeable(&state, &caller, Operation::UpdateSearch, &id).await?;
    let Body(change) = Body::<SavedSearchChange>::read(request, &state).await?;
    change.query.as_deref().map(check_query).transpose()?;
    let change = SearchChange {
        name: change.name,
        query: change.query,
        view: change.view.as_ref().map(View::to_text).transpose()?,
        is_shared: change.shared,
    };
    admin_events::require_recordable(&state)?;
    let changed = state.engine.catalog().update_search(&id, change).await?;
    if changed.before != changed.after {
        let act = act(AUDIT_SEARCH_UPDATED, Some(&changed.before), Some(&changed.after));
        admin_events::record(&state, &caller, act).await;
    }
    Ok(Json(SavedSearchAnswer::of(&changed.after, &caller)))
}
