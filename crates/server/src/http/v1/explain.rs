//! `GET /v1/query/explain`: how a query is understood, what is wrong with it, and what it will have to look at.

use std::sync::Arc;

use axum::{Json, extract::State};
use jiff::tz::TimeZone;
use serde::Serialize;
use tallystick_auth::{Caller, Operation};
use tallystick_engine::{
    Engine, ReadError,
    search::{FacetRequest, Scope, Selection, TimeRange},
};
use tallystick_query::{Diagnostic, LowerOptions, Lowered, Node, Query, lower, parse, unknown_actions};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        confine,
        params::Params,
        schema::{QueryNote, notes, time_text},
        selection::{take_scope, take_zone},
        shown::Shown,
    },
    state::AppState,
};

/// Actions up to which the query's actions are compared with those that events have.
const ACTIONS_KNOWN_MAX: usize = 10_000;

/// How a query is understood.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// The query in its one canonical form; null if it has errors.
    canonical: Option<String>,
    /// Errors and warnings.
    diagnostics: Vec<QueryNote>,
    /// What the search looks at; null if the query has errors.
    plan: Option<Plan>,
}

/// What a search looks at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plan {
    /// Start of the time that the query is limited to, RFC 3339.
    from: Option<String>,
    /// End of it.
    to: Option<String>,
    /// Events that match as a whole.
    count: u64,
    /// Whether that number is exact.
    exact: bool,
    /// The query as a tree, each part with the number of events it matches alone; null for an empty query.
    root: Option<Step>,
}

/// One part of the query.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    /// `and`, `or`, `not`, `term` or `text`.
    kind: &'static str,
    /// The part in canonical form.
    query: String,
    /// Events that match it; for `and`, `or` and `not` of the whole part.
    count: u64,
    /// Whether that number is exact.
    exact: bool,
    /// What it is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    parts: Vec<Step>,
}

/// Explain a query
///
/// Answers 200 also for a query with errors: they are what was asked for.
#[utoipa::path(
    get,
    path = "/v1/query/explain",
    tag = "events",
    operation_id = "explain_query",
    params(
        ("q" = Option<String>, Query, description = "The query"),
        ("org" = Option<String>, Query, description = "Organizations, separated by commas; none: all within reach"),
        ("tz" = Option<String>, Query,
            description = "Time zone of dates in the query, for example `Europe/Madrid`; UTC by default"),
    ),
    responses(
        (status = 200, description = "The explanation", body = Explanation),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn explain(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Json<Explanation>, ApiError> {
    let scope = take_scope(&mut params, &caller, Operation::ExplainQuery)?;
    let text = params.text("q")?.unwrap_or_default();
    let zone = take_zone(&mut params)?;
    params.end()?;
    let parsed = parse(&text);
    let mut diagnostics = parsed.diagnostics;
    let Some(query) = parsed.query else { return Ok(Json(faulty(&diagnostics))) };
    Shown::to(&caller.caller).check_query(&caller, Operation::ExplainQuery, &query)?;
    let now_us = state.clock.now_ms() * 1_000;
    let confined = confine::of(&caller.caller, &scope, now_us)?;
    let run = Explain { caller: Arc::clone(&caller.caller), scope, zone, now_us, confined };
    if query.root.is_some()
        && let Err(error) = run.lower(&query)
    {
        diagnostics.push(error);
        return Ok(Json(faulty(&diagnostics)));
    }
    let canonical = query.to_string();
    let (plan, unknown) =
        state.read(move |engine| Ok((run.plan(engine, &query)?, run.unknown(engine, &query)?))).await?;
    diagnostics.extend(unknown);
    Ok(Json(Explanation { canonical: Some(canonical), diagnostics: notes(&diagnostics), plan: Some(plan) }))
}

fn faulty(diagnostics: &[Diagnostic]) -> Explanation {
    Explanation { canonical: None, diagnostics: notes(diagnostics), plan: None }
}

struct Explain {
    caller: Arc<Caller>,
    scope: Scope,
    zone: TimeZone,
    now_us: i64,
    /// What the caller's role leaves of the events.
    confined: Option<Lowered>,
}

impl Explain {
    fn lower(&self, query: &Query) -> Result<Lowered, Diagnostic> {
        let me = confine::me(&self.caller);
        lower(query, &LowerOptions { now_us: self.now_us, tz: &self.zone, me })
    }

    fn selection(&self, query: Option<Lowered>) -> Selection {
        let deadline = AppState::search_deadline();
        let query = confine::narrowed(query, self.confined.clone());
        Selection { scope: self.scope.clone(), query, range: TimeRange::ALL, deadline }
    }

    fn plan(&self, engine: &Engine, query: &Query) -> Result<Plan, ReadError> {
        let lowered = query.root.is_some().then(|| self.lower(query).ok()).flatten();
        let (from_us, to_us) = lowered.as_ref().map_or((i64::MIN, i64::MAX), Lowered::created_bounds);
        let whole = engine.count(&self.selection(lowered))?;
        let root = query.root.as_ref().map(|root| self.step(engine, root)).transpose()?;
        Ok(Plan {
            from: (from_us > i64::MIN).then(|| time_text(from_us)),
            to: (to_us < i64::MAX).then(|| time_text(to_us)),
            count: whole.count,
            exact: whole.exact,
            root,
        })
    }

    fn step(&self, engine: &Engine, node: &Node) -> Result<Step, ReadError> {
        let (kind, children): (_, &[Node]) = match node {
            Node::And { children, .. } => ("and", children),
            Node::Or { children, .. } => ("or", children),
            Node::Not { child, .. } => ("not", std::slice::from_ref(&**child)),
            Node::Text { .. } => ("text", &[]),
            Node::Term(_) | Node::Group { .. } => ("term", &[]),
        };
        let query = Query { root: Some(node.clone()) };
        let counted = engine.count(&self.selection(self.lower(&query).ok()))?;
        let parts = children.iter().map(|child| self.step(engine, child)).collect::<Result<_, _>>()?;
        Ok(Step { kind, query: query.to_string(), count: counted.count, exact: counted.exact, parts })
    }

    /// Warnings about actions that no event has, unless there are too many to be sure.
    fn unknown(&self, engine: &Engine, query: &Query) -> Result<Vec<Diagnostic>, ReadError> {
        let request = FacetRequest {
            selection: self.selection(None),
            field: "action".to_owned(),
            limit: ACTIONS_KNOWN_MAX,
            contains: None,
        };
        let known = engine.facets(&request)?;
        if known.distinct > known.values.len() as u64 || known.values.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = known.values.iter().map(|one| one.value.as_str()).collect();
        Ok(unknown_actions(query, &names))
    }
}
