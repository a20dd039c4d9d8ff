//! `GET /v1/events/{id}/proof`: that an event is in its log, to carry away.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tallystick_auth::{Operation, Reach};
use tallystick_delivery::evidence::directory_document;
use tallystick_engine::{proof::InclusionAnswer, search::Scope};
use tallystick_event::EventId;
use tallystick_verify::{EVENT_PROOF_VERSION, EventProof, Record};

use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{caller::Authenticated, confine, params::Params, path::Id, v1::logs::ask},
    reads,
    state::AppState,
};

/// How long a call waits for the checkpoint that covers a fresh event.
pub const PUBLISH_WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(2);

/// Prove that an event is in its log
///
/// `Accept: text/plain` gets a C2SP tlog-proof of the event's leaf. JSON (the default) has the event's record, the
/// tlog-proof and, once witnesses can have seen it, the proof over the directory (docs/formats/event-proof.md). For an
/// event of the last second the call waits until a checkpoint covers it.
#[utoipa::path(
    get,
    path = "/v1/events/{id}/proof",
    tag = "proofs",
    operation_id = "prove_event",
    params(
        ("id" = String, Path, description = "`evt_` and 32 hexadecimal digits"),
        ("size" = Option<u64>, Query, description = "Prove it in the tree of this many leaves"),
    ),
    responses(
        (status = 200, description = "The proof", body = Object),
        (status = 404, description = "There is no such event",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn prove(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<EventId>,
    mut params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let scope = match caller.may(Operation::ProveEvent, None)? {
        Reach::All => Scope::All,
        Reach::Org(org) => Scope::Orgs(vec![org]),
        Reach::Orgs(orgs) => Scope::Orgs(orgs),
    };
    let size = params.parse::<u64>("size", "a number of leaves")?;
    params.end()?;
    let confined = confine::of(&caller.caller, &scope, state.clock.now_ms() * 1_000)?;
    let found = state
        .read(move |engine| {
            // Only whoever is confined to a part of the events makes it depend on what the event says.
            if confined.is_none() {
                return Ok(engine.locate(&id, &scope)?.map(|(org, meta)| (org, meta.seq)));
            }
            let Some(event) = engine.get(&id, &scope)? else { return Ok(None) };
            let is_shown = confine::shows(confined.as_ref(), &event)?;
            Ok(is_shown.then_some((event.org, event.meta.seq)))
        })
        .await?;
    let (org, seq) = found.ok_or_else(|| {
        ApiError::new(ErrorCode::EventNotFound, format!("there is no event {id} within reach of this caller"))
    })?;
    reads::viewed(&state, &caller, &org, &id.to_string()).await;
    let proofs = state.engine.proofs();
    let place = proofs.place(&org, seq).ok_or_else(|| ApiError::internal("an event without a log"))?;
    let log = place.log;
    proofs.wait_until_published(log, place.index, PUBLISH_WAIT_MAX).await;
    let wants_text = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.trim_start().starts_with("text/plain"));
    if wants_text {
        let proof = ask(&state, move |proofs| proofs.inclusion(log, place.index, size)).await?;
        let text = proof.to_string();
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response());
    }
    let answer = ask(&state, move |proofs| proofs.event_proof(log, place.index, size)).await?;
    Ok(Json(document(answer)).into_response())
}

/// The document of docs/formats/event-proof.md.
pub fn document(answer: InclusionAnswer) -> EventProof {
    let stored = &answer.leaf;
    EventProof {
        version: EVENT_PROOF_VERSION,
        record: Record::of_event(&stored.leaf, &stored.meta.salt, &stored.units),
        leaf_hash: hex::encode(stored.leaf.hash()),
        proof: answer.proof.to_string(),
        erasures: Vec::new(),
        directory: answer.directory.as_ref().map(directory_document),
        origin: answer.origin,
    }
}
