//! Writes with `partial=true`: every event gets its own result, and one that cannot be stored does not hold up the
//! others.

use std::collections::VecDeque;

use axum::response::Response;
use tallystick_engine::AppendError;
use tallystick_event::{EventError, Prepared, error::code};

use super::ingest::{Batch, ERRORS_LISTED_MAX, Outcome, created, render_one, reserved};
use crate::{
    error::{ApiError, ErrorCode, convert::event_details},
    state::AppState,
};

/// Stores what can be stored; the outcomes are in the order of the body.
pub(super) async fn store(state: &AppState, batch: Batch) -> Result<Vec<Outcome>, ApiError> {
    let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(batch.events.len());
    let mut good = Vec::new();
    for (index, event) in batch.events.into_iter().enumerate() {
        let refusal = match &event {
            Err(error) => Some(refused(error)),
            Ok(event) => reserved(event),
        };
        outcomes.push(refusal.map(Err));
        if let (None, Ok(event)) = (&outcomes[index], event) {
            good.push((index, event));
        }
    }
    let all_failed = |outcomes: &[Option<Outcome>]| !outcomes.iter().flatten().any(Result::is_ok);
    // Pieces in the order of the body; a refused piece is halved until the culprit stands alone.
    let mut pieces = VecDeque::from([good]);
    while let Some(piece) = pieces.pop_front() {
        if piece.is_empty() {
            continue;
        }
        let events: Vec<Prepared> = piece.iter().map(|(_, event)| event.clone()).collect();
        match state.engine.append(events).await {
            Ok(stored) => {
                for ((index, _), one) in piece.into_iter().zip(stored) {
                    outcomes[index] = Some(Ok(one));
                }
            }
            Err(AppendError::UnknownOrg { org } | AppendError::ArchivedOrg { org })
                if has_other(&piece, &org) =>
            {
                let (theirs, others) = piece.into_iter().partition(|(_, event)| event.org == org);
                pieces.push_front(others);
                pieces.push_front(theirs);
            }
            Err(AppendError::KeyReused { .. }) if piece.len() > 1 => {
                let mut first = piece;
                let second = first.split_off(first.len() / 2);
                pieces.push_front(second);
                pieces.push_front(first);
            }
            // Nothing was stored yet and nothing else can be: the call as a whole has failed.
            Err(error) if is_of_the_service(&error) && all_failed(&outcomes) => return Err(error.into()),
            Err(error) => {
                for (index, _) in piece {
                    outcomes[index] = Some(Err(ApiError::from(error.clone()).of_only_entry()));
                }
            }
        }
    }
    let outcome = |one: Option<Outcome>| one.expect("every event was refused or was in a piece");
    Ok(outcomes.into_iter().map(outcome).collect())
}

fn has_other(piece: &[(usize, Prepared)], org: &tallystick_event::OrgId) -> bool {
    piece.iter().any(|(_, event)| event.org != *org)
}

/// Whether the error says nothing about the events themselves.
fn is_of_the_service(error: &AppendError) -> bool {
    match error {
        AppendError::UnknownOrg { .. } | AppendError::ArchivedOrg { .. } | AppendError::KeyReused { .. } => {
            false
        }
        AppendError::Overloaded
        | AppendError::NoSpace
        | AppendError::Halted
        | AppendError::RolledBack
        | AppendError::Corrupt(_) => true,
    }
}

fn refused(error: &EventError) -> ApiError {
    let other_org = error.errors.iter().any(|one| one.code == code::ORG_MISMATCH);
    let code = if other_org { ErrorCode::WrongOrg } else { ErrorCode::InvalidEvent };
    let details = event_details(error, None);
    ApiError::new(code, details.first().map_or_else(String::new, |first| first.message.clone()))
        .with_errors(details)
}

/// `{"events": [...], "accepted": n, "rejected": m}`; an error if nothing was accepted.
pub(super) fn answer(outcomes: &[Outcome]) -> Result<Response, ApiError> {
    let accepted = outcomes.iter().flatten().count();
    if accepted == 0 {
        let errors =
            outcomes.iter().enumerate().filter_map(|(index, one)| Some((index, one.as_ref().err()?)));
        let errors = errors.flat_map(|(index, error)| error.details_at(index)).take(ERRORS_LISTED_MAX);
        let detail = format!("none of the {} events could be stored", outcomes.len());
        return Err(ApiError::new(ErrorCode::InvalidEvent, detail).with_errors(errors.collect()));
    }
    let mut out = Vec::with_capacity(64 + outcomes.len() * 200);
    out.extend_from_slice(b"{\"events\":[");
    for (index, outcome) in outcomes.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match outcome {
            Ok(one) => render_one(&mut out, one),
            Err(error) => {
                let error = serde_json::json!({ "error": {
                    "code": error.code().as_str(), "detail": error.detail(), "errors": error.errors(),
                }});
                serde_json::to_writer(&mut out, &error).map_err(ApiError::internal)?;
            }
        }
    }
    let rejected = outcomes.len() - accepted;
    out.extend_from_slice(format!("],\"accepted\":{accepted},\"rejected\":{rejected}}}").as_bytes());
    Ok(created(out))
}
