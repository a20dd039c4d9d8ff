//! `POST /v1/query/parse`: what the language makes of a text. It looks at no event, so any accepted caller may ask.

use std::sync::Arc;

use axum::{Json, extract::State};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use tallystick_auth::Operation;
use tallystick_query::{LowerOptions, complete, lower, parse as parse_query, tokens, zone};
use utoipa::ToSchema;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        json::{Body, Members},
        params::{Params, invalid},
        schema::{QueryNote, notes},
    },
    state::AppState,
};

/// A text to look at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryText {
    /// The text.
    #[schema(example = "actor:ana outc")]
    q: String,
    /// Where completions are wanted, in UTF-16 code units; the end if left out.
    #[serde(default)]
    caret: Option<u32>,
    /// Time zone of dates, for example `Europe/Madrid`; UTC if left out.
    #[serde(default)]
    tz: Option<String>,
}

impl Members for QueryText {
    const MEMBERS: &'static [&'static str] = &["q", "caret", "tz"];
}

/// A word of the text. What lies between two of them is space.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryToken {
    /// `field` (with its colon), `value`, `string`, `text`, `operator`, `comma` or `paren`.
    #[schema(value_type = String)]
    kind: tallystick_query::TokenKind,
    /// Its place: from, to, in UTF-16 code units.
    #[schema(value_type = Vec<u32>)]
    span: tallystick_query::Span,
}

/// Something that may be put in.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueryCompletion {
    /// `field`, `value` or `time`.
    kind: &'static str,
    /// The place that it takes: from, to.
    #[schema(value_type = Vec<u32>)]
    replace: tallystick_query::Span,
    /// What is put there.
    insert: String,
    /// The other name of a field by which it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'static str>,
}

/// What the language makes of a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParsedQuery {
    /// The query in its one canonical form; null if it has errors.
    canonical: Option<String>,
    /// The words of the text.
    tokens: Vec<QueryToken>,
    /// Errors and warnings.
    diagnostics: Vec<QueryNote>,
    /// What the language offers at the caret: fields and words of closed lists. Values that events have are found by
    /// `GET /v1/facets`.
    completions: Vec<QueryCompletion>,
}

/// Parse a query
///
/// For editors: the canonical form, the words with their places, what is wrong, and what may come next. Answers 200
/// also for a query with errors: they are what was asked for.
#[utoipa::path(
    post,
    path = "/v1/query/parse",
    tag = "events",
    operation_id = "parse_query",
    request_body = QueryText,
    responses(
        (status = 200, description = "What it is", body = ParsedQuery),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = [])),
)]
pub async fn parse(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    params: Params,
    request: axum::extract::Request,
) -> Result<Json<ParsedQuery>, ApiError> {
    let _reach = caller.may(Operation::ParseQuery, None)?;
    params.end()?;
    let Body(text) = Body::<QueryText>::read(request, &state).await?;
    let tz = match &text.tz {
        None => TimeZone::UTC,
        Some(name) => zone(name).map_err(|error| invalid("tz", &error.to_string()))?,
    };
    let now_us = state.clock.now_ms() * 1_000;
    let answer = state.compute(move |_| look(&text.q, text.caret, &tz, now_us)).await?;
    Ok(Json(answer))
}

fn look(text: &str, caret: Option<u32>, tz: &TimeZone, now_us: i64) -> ParsedQuery {
    let parsed = parse_query(text);
    let mut diagnostics = parsed.diagnostics;
    // Some errors show only when times and types are resolved.
    let query = parsed.query.filter(|query| {
        let lowered = lower(query, &LowerOptions { now_us, tz, me: None });
        match (query.root.is_some(), lowered) {
            (true, Err(error)) => {
                diagnostics.push(error);
                false
            }
            _ => true,
        }
    });
    let caret = caret.unwrap_or(u32::MAX).min(text.encode_utf16().count() as u32);
    let tokens = tokens(text).into_iter().map(|token| QueryToken { kind: token.kind, span: token.span });
    let completions = complete(text, caret).into_iter().map(|one| QueryCompletion {
        kind: one.kind,
        replace: one.replace,
        insert: one.insert,
        alias: one.alias,
    });
    ParsedQuery {
        canonical: query.map(|query| query.to_string()),
        tokens: tokens.collect(),
        diagnostics: notes(&diagnostics),
        completions: completions.collect(),
    }
}
