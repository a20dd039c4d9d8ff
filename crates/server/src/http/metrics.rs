//! `/metrics`: counters for Prometheus.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use tallystick_auth::Operation;

use super::caller::Authenticated;
use crate::{
    error::{ApiError, Problem},
    state::AppState,
};

/// Metrics
///
/// In the Prometheus text format. Takes a key with the scope `metrics:read` unless the configuration makes metrics
/// public.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "service",
    operation_id = "get_metrics",
    responses(
        (status = 200, description = "The counters", body = String, content_type = "text/plain"),
        (status = 401, description = "No valid key", body = Problem, content_type = "application/problem+json"),
    ),
    security((), ("api_key" = ["metrics:read"])),
)]
pub async fn metrics(State(state): State<Arc<AppState>>, request: Request) -> Result<Response, ApiError> {
    if !state.options.metrics_public {
        let (mut parts, _) = request.into_parts();
        let caller = Authenticated::from_request_parts(&mut parts, &state).await?;
        let _reach = caller.may(Operation::GetMetrics, None)?;
    }
    let mut text = state.metrics.render(&state.engine.status(), state.auth.password_hashes());
    match crate::streams::metrics::render(&state).await {
        Ok(streams) => text.push_str(&streams),
        // The rest is worth having all the more.
        Err(error) => tracing::warn!(?error, "the figures of streams cannot be read at present"),
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
