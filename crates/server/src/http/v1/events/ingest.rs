//! `POST /v1/events`: takes events in. The hot path: one body, one buffer out, nothing parsed twice.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use tallystick_auth::{Operation, Reach};
use tallystick_engine::{Appended, INSTANCE_ORG};
use tallystick_event::{BodyKind, EventError, OrgId, PrepareContext, Prepared, error::code, format_ms};

use super::{partial, receipts::Extras};
use crate::{
    error::{ApiError, ErrorCode, ErrorDetail, Problem, convert::event_details},
    http::{
        body::{self, Encoding},
        caller::Authenticated,
        json::media_type,
        params::{Params, invalid},
        schema::{EventInput, Stored},
    },
    state::AppState,
};

/// The header that makes a whole call repeatable.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Length of that header, bytes: with `/` and an index behind it, it still is an event's idempotency key.
pub const IDEMPOTENCY_HEADER_BYTES_MAX: usize = tallystick_event::limits::IDEMPOTENCY_KEY_BYTES_MAX - 8;
/// Bodies below this size are prepared where they arrive: handing them to another thread costs more.
const INLINE_BYTES_MAX: usize = 64 << 10;
/// Errors of events that are listed in one answer; more would only hide the first.
pub const ERRORS_LISTED_MAX: usize = 100;

/// What became of one event.
pub(super) type Outcome = Result<Appended, ApiError>;

