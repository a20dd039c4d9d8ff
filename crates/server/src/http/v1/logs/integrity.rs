//! `GET /v1/logs/{log}/integrity`: how well the log is proven at present.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_engine::proof::AuditFinding;
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::{LogPath, Reader};
use crate::{
    error::{ApiError, Problem},
    http::params::Params,
    state::AppState,
};

/// How well a log is proven.
#[derive(Debug, Serialize, ToSchema)]
pub struct Integrity {
    /// The log's origin.
    origin: String,
    /// The log's id.
    log: String,
    /// Its organization.
    org: String,
    /// Events in it.
    size: u64,
    /// `seq` of the event that is its leaf 0.
    base_seq: u64,
    /// It takes no more events.
    closed: bool,
    /// The newest checkpoint.
    checkpoint: Option<PublishedSize>,
    /// The directory.
    directory: DirectoryState,
    /// The last complete self-audit.
    self_audit: Option<SelfAudit>,
    /// Why nothing is signed: how the data differs from what was signed before.
    rolled_back: Vec<String>,
}

/// A published size.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedSize {
    /// Leaves.
    size: u64,
    /// Root over them, hexadecimal.
    root: String,
    /// When it was published.
    time: String,
}

/// The directory as far as this log goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct DirectoryState {
    /// Entries of the directory.
    size: u64,
    /// Its newest checkpoint's time.
    time: Option<String>,
    /// Witnesses have confirmed it up to this size; none: they never did.
    witnessed_size: Option<u64>,
    /// When they did.
    witnessed_at: Option<String>,
}

/// What a self-audit found.
#[derive(Debug, Serialize, ToSchema)]
pub struct SelfAudit {
    started_at: String,
    ended_at: String,
    /// Events of all logs that were read.
    events: u64,
    /// What was found in this log.
    findings: Vec<String>,
}

/// Get the state of a log's proofs
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/integrity",
    tag = "proofs",
    operation_id = "get_integrity",
    params(("log" = String, Path, description = "An organization, or the id of a log")),
    responses(
        (status = 200, description = "The state", body = Integrity),
        (status = 404, description = "There is no such log",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["integrity:read"])),
)]
pub async fn integrity(
    State(state): State<Arc<AppState>>,
    reader: Reader,
    path: LogPath,
    params: Params,
) -> Result<Json<Integrity>, ApiError> {
    let info = reader.log(&state, &path.log, Operation::GetIntegrity)?;
    params.end()?;
    let proofs = state.engine.proofs();
    let newest = proofs.directory_newest();
    let witnessed = state.engine.catalog().newest_witnessed_directory().await?;
    let audit = proofs.audit_status().last;
    let of_this_log = |finding: &&AuditFinding| finding.log == info.log;
    Ok(Json(Integrity {
        origin: info.origin,
        log: info.log.to_string(),
        org: info.org.to_string(),
        size: info.size,
        base_seq: info.base,
        closed: info.closed,
        checkpoint: info.published.map(|published| PublishedSize {
            size: published.size,
            root: hex::encode(published.root),
            time: format_ms(published.time_ms),
        }),
        directory: DirectoryState {
            size: newest.as_ref().map_or(0, |newest| newest.edge.size()),
            time: newest.as_ref().map(|newest| format_ms(newest.time_ms)),
            witnessed_size: witnessed.as_ref().map(|witnessed| witnessed.edge.size()),
            witnessed_at: witnessed.and_then(|witnessed| witnessed.witnessed_ms).map(format_ms),
        },
        self_audit: audit.map(|audit| SelfAudit {
            started_at: format_ms(audit.started_ms),
            ended_at: format_ms(audit.ended_ms),
            events: audit.events,
            findings: audit.findings.iter().filter(of_this_log).map(ToString::to_string).collect(),
        }),
        // Of this organization's logs, and of what concerns all; other organizations are not for everybody.
        rolled_back: proofs
            .rolled_back()
            .iter()
            .filter(|found| found.org.as_ref().is_none_or(|org| *org == info.org))
            .map(ToString::to_string)
            .collect(),
    }))
}
