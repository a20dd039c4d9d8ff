//! `POST /v1/searches`: keeps a search.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use tallystick_auth::Operation;
use tallystick_catalog::NewSearch;
use utoipa::ToSchema;

use super::{AUDIT_SEARCH_CREATED, SavedSearchAnswer, View, act, check_query};
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::Params,
    },
    state::AppState,
};

/// A search to keep.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedSearch {
    /// For people; one's own names differ, in any case.
    #[schema(example = "Refused changes of roles")]
    name: String,
    /// The query; empty: every event.
    #[serde(default)]
    #[schema(example = "action:role.* outcome:denied")]
    query: String,
    /// How its events are looked at.
    #[serde(default)]
    view: View,
    /// Whether everybody in the organization sees it; false if left out.
    #[serde(default)]
    shared: bool,
}

impl Members for NewSavedSearch {
    const MEMBERS: &'static [&'static str] = &["name", "query", "view", "shared"];
}

/// Keep a search
///
/// For oneself, or shared with the organization. It is a text and opens nothing: whoever runs it sees what their own
/// role lets them see. Recorded as `audit_search.created`.
#[utoipa::path(
    post,
    path = "/v1/searches",
    tag = "searches",
    operation_id = "create_search",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    request_body = NewSavedSearch,
    responses(
        (status = 201, description = "Kept", body = SavedSearchAnswer),
        (status = 409, description = "One has a search of this name",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn create(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    request: axum::extract::Request,
) -> Result<(StatusCode, Json<SavedSearchAnswer>), ApiError> {
    let org = caller.one_org(Operation::CreateSearch, &mut params)?;
    params.end()?;
    let Body(new) = Body::<NewSavedSearch>::read(request, &state).await?;
    check_query(&new.query)?;
    admin_events::require_recordable(&state)?;
    let new = NewSearch {
        org,
        owner: caller.caller.id.to_string(),
        owner_name: caller.caller.name.clone(),
        name: new.name,
        query: new.query,
        view: new.view.to_text()?,
        is_shared: new.shared,
    };
    let made = state.engine.catalog().create_search(new).await?;
    admin_events::record(&state, &caller, act(AUDIT_SEARCH_CREATED, None, Some(&made))).await;
    Ok((StatusCode::CREATED, Json(SavedSearchAnswer::of(&made, &caller))))
}
