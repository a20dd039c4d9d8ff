//! `GET /v1/keys`: the API keys that the key may see.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::KeyId;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::ApiKey;
use crate::{
    error::ApiError,
    http::{caller::Authenticated, page::Page, params::Params},
    state::AppState,
};

/// A page of API keys.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyPage {
    /// By id, revoked ones included.
    keys: Vec<ApiKey>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// List API keys
#[utoipa::path(
    get,
    path = "/v1/keys",
    tag = "keys",
    operation_id = "list_keys",
    params(
        ("org" = Option<String>, Query, description = "Only keys bound to this organization"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses((status = 200, description = "A page of keys", body = KeyPage)),
    security(("api_key" = ["keys:read"])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<KeyPage>, ApiError> {
    let org = params.parse::<OrgId>("org", "an organization id")?;
    let _reach = caller.may(Operation::ListKeys, org.as_ref())?;
    let page = Page::<KeyId>::take(&mut params)?;
    params.end()?;
    if let Some(org) = &org {
        state.engine.catalog().organization(org).await?;
    }
    let keys = state.auth.list_keys(&caller.caller, org.as_ref(), page.after(), page.limit()).await?;
    let next_cursor = page.next_cursor(&keys, |key| &key.id);
    Ok(Json(KeyPage { keys: keys.into_iter().map(ApiKey::from).collect(), next_cursor }))
}
