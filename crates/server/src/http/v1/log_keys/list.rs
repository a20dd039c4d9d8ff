//! `GET /.well-known/tallystick-keys.json`: the keys that logs are signed with. Public, and worth nothing to somebody
//! who does not compare them with what he got on another way.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{params::Params, v1::logs::log_origin},
    state::AppState,
};

/// Keys of one log.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyList {
    /// The log's origin.
    origin: String,
    /// The present key first.
    keys: Vec<KeyEntry>,
}

/// One key.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyEntry {
    /// `name+id+base64`, as C2SP signed-note has it.
    vkey: String,
    /// When it was made.
    created_at: String,
    /// It signs until then; null: it is the present one.
    until: Option<String>,
}

/// Get the keys that a log is signed with
///
/// Of the directory log, or with `log` of that log. Get them on another way as well and compare: a server that cheats
/// would show keys of its own.
#[utoipa::path(
    get,
    path = "/.well-known/tallystick-keys.json",
    tag = "proofs",
    operation_id = "get_log_keys",
    params(("log" = Option<String>, Query, description = "The id of a log; the directory's if it is not given")),
    responses(
        (status = 200, description = "The keys", body = KeyList),
        (status = 404, description = "There is no such log",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(()),
)]
pub async fn log_keys(
    State(state): State<Arc<AppState>>,
    mut params: Params,
) -> Result<Json<KeyList>, ApiError> {
    let log = params.text("log")?;
    params.end()?;
    let origin = log_origin(&state, log.as_deref())?;
    let keys = state.engine.proofs().keys().public(&origin);
    let keys = keys.into_iter().map(|key| KeyEntry {
        vkey: key.verifier_key.to_string(),
        created_at: format_ms(key.created_ms),
        until: key.until_ms.map(format_ms),
    });
    Ok(Json(KeyList { origin, keys: keys.collect() }))
}
