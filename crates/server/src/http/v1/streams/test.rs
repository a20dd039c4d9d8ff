//! `POST /v1/streams/{id}/test`: sends one made-up event as a stream would, and shows what came of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_catalog::{Stream, StreamId};
use tallystick_delivery::streams::Tested;
use tallystick_destination::Outcome;
use tallystick_event::OrgId;
use utoipa::ToSchema;

use super::{
    draft::{Draft, Given, opened, stored_mask},
    reached,
};
use crate::{
    admin_events::{self, Act},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
    streams::{AUDIT_STREAM_TESTED, act, settings::is_about_private, trial},
};

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamTestAnswer {
    /// `stream_test`.
    object: &'static str,
    /// Whether the event has arrived.
    ok: bool,
    /// `delivered`, `partial`, `retry`, `split`, `misconfigured`, `refused` or `gone`.
    outcome: &'static str,
    /// The status of HTTP, or the code of the protocol; null: there was no answer.
    status: Option<u16>,
    /// Milliseconds.
    took_ms: u64,
    /// What the other side said, or why there was no answer; at most 2 KiB.
    response: String,
    /// What that means, and what to do.
    meaning: String,
    /// Bytes that were sent.
    sent_bytes: u64,
}

impl StreamTestAnswer {
    pub(super) fn of(tested: Tested) -> Self {
        let answer = tested.answer;
        let ok = answer.outcome == Outcome::Delivered;
        Self {
            object: "stream_test",
            ok,
            outcome: outcome_name(&answer.outcome),
            status: answer.status,
            took_ms: tested.took_ms,
            meaning: meaning(&answer.outcome, answer.status, &answer.detail),
            response: answer.detail,
            sent_bytes: answer.sent_bytes,
        }
    }
}

/// An outcome as attempts have it.
fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Partial { .. } => "partial",
        Outcome::Retry { .. } => "retry",
        Outcome::Split => "split",
        Outcome::Misconfigured => "misconfigured",
        Outcome::Refused => "refused",
        Outcome::Gone => "gone",
    }
}

/// What an outcome means for whoever tries, and what to do.
fn meaning(outcome: &Outcome, status: Option<u16>, detail: &str) -> String {
    let text = match outcome {
        Outcome::Delivered => "The test event has arrived.",
        Outcome::Partial { rejected, .. } if !rejected.is_empty() => {
            "The destination answers, but has refused the event itself: look at the format and at what it expects."
        }
        Outcome::Partial { .. } => "The destination has taken nothing this time; a stream would send it again.",
        Outcome::Retry { .. } if status.is_none() => {
            "The destination could not be reached; a stream would try again by itself. Look at the address, and whether \
             it answers from where the service runs."
        }
        Outcome::Retry { .. } => {
            "The destination could not take it at present; a stream would try again by itself, and nothing is lost."
        }
        Outcome::Split => "One event is already too much for the destination: look at its limit on the size of a request.",
        Outcome::Misconfigured if is_about_private(detail) => {
            "The address is one that streams may not go to; the operator can allow private ones with [streams] \
             allow_private_destinations."
        }
        Outcome::Misconfigured if matches!(status, Some(401 | 403)) => {
            "The destination answers and does not let us in: look at the credentials and at what they permit."
        }
        Outcome::Misconfigured => {
            "That does not mend itself: look at the address, the credentials and the other settings."
        }
        Outcome::Refused => "The destination cannot read the event: look at the format and at what it expects.",
        Outcome::Gone => "The destination says that it wants nothing any more, for good: look at the address.",
    };
    text.to_owned()
}

/// Test a stream
///
/// Sends one made-up event, `audit.stream.test`, marked as a test, with the stream's settings, format and mask. The
/// stream's place and state do not change. Recorded as `audit_stream.tested`.
#[utoipa::path(
    post,
    path = "/v1/streams/{id}/test",
    tag = "streams",
    operation_id = "test_stream",
    params(("id" = String, Path, description = "`stream_` and a UUID")),
    responses(
        (status = 200, description = "What came of it, whether it arrived or not", body = StreamTestAnswer),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many destinations are being tried",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn test(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    params: Params,
) -> Result<Json<StreamTestAnswer>, ApiError> {
    params.end()?;
    let stream = reached(&state, &caller, Operation::TestStream, &id).await?;
    admin_events::require_recordable(&state)?;
    let kept = opened(&state, &stream)?;
    let given = Given {
        kind: stream.kind.clone(),
        settings: Some(kept.clone().into()),
        format: Some(stream.format.clone()),
        query: None,
        mask: stored_mask(&stream),
    };
    let draft = Draft::of(&state, id.as_str(), given, Some(&kept))?;
    let answer = StreamTestAnswer::of(trial(&state, id.as_str(), stream.org.as_ref(), &draft).await?);
    admin_events::record(&state, &caller, act(AUDIT_STREAM_TESTED, &stream, Vec::new(), answer.facts())).await;
    Ok(Json(answer))
}

impl StreamTestAnswer {
    /// What is recorded of it. What the other side said is not: it is a stranger's.
    pub(super) fn facts(&self) -> serde_json::Value {
        json!({ "ok": self.ok, "outcome": self.outcome, "status": self.status, "took_ms": self.took_ms })
    }
}

/// What is recorded of trying what is no stream yet.
pub(super) fn act_on_draft(
    of: Option<&Stream>,
    org: Option<&OrgId>,
    name: &str,
    draft: &Draft,
    answer: &StreamTestAnswer,
) -> Act {
    let mut facts = answer.facts();
    facts["draft"] = json!(true);
    facts["kind"] = json!(draft.kind.name);
    facts["settings"] = draft.settings.shown().into();
    if org.is_none() {
        facts["all_organizations"] = json!(true);
    }
    let name = if name.trim().is_empty() { draft.kind.title } else { name };
    Act {
        action: AUDIT_STREAM_TESTED,
        org: org.cloned(),
        target_type: "audit_stream",
        target_id: of.map_or_else(|| "draft".to_owned(), |stream| stream.id.to_string()),
        target_name: name.to_owned(),
        changes: Vec::new(),
        metadata: facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_outcome_means_says_what_to_do() {
        let private = "10.0.0.1: private ones have to be allowed";
        for (outcome, status, detail, part) in [
            (Outcome::Delivered, Some(200), "", "arrived"),
            (Outcome::Retry { after: None }, None, "refused", "could not be reached"),
            (Outcome::Retry { after: None }, Some(503), "", "nothing is lost"),
            (Outcome::Misconfigured, Some(401), "", "credentials"),
            (Outcome::Misconfigured, None, private, "allow_private_destinations"),
            (Outcome::Gone, Some(410), "", "for good"),
        ] {
            let said = meaning(&outcome, status, detail);
            assert!(said.contains(part) && said.ends_with('.'), "{outcome:?}: {said}");
        }
    }
}
