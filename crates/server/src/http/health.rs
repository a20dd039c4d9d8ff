//! `/healthz` and `/readyz`: for whoever starts, stops and routes to the service. No key is needed.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::AppState;

/// How long the catalog may take to answer.
const CATALOG_TIME_MAX: Duration = Duration::from_secs(2);

/// Whether the service takes requests.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Whether it does.
    ready: bool,
    /// Why not.
    reasons: Vec<&'static str>,
}

/// Is the process alive
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "service",
    operation_id = "healthz",
    responses((status = 200, description = "It is", body = String, content_type = "text/plain")),
    security(()),
)]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Does the service take requests
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "service",
    operation_id = "readyz",
    responses(
        (status = 200, description = "It does", body = Readiness),
        (status = 503, description = "It does not, with reasons", body = Readiness),
    ),
    security(()),
)]
pub async fn readyz(State(state): State<Arc<AppState>>) -> Response {
    let mut reasons = Vec::new();
    let status = state.engine.status();
    if status.halted {
        reasons.push("the commit log has stopped after a disk error; restart the service");
    }
    if !state.engine.proofs().rolled_back().is_empty() {
        reasons.push("the data is not what was signed before: nothing is written; see tallystick recover");
    }
    if status.out_of_space {
        reasons.push("the disk is full");
    }
    if state.stopping().is_cancelled() {
        reasons.push("the service is stopping");
    }
    let asked = state.engine.catalog().setting("instance_id");
    if !matches!(tokio::time::timeout(CATALOG_TIME_MAX, asked).await, Ok(Ok(_))) {
        reasons.push("the catalog does not answer");
    }
    let ready = reasons.is_empty();
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Readiness { ready, reasons })).into_response()
}
