//! `GET /v1/events`: finds events.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_engine::{
    ReadError,
    search::{Cursor, Order, Page, SearchRequest},
};
use tallystick_query::Diagnostic;

use crate::{
    error::{ApiError, Problem},
    http::{
        caller::Authenticated,
        params::Params,
        schema::{EventPage, notes, time_text},
        selection::{Common, ReadParams},
        shown::Shown,
    },
    reads,
    state::AppState,
};

/// Events on a page if the call does not say.
pub const PAGE_EVENTS_DEFAULT: usize = 50;
/// Events on a page at most.
pub const PAGE_EVENTS_MAX: usize = 1_000;

/// Find events
///
/// Newest first, or oldest first. Pages are joined by `next_cursor`, which stays valid while events arrive: no event
/// is skipped or shown twice. When a search takes too long the answer has what was found and says how far it got.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    operation_id = "search_events",
    params(
        ReadParams,
        ("order" = Option<String>, Query, description = "`desc` (default): newest first; `asc`: oldest first"),
        ("limit" = Option<u32>, Query, description = "Events on the page, 1 to 1,000; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("sentence" = Option<bool>, Query, description = "`true`: each event with the sentence that it reads as"),
    ),
    responses(
        (status = 200, description = "A page of events", body = EventPage),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn search(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Response, ApiError> {
    let started = Instant::now();
    let common = Common::take(&mut params, &state, &caller, Operation::ReadEvents)?;
    let order = order(&mut params)?;
    let limit = params.number("limit", PAGE_EVENTS_DEFAULT, PAGE_EVENTS_MAX)?;
    let cursor = params.text("cursor")?.map(|text| Cursor::decode(&text, order)).transpose()?;
    let with_sentence = params.switch("sentence")?;
    params.end()?;
    let Common { selection, warnings, text, times, .. } = common;
    let search = reads::Search { scope: selection.scope.clone(), range: selection.range, text, times };
    let request = SearchRequest {
        scope: selection.scope,
        query: selection.query,
        range: selection.range,
        before_seq: u64::MAX,
        order,
        limit,
        cursor,
        deadline: selection.deadline,
    };
    let shown = Shown::to(&caller.caller);
    let found = state
        .read(move |engine| render(&engine.search(&request)?, (shown, with_sentence), &warnings, started));
    // Each page, the first or not: a cursor says nothing of the search that it is from.
    let (body, ()) = tokio::join!(found, reads::searched(&state, &caller, &search));
    let body = body?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn order(params: &mut Params) -> Result<Order, ApiError> {
    match params.text("order")?.as_deref() {
        None | Some("desc") => Ok(Order::NewestFirst),
        Some("asc") => Ok(Order::OldestFirst),
        Some(other) => {
            Err(crate::http::params::invalid("order", &format!("\"{other}\" is neither desc nor asc")))
        }
    }
}

/// The events are spliced in as they are stored; only the frame around them is made here.
fn render(
    page: &Page,
    (shown, with_sentence): (Shown, bool),
    warnings: &[Diagnostic],
    started: Instant,
) -> Result<Vec<u8>, ReadError> {
    let mut out = Vec::with_capacity(256 + page.events.len() * 1_024);
    out.extend_from_slice(b"{\"events\":[");
    for (index, event) in page.events.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        shown.render(event, with_sentence, &mut out)?;
    }
    let rest = json!({
        "next_cursor": page.next.as_ref().map(Cursor::encode),
        "searched_until": page.searched_until_us.map(time_text),
        "took_ms": started.elapsed().as_millis() as u64,
        "warnings": notes(warnings),
    });
    out.extend_from_slice(b"],");
    out.extend_from_slice(&rest.to_string().as_bytes()[1..]);
    Ok(out)
}
