//! `POST /v1/sso/test`: begins a sign-in that lets nobody in and shows what would happen.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tallystick_auth::{Denied, Operation};
use utoipa::ToSchema;

use super::put::unusable;
use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{caller::Authenticated, params::Params},
    sso::{self, Purpose},
    state::AppState,
};

/// A test that has begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct SsoTestAnswer {
    /// Where the browser has to go now. It comes back to a page that shows the result.
    url: String,
}

/// Test single sign-on
///
/// The answer sets a cookie, so that only the browser that asked can come back, within ten minutes. Only people can
/// test. A test that succeeds is good until the connection is changed. Recorded as `sso_connection.tested`.
#[utoipa::path(
    post,
    path = "/v1/sso/test",
    tag = "people",
    operation_id = "test_sso",
    params(("org" = Option<String>, Query, description = "The organization; needed if one is in several")),
    responses(
        (status = 200, description = "Where to go", body = SsoTestAnswer),
        (status = 404, description = "There is no connection",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub async fn test(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    headers: HeaderMap,
    mut params: Params,
) -> Result<Response, ApiError> {
    let org = caller.one_org(Operation::TestSso, &mut params)?;
    params.end()?;
    let connection = state.auth.testable_sso(&caller.caller, &org).await?;
    let connection = connection.ok_or_else(|| {
        ApiError::new(ErrorCode::SsoNotFound, "the organization has no connection yet; PUT /v1/sso makes one")
    })?;
    let operation = Operation::TestSso.rule().name;
    let person = caller.caller.person().ok_or(Denied::PersonOnly { operation })?;
    let purpose = Purpose::Test { session: person.session.to_string() };
    let begun = sso::begin(&state, &connection, purpose, &headers, Some(&person.email)).await?;
    let begun = begun.map_err(|fault| unusable(&fault))?;
    Ok(([(header::SET_COOKIE, begun.cookie)], Json(SsoTestAnswer { url: begun.url })).into_response())
}
