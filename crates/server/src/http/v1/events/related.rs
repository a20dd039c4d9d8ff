//! `GET /v1/events/{id}/related`: what belongs to an event, each as a search with its number of events.

use std::sync::Arc;

use axum::{Json, extract::State};
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use tallystick_auth::{Operation, Reach};
use tallystick_engine::{
    Engine, ReadError,
    search::{Scope, Selection, StoredEvent, TimeRange},
};
use tallystick_event::EventId;
use tallystick_query::{LowerOptions, Lowered, lower, parse};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, ErrorCode, Problem},
    http::{caller::Authenticated, confine, params::Params, path::Id, schema::time_text},
    state::AppState,
};

const MINUTE_US: i64 = 60_000_000;
const SECOND_US: i64 = 1_000_000;
/// What an actor did around the event, each way.
const ACTOR_AROUND_US: i64 = 15 * MINUTE_US;
/// What happened around it at all, each way.
const ALL_AROUND_US: i64 = 5 * MINUTE_US;
/// What came from its address, each way.
const IP_AROUND_US: i64 = 12 * 60 * MINUTE_US;
/// Its neighbours in the log, each way.
const NEIGHBOURS: u64 = 25;

/// Events that belong to one.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedSearch {
    /// `request`, `trace`, `session`, `actor`, `target`, `ip`, `around` (in time) or `neighbours` (in the log).
    kind: &'static str,
    /// Finds them.
    query: String,
    /// In this range: from, RFC 3339; null: all of the log.
    from: Option<String>,
    /// Up to, RFC 3339.
    to: Option<String>,
    /// How many there are that the caller sees, the event itself among them.
    count: u64,
    /// False if time ran out: the number is an upper bound then.
    exact: bool,
}

/// What belongs to an event.
#[derive(Debug, Serialize, ToSchema)]
pub struct RelatedAnswer {
    /// The event.
    event: String,
    /// Whose it is.
    org: String,
    /// Only those that there can be: an event without a session has none of its session.
    related: Vec<RelatedSearch>,
}

/// Count what belongs to an event
///
/// The same request, trace, session, address and target, what its actor did around it, what happened around it, and its
/// neighbours in the log. Each number is that of a search that one can go on with.
#[utoipa::path(
    get,
    path = "/v1/events/{id}/related",
    tag = "events",
    operation_id = "related_events",
    params(("id" = String, Path, description = "`evt_` and 32 hexadecimal digits")),
    responses(
        (status = 200, description = "The numbers", body = RelatedAnswer),
        (status = 404, description = "There is no such event",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn related(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<EventId>,
    params: Params,
) -> Result<Json<RelatedAnswer>, ApiError> {
    let scope = match caller.may(Operation::RelatedEvents, None)? {
        Reach::All => Scope::All,
        Reach::Org(org) => Scope::Orgs(vec![org]),
        Reach::Orgs(orgs) => Scope::Orgs(orgs),
    };
    params.end()?;
    let now_us = state.clock.now_ms() * 1_000;
    let confined = confine::of(&caller.caller, &scope, now_us)?;
    let deadline = AppState::search_deadline();
    let found = state
        .read(move |engine| {
            let Some(event) = engine.get(&id, &scope)? else { return Ok(None) };
            if !confine::shows(confined.as_ref(), &event)? {
                return Ok(None);
            }
            let mut json = Vec::new();
            event.render(&mut json)?;
            let value = serde_json::from_slice(&json).unwrap_or_default();
            let counted = searches(&event, &value)
                .into_iter()
                .map(|search| search.count(engine, &event, confined.as_ref(), now_us, deadline));
            Ok(Some((event.org.to_string(), counted.collect::<Result<Vec<_>, _>>()?)))
        })
        .await?;
    let (org, related) = found.ok_or_else(|| {
        ApiError::new(ErrorCode::EventNotFound, format!("there is no event {id} within reach of this caller"))
    })?;
    Ok(Json(RelatedAnswer { event: id.to_string(), org, related }))
}

/// A search that is not counted yet.
struct Search {
    kind: &'static str,
    query: String,
    /// Microseconds each way; none: all of the log.
    around_us: Option<i64>,
}

fn searches(event: &StoredEvent, json: &Value) -> Vec<Search> {
    let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut found = Vec::new();
    let mut add = |kind, query: String, around_us| found.push(Search { kind, query, around_us });
    for (kind, pointer) in [
        ("request", "/context/request_id"),
        ("trace", "/context/trace_id"),
        ("session", "/context/session_id"),
    ] {
        if let Some(value) = text(pointer) {
            add(kind, format!("{kind}:{}", quoted(value)), None);
        }
    }
    let actor = text("/actor/id");
    if let Some(actor) = actor {
        add("actor", format!("actor.id:{}", quoted(actor)), Some(ACTOR_AROUND_US));
    }
    let targets = json["targets"].as_array().map_or(&[][..], Vec::as_slice);
    let other = targets.iter().find(|target| target["id"].as_str() != actor);
    if let Some((kind, id)) = other.and_then(|one| Some((one["type"].as_str()?, one["id"].as_str()?))) {
        add("target", format!("target:(type:{} id:{})", quoted(kind), quoted(id)), None);
    }
    if let Some(ip) = text("/context/ip") {
        add("ip", format!("ip:{}", quoted(ip)), Some(IP_AROUND_US));
    }
    add("around", String::new(), Some(ALL_AROUND_US));
    let seq = event.meta.seq;
    add("neighbours", format!("seq:{}..{}", seq.saturating_sub(NEIGHBOURS), seq + NEIGHBOURS), None);
    found
}

/// A value as the query language writes one of any kind.
fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Search {
    fn count(
        self,
        engine: &Engine,
        event: &StoredEvent,
        confined: Option<&Lowered>,
        now_us: i64,
        deadline: tallystick_engine::search::Deadline,
    ) -> Result<RelatedSearch, ReadError> {
        let broken = |why: String| ReadError::Corrupt(format!("the search {:?}: {why}", self.query));
        let (query, _) = parse(&self.query).into_result().map_err(|errors| broken(format!("{errors:?}")))?;
        let options = LowerOptions { now_us, tz: &TimeZone::UTC, me: None };
        let lowered = if query.root.is_some() {
            Some(lower(&query, &options).map_err(|error| broken(format!("{error:?}")))?)
        } else {
            None
        };
        // Whole seconds, so that the range can be written down as it is.
        let range = self.around_us.map_or(TimeRange::ALL, |around| TimeRange {
            from_us: (event.meta.occurred_us - around).div_euclid(SECOND_US) * SECOND_US,
            to_us: (event.meta.occurred_us + around).div_euclid(SECOND_US) * SECOND_US + SECOND_US,
        });
        let selection = Selection {
            scope: Scope::Orgs(vec![event.org.clone()]),
            query: confine::narrowed(lowered, confined.cloned()),
            range,
            deadline,
        };
        let counted = engine.count(&selection)?;
        Ok(RelatedSearch {
            kind: self.kind,
            query: query.to_string(),
            from: self.around_us.map(|_| time_text(range.from_us)),
            to: self.around_us.map(|_| time_text(range.to_us)),
            count: counted.count,
            exact: counted.exact,
        })
    }
}
