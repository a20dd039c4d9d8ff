//! `POST /v1/streams/{id}/test`: sends one made-up event as a stream would, and shows what came of it.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_catalog::{Stream, StreamId};
use tallystick_delivery::streams::{StreamDraft, TestAnswer};
use tallystick_destination::kind;
use utoipa::ToSchema;

use super::reached;
use crate::{
    admin_events::{self, Act},
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
    streams::{AUDIT_STREAM_TESTED, act, settings::is_about_private},
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

impl From<TestAnswer> for StreamTestAnswer {
    fn from(answer: TestAnswer) -> Self {
        Self {
            object: "stream_test",
            ok: answer.ok,
            outcome: answer.outcome,
            status: answer.status,
            took_ms: answer.took_ms.unsigned_abs(),
            meaning: meaning(&answer),
            response: answer.response,
            sent_bytes: answer.sent_bytes,
        }
    }
}

/// What came of it for whoever tries: with what to do, where that is known.
fn meaning(answer: &TestAnswer) -> String {
    let remedy = match answer.status {
        _ if is_about_private(&answer.response) => {
            "The operator can let streams go to private addresses with [streams] allow_private_destinations."
        }
        Some(401 | 403) => "Look at the credentials, and at what they permit.",
        None if !answer.ok => "Look at the address, and whether it answers from where the service runs.",
        _ => return answer.meaning.to_owned(),
    };
    format!("{} {remedy}", answer.meaning)
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
    let answer: StreamTestAnswer = {
        let _place = state.stream_test_place()?;
        state.streams.test(&id).await?.into()
    };
    admin_events::record(&state, &caller, act(AUDIT_STREAM_TESTED, &stream, Vec::new(), answer.facts()))
        .await;
    Ok(Json(answer))
}

impl StreamTestAnswer {
    /// What is recorded of it. What the other side said is not: it is a stranger's.
    pub(super) fn facts(&self) -> Value {
        json!({ "ok": self.ok, "outcome": self.outcome, "status": self.status, "took_ms": self.took_ms })
    }
}

/// What is recorded of trying what is no stream yet, or not as it is.
pub(super) fn act_on_draft(of: Option<&Stream>, draft: &StreamDraft, answer: &StreamTestAnswer) -> Act {
    let mut facts = answer.facts();
    facts["draft"] = json!(true);
    facts["kind"] = json!(draft.kind);
    // An address is what the act is about; of secrets there is nothing here.
    let shown = kind(&draft.kind).map(|kind| kind.fields).unwrap_or_default().iter();
    let shown = shown.filter(|field| !field.kind.is_secret());
    let shown =
        shown.filter_map(|field| Some((field.name.to_owned(), draft.settings.get(field.name)?.clone())));
    facts["settings"] = Value::Object(shown.collect());
    if draft.org.is_none() {
        facts["all_organizations"] = json!(true);
    }
    Act {
        action: AUDIT_STREAM_TESTED,
        org: draft.org.clone(),
        target_type: "audit_stream",
        target_id: of.map_or_else(|| "draft".to_owned(), |stream| stream.id.to_string()),
        target_name: draft.name.clone(),
        changes: Vec::new(),
        metadata: facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_means_says_what_to_do_where_that_is_known() {
        let answer = |ok, status, response: &str| TestAnswer {
            ok,
            outcome: "misconfigured",
            status,
            took_ms: 1,
            response: response.to_owned(),
            meaning: "It means something.",
            sent_bytes: 1,
        };
        let private = "10.0.0.1 has no address that may be asked: private ones have to be allowed";
        for (answer, part) in [
            (answer(false, None, private), "allow_private_destinations"),
            (answer(false, Some(401), "who?"), "credentials"),
            (answer(false, None, "no answer"), "address"),
            (answer(true, None, ""), "It means something."),
            (answer(false, Some(503), ""), "It means something."),
        ] {
            let said = meaning(&answer);
            assert!(said.starts_with("It means something.") && said.contains(part), "{said}");
        }
    }
}
