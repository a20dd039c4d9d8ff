//! `DELETE /v1/sso`: ends single sign-on.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use tallystick_auth::Operation;

use super::act;
use crate::{
    admin_events,
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params},
    people_events::SSO_CONNECTION_DELETED,
    state::AppState,
};

/// End single sign-on
///
/// Sessions that were opened through it end, and passwords count again. Members stay. Recorded as
/// `sso_connection.deleted`.
#[utoipa::path(
    delete,
    path = "/v1/sso",
    tag = "people",
    operation_id = "delete_sso",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 204, description = "Ended"),
        (status = 404, description = "There is none", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["admin"])),
)]
pub async fn delete(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<StatusCode, ApiError> {
    let org = caller.one_org(Operation::DeleteSso, &mut params)?;
    params.end()?;
    // Not refused when it cannot be recorded: a provider that lets the wrong people in must be stopped on a bad day
    // too.
    let before = state.auth.delete_sso(&caller.caller, &org).await?;
    admin_events::record(&state, &caller, act(SSO_CONNECTION_DELETED, Some(&before), None)).await;
    Ok(StatusCode::NO_CONTENT)
}