/// Write events
///
/// Takes one event (a JSON object), several (a JSON array) or NDJSON (one object a line, content type
/// `application/x-ndjson`). The answer is sent when the events are durable and searchable. All or none are stored,
/// unless `partial=true`: then the good ones are, and each event has its own result. A repeated call with the same
/// idempotency keys stores nothing again and gets the same answer.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "events",
    operation_id = "write_events",
    params(
        ("partial" = Option<bool>, Query, description = "`true`: store the events that are good"),
        ("wait" = Option<String>, Query,
            description = "`proof`: answer when a checkpoint covers the events, with the proof of each"),
        ("receipt" = Option<bool>, Query, description = "`true`: answer with a signed receipt for each event"),
        ("Idempotency-Key" = Option<String>, Header,
            description = "Event i without an idempotency key of its own gets this one, in a list followed by `/i`"),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip` or `zstd`"),
    ),
    request_body(content(
        (EventInput = "application/json"),
        (String = "application/x-ndjson"),
    )),
    responses(
        (status = 201, description = "Stored", body = Stored),
        (status = "4XX", description = "Nothing was stored", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Overloaded; try again",
            body = Problem, content_type = "application/problem+json"),
        (status = 507, description = "The disk is full", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:write"])),
)]
pub async fn ingest(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let bound = match caller.may(Operation::WriteEvents, None)? {
        Reach::All => None,
        Reach::Org(org) => Some(org),
        // An event may name any organization where nothing is bound, which is more than the caller has.
        Reach::Orgs(_) => {
            let detail =
                "you may write in several organizations; send events with a key of the one that is meant";
            return Err(ApiError::new(ErrorCode::OrgRequired, detail));
        }
    };
    let is_partial = params.switch("partial")?;
    let extras = Extras::take(&mut params, is_partial)?;
    params.end()?;
    let kind = body_kind(&headers)?;
    let encoding = Encoding::of(&headers)?;
    let idempotency = idempotency_key(&headers)?;
    let max = state.preparer.limits().batch_bytes_max;
    let bytes = body::read(&state, &headers, body, max).await?;
    let body_bytes = bytes.len();
    let call = Call { bound, source: caller.caller.source(), idempotency, kind, encoding };
    let prepared = if body_bytes < INLINE_BYTES_MAX && encoding == Encoding::Identity {
        call.prepare(&state, bytes)?
    } else {
        state.compute(move |state| call.prepare(state, bytes)).await??
    };
    if is_partial {
        let outcomes = partial::store(&state, prepared).await?;
        count(&state, &outcomes, body_bytes);
        return partial::answer(&outcomes);
    }
    let is_list = prepared.is_list;
    let events = all_good(prepared)?;
    extras.check(events.len())?;
    let orgs = extras.orgs(&events);
    let stored = state.engine.append(events).await.map_err(|error| match ApiError::from(error) {
        error if is_list => error,
        error => error.of_only_entry(),
    })?;
    count_all(&state, &stored, body_bytes);
    if let Some(orgs) = orgs {
        return Ok(created(extras.render(&state, &orgs, &stored).await?));
    }
    Ok(created(render(&stored)))
}

/// What the headers and the key say about the events of one call.
struct Call {
    bound: Option<OrgId>,
    source: String,
    idempotency: Option<String>,
    kind: Option<BodyKind>,
    encoding: Encoding,
}

/// Every event of a body, good or not, in order; and whether the body is a list.
pub(super) struct Batch {
    pub(super) events: Vec<Result<Prepared, EventError>>,
    pub(super) is_list: bool,
}

impl Call {
    fn prepare(&self, state: &AppState, body: Bytes) -> Result<Batch, ApiError> {
        let body = self.encoding.decode(body, state.preparer.limits().batch_bytes_max)?;
        let kind = self.kind.unwrap_or_else(|| sniff(&body));
        let context = PrepareContext {
            org: self.bound.clone(),
            source: &self.source,
            default_idempotency: self.idempotency.as_deref(),
        };
        let events = state.preparer.parse_body(&body, kind, &context)?;
        let is_list = kind == BodyKind::Ndjson || body.trim_ascii_start().starts_with(b"[");
        Ok(Batch { events, is_list })
    }
}

/// The events if all are good, else the errors of those that are not.
fn all_good(batch: Batch) -> Result<Vec<Prepared>, ApiError> {
    let total = batch.events.len();
    let mut events = Vec::with_capacity(total);
    let mut refused = Vec::new();
    for event in batch.events {
        match event {
            Ok(event) if refused.is_empty() => {
                if let Some(error) = reserved(&event) {
                    return Err(error);
                }
                events.push(event);
            }
            Ok(_) => {}
            Err(error) => refused.push(error),
        }
    }
    if refused.is_empty() {
        return Ok(events);
    }
    Err(refusal(&refused, total, batch.is_list))
}

/// The answer to events that are not good.
pub(crate) fn refusal(refused: &[EventError], total: usize, is_list: bool) -> ApiError {
    let details = refused.iter().flat_map(|error| event_details(error, is_list.then_some(error.index)));
    let mut details: Vec<ErrorDetail> = details.take(ERRORS_LISTED_MAX + 1).collect();
    if details.len() > ERRORS_LISTED_MAX {
        details.truncate(ERRORS_LISTED_MAX);
        details.push(ErrorDetail::new("", code::MORE_ERRORS, "there are more errors than are listed"));
    }
    let names_other_org = |error: &EventError| error.errors.iter().any(|one| one.code == code::ORG_MISMATCH);
    let error_code =
        if refused.iter().any(names_other_org) { ErrorCode::WrongOrg } else { ErrorCode::InvalidEvent };
    let first = &details[0];
    let place = if first.path.is_empty() { String::new() } else { format!("{}: ", first.path) };
    let detail = match total {
        1 => format!("{place}{}; nothing was stored", first.message),
        _ => format!(
            "{} of {total} events are refused, nothing was stored; {place}{}",
            refused.len(),
            first.message
        ),
    };
    ApiError::new(error_code, detail).with_errors(details)
}

/// The instance's own log is written by the instance alone.
pub(super) fn reserved(event: &Prepared) -> Option<ApiError> {
    (event.org.as_str() == INSTANCE_ORG).then(|| {
        ApiError::new(
            ErrorCode::OrgReserved,
            format!("organization {INSTANCE_ORG} holds the instance's own events and takes no others"),
        )
    })
}

fn body_kind(headers: &HeaderMap) -> Result<Option<BodyKind>, ApiError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(None) };
    let value = String::from_utf8_lossy(value.as_bytes());
    match media_type(&value).as_str() {
        "application/json" => Ok(Some(BodyKind::Json)),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonlines"
        | "application/x-jsonlines" => Ok(Some(BodyKind::Ndjson)),
        _ => Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            format!(
                "content type \"{value}\" is not taken here; send Content-Type: application/json, or \
                 application/x-ndjson for one event a line"
            ),
        )),
    }
}

/// What a body without a content type is: NDJSON if its first line is an object and another one follows.
fn sniff(body: &[u8]) -> BodyKind {
    let text = body.trim_ascii();
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return BodyKind::Json };
    let (first, rest) = text.split_at(end);
    let is_whole = || serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
    if text.starts_with(b"{") && rest.trim_ascii_start().starts_with(b"{") && is_whole() {
        BodyKind::Ndjson
    } else {
        BodyKind::Json
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let text = std::str::from_utf8(value.as_bytes());
    let text = text.map_err(|_| invalid("Idempotency-Key", "the header is not UTF-8"))?.trim();
    if text.is_empty() {
        return Err(invalid("Idempotency-Key", "the header is empty; leave it out or give it a value"));
    }
    if text.len() > IDEMPOTENCY_HEADER_BYTES_MAX {
        let why =
            format!("the header has {} bytes, at most {IDEMPOTENCY_HEADER_BYTES_MAX} are taken", text.len());
        return Err(invalid("Idempotency-Key", &why));
    }
    Ok(Some(text.to_owned()))
}

fn count_all(state: &AppState, stored: &[Appended], body_bytes: usize) {
    let duplicates = stored.iter().filter(|one| one.duplicate).count() as u64;
    state.metrics.ingested(stored.len() as u64 - duplicates, duplicates, 0, body_bytes);
}

fn count(state: &AppState, outcomes: &[Outcome], body_bytes: usize) {
    let duplicates = outcomes.iter().flatten().filter(|one| one.duplicate).count() as u64;
    let accepted = outcomes.iter().flatten().count() as u64;
    let rejected = outcomes.len() as u64 - accepted;
    state.metrics.ingested(accepted - duplicates, duplicates, rejected, body_bytes);
}

pub(super) fn created(body: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (StatusCode::CREATED, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// Written by hand: for large batches a tree of values would cost as much as storing the events.
fn render(stored: &[Appended]) -> Vec<u8> {
    let mut out = Vec::with_capacity(16 + stored.len() * 190);
    out.extend_from_slice(b"{\"events\":[");
    for (index, one) in stored.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        render_one(&mut out, one);
    }
    out.extend_from_slice(b"]}");
    out
}

/// Appends the result of one stored event.
pub(super) fn render_one(out: &mut Vec<u8>, one: &Appended) {
    out.extend_from_slice(b"{\"id\":\"");
    one.id.write_to(out);
    out.extend_from_slice(b"\",\"seq\":");
    out.extend_from_slice(one.seq.to_string().as_bytes());
    out.extend_from_slice(b",\"received_at\":\"");
    out.extend_from_slice(format_ms(one.received_ms).as_bytes());
    out.extend_from_slice(b"\",\"leaf_hash\":\"");
    let mut digits = [0; 64];
    hex::encode_to_slice(one.leaf_hash, &mut digits).expect("a hash has 32 bytes");
    out.extend_from_slice(&digits);
    out.push(b'"');
    if one.duplicate {
        out.extend_from_slice(b",\"duplicate\":true");
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use tallystick_event::EventId;

    use super::*;

    #[test]
    fn results_are_valid_json() {
        let one = Appended {
            id: EventId([7; 16]),
            seq: 41,
            received_ms: 1_795_168_800_123,
            leaf_hash: [0xab; 32],
            duplicate: false,
        };
        let two = Appended { seq: 42, duplicate: true, ..one.clone() };
        let json: serde_json::Value = serde_json::from_slice(&render(&[one, two])).unwrap();
        assert_eq!(json["events"][0]["seq"], 41);
        assert_eq!(json["events"][0]["received_at"], "2026-11-20T10:00:00.123Z");
        assert_eq!(json["events"][0]["leaf_hash"], "ab".repeat(32));
        assert_eq!(json["events"][0].get("duplicate"), None);
        assert_eq!(json["events"][1]["duplicate"], true);
    }

    #[test]
    fn a_body_without_content_type_is_recognised() {
        for (body, kind) in [
            ("{\"a\":1}", BodyKind::Json),
            (" [\n{}\n]", BodyKind::Json),
            ("{\"a\":1}\n{\"a\":2}\n", BodyKind::Ndjson),
            ("\n{\"a\":1}\r\n\n{\"a\":2}", BodyKind::Ndjson),
            ("{\"targets\":[\n{\"id\":1}]}", BodyKind::Json),
            ("{\"a\":1}\n", BodyKind::Json),
            ("", BodyKind::Json),
        ] {
            assert_eq!(sniff(body.as_bytes()), kind, "{body:?}");
        }
    }

    #[test]
    fn the_idempotency_header_is_bounded() {
        let mut headers = HeaderMap::new();
        assert_eq!(idempotency_key(&headers).unwrap(), None);
        headers.insert(IDEMPOTENCY_KEY, " run-7 ".parse().unwrap());
        assert_eq!(idempotency_key(&headers).unwrap().as_deref(), Some("run-7"));
        for bad in [String::new(), "x".repeat(IDEMPOTENCY_HEADER_BYTES_MAX + 1)] {
            headers.insert(IDEMPOTENCY_KEY, bad.parse().unwrap());
            assert_eq!(idempotency_key(&headers).unwrap_err().code(), ErrorCode::InvalidParameter);
        }
    }
}
