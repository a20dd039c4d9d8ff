//! `GET /v1/keys/{id}`: one API key.

use std::sync::Arc;

use axum::{Json, extract::State};
use tallystick_auth::Operation;
use tallystick_catalog::KeyId;

use super::ApiKey;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Get one API key
#[utoipa::path(
    get,
    path = "/v1/keys/{id}",
    tag = "keys",
    operation_id = "get_key",
    params(("id" = String, Path, description = "`ak_` and 20 characters")),
    responses(
        (status = 200, description = "The key, without its token", body = ApiKey),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["keys:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<KeyId>,
    params: Params,
) -> Result<Json<ApiKey>, ApiError> {
    let _reach = caller.may(Operation::GetKey, None)?;
    params.end()?;
    Ok(Json(state.auth.key(&caller.caller, &id).await?.into()))
}
