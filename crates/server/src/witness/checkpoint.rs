//! `GET /<hex sha256(origin)>/checkpoint`: what was cosigned last, for whoever monitors the log or the witness.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tallystick_witness::OriginHash;

use super::{Service, internal};

/// The newest cosigned checkpoint of a log.
pub(super) async fn checkpoint(State(service): State<Arc<Service>>, Path(origin): Path<String>) -> Response {
    let unknown = || (StatusCode::NOT_FOUND, "unknown log\n").into_response();
    let mut hash: OriginHash = [0; 32];
    let is_lower = !origin.bytes().any(|byte| byte.is_ascii_uppercase());
    if !is_lower || hex::decode_to_slice(&origin, &mut hash).is_err() {
        return unknown();
    }
    match service.work(move |witness| witness.latest(&hash)).await {
        Ok(Ok(Some(note))) => note.to_string().into_response(),
        Ok(Ok(None)) => unknown(),
        Ok(Err(error)) => {
            tracing::error!(%error, "the latest checkpoint cannot be shown");
            internal()
        }
        Err(response) => response,
    }
}
