//! `GET /v1/sso`: how an organization signs in.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::SsoAnswer;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    sso,
    state::AppState,
};

/// How an organization signs in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SsoState {
    /// What the provider must have as the redirect URI.
    redirect_uri: String,
    /// The connection; null: there is none.
    connection: Option<SsoAnswer>,
}

impl SsoState {
    pub(super) fn of(
        state: &AppState,
        headers: &HeaderMap,
        connection: Option<&tallystick_catalog::SsoConnection>,
    ) -> Self {
        Self { redirect_uri: sso::redirect_uri(state, headers), connection: connection.map(SsoAnswer::from) }
    }
}

/// Show single sign-on
///
/// The client's secret is never shown.
#[utoipa::path(
    get,
    path = "/v1/sso",
    tag = "people",
    operation_id = "get_sso",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "The connection, if there is one", body = SsoState),
        (status = 403, description = "Not allowed", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["members:read"])),
)]
pub async fn get(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Json<SsoState>, ApiError> {
    let org = caller.one_org(Operation::GetSso, &mut params)?;
    params.end()?;
    let connection = state.auth.sso(&caller.caller, &org).await?;
    Ok(Json(SsoState::of(&state, &headers, connection.as_ref())))
}
