//! `GET /v1/account/passkeys`: the passkeys that somebody signs in with.

use std::sync::Arc;

use axum::{Json, extract::State, http::HeaderMap};
use serde::Serialize;
use tallystick_auth::Operation;
use utoipa::ToSchema;

use super::PasskeyView;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    state::AppState,
};

/// Passkeys, and whether there can be any.
#[derive(Debug, Serialize, ToSchema)]
pub struct PasskeyList {
    /// In the order in which they were added.
    passkeys: Vec<PasskeyView>,
    /// The address at which they work, as in `https://audit.example.com`; null: there are no passkeys.
    origin: Option<String>,
    /// Why there are no passkeys.
    unavailable: Option<String>,
}

/// List passkeys
///
/// One's own. They work at one address: the service's public one, or localhost if there is none.
#[utoipa::path(
    get,
    path = "/v1/account/passkeys",
    tag = "people",
    operation_id = "list_passkeys",
    responses(
        (status = 200, description = "The passkeys", body = PasskeyList),
        (status = 401, description = "Nobody", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn list(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    headers: HeaderMap,
) -> Result<Json<PasskeyList>, ApiError> {
    let _reach = caller.may(Operation::ListPasskeys, None)?;
    params.end()?;
    let passkeys = state.auth.list_passkeys(&caller.caller).await?;
    let site = state.options.passkey_site(&headers);
    Ok(Json(PasskeyList {
        passkeys: passkeys.into_iter().map(PasskeyView::from).collect(),
        origin: site.as_ref().ok().map(|site| site.origin().to_owned()),
        unavailable: site.err().map(|why| why.to_string()),
    }))
}
