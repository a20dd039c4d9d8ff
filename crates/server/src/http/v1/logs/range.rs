//! `GET /v1/logs/{log}/range`: all events from one leaf up to another, with the proof that none is missing.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tallystick_auth::Operation;
use tallystick_engine::proof::RangeAnswer;
use tallystick_merkle::Hash;
use tallystick_verify::{RANGE_VERSION, RangeHeader, Record};
use tokio_stream::wrappers::ReceiverStream;

use super::{LogPath, ask, log};
use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::{Params, invalid},
    },
    reads,
    state::AppState,
};

/// Events of one call at most.
pub const RANGE_EVENTS_MAX: u64 = 100_000;
/// Events that are read and sent at once.
const CHUNK: u64 = 1_024;
/// Chunks that wait for a slow reader.
const CHUNKS_WAITING: usize = 2;

/// Get a range of a log with the proof that it is complete
///
/// NDJSON: first a line with the checkpoint and the proof, then one record a line, exactly `to - from` of them
/// (docs/formats/event-proof.md). Nothing between `from` and `to` can have been left out. At most 100,000 events a
/// call.
#[utoipa::path(
    get,
    path = "/v1/logs/{log}/range",
    tag = "proofs",
    operation_id = "get_range",
    params(
        ("log" = String, Path, description = "An organization, or the id of a log"),
        ("from" = u64, Query, description = "Index of the first leaf"),
        ("to" = Option<u64>, Query, description = "Index behind the last; the published size if it is not given"),
    ),
    responses(
        (status = 200, description = "The lines", body = String, content_type = "application/x-ndjson"),
        (status = 404, description = "There is no such log, or it is not that large",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn range(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    path: LogPath,
    mut params: Params,
) -> Result<Response, ApiError> {
    let info = log(&state, &caller, &path.log, Operation::ReadRange)?;
    let published = info.published.map_or(0, |published| published.size);
    let (from, to) = super::consistency::sizes(&mut params)?;
    let to = to.unwrap_or(published);
    if to.saturating_sub(from) > RANGE_EVENTS_MAX {
        return Err(invalid(
            "to",
            &format!("a range has at most {RANGE_EVENTS_MAX} events; ask for it in parts"),
        ));
    }
    let (log, org) = (info.log, info.org);
    let answer = ask(&state, move |proofs| proofs.range(log, from, to)).await?;
    // What there is not is not taken.
    reads::took_range(&state, &caller, &org, from, to).await;
    let mut head = header_line(answer, from, to)?;
    head.push(b'\n');
    let (chunks, body) = tokio::sync::mpsc::channel::<Result<Bytes, std::io::Error>>(CHUNKS_WAITING);
    tokio::spawn(async move {
        if chunks.send(Ok(head.into())).await.is_err() {
            return;
        }
        let mut next = from;
        while next < to {
            let end = to.min(next + CHUNK);
            // In turn: a caller who was let in is not refused halfway because others came later.
            let read = state
                .read_in_turn(move |engine| {
                    Ok(engine.proofs().stored_leaves(log, next, end).map(|leaves| records(&leaves)))
                })
                .await
                .and_then(|read| Ok(read?));
            let is_failed = read.as_ref().is_err_and(|error| {
                tracing::error!(?error, %org, from = next, "a range could not be read to its end");
                true
            });
            // An answer that ends early has too few lines, which its reader finds; the connection is cut as well.
            let sent = chunks.send(read.map(Bytes::from).map_err(|_| std::io::ErrorKind::Other.into())).await;
            if sent.is_err() || is_failed {
                return;
            }
            next = end;
        }
    });
    let body = Body::from_stream(ReceiverStream::new(body));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

fn records(leaves: &[tallystick_engine::proof::StoredLeaf]) -> Vec<u8> {
    let mut out = Vec::with_capacity(leaves.len() * 1_200);
    for stored in leaves {
        Record::of_event(&stored.leaf, &stored.meta.salt, &stored.units).write_line(&mut out);
        out.push(b'\n');
    }
    out
}

fn header_line(answer: RangeAnswer, from: u64, to: u64) -> Result<Vec<u8>, ApiError> {
    let header = RangeHeader {
        version: RANGE_VERSION,
        origin: answer.origin,
        from,
        to,
        size: answer.size,
        checkpoint: answer.checkpoint.to_string(),
        left: base64_list(&answer.left),
        right: base64_list(&answer.right),
    };
    serde_json::to_vec(&header).map_err(ApiError::internal)
}

/// Hashes as they stand in JSON.
pub fn base64_list(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}
