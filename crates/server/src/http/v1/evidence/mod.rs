//! `GET /v1/evidence`: events of one log with all that proves them, as one file for somebody who does not have to
//! believe us (docs/formats/evidence-pack.md).

mod pieces;

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::json;
use tallystick_auth::Operation;
use tallystick_delivery::{
    evidence::{Pack, What, times},
    limits::SELECTION_EVENTS_MAX,
};
use tallystick_engine::{
    Engine,
    proof::LogInfo,
    search::{Order, Scope, SearchRequest, Selection, TimeRange},
};
use tallystick_event::{OrgId, Unit};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use crate::{
    admin_events::{self, Act, EVIDENCE_EXPORTED},
    error::{ApiError, ErrorCode, Problem},
    http::{
        caller::Authenticated,
        params::{Params, invalid},
        selection::Common,
    },
    state::AppState,
};

/// How long the reader of a pack may take none of it before it is given up.
pub const PAUSE_MAX: Duration = Duration::from_mins(1);
/// Pieces of a pack that wait for a slow reader.
const PIECES_WAITING: usize = 4;
/// Events of one page of the search behind a selection.
const PAGE_EVENTS: usize = 1_000;

/// Get an evidence pack
///
/// Without `q`, `from` and `to` all events of the log, or those from `first_seq` up to `end_seq`; that none is missing
/// is proven too. With them the events that match, each proven by itself. `redact` leaves units out. The answer is a
/// tar file that `tallystick verify pack`, `tallystick-verify` and the verifier page check offline. A reader who takes
/// nothing of it for a minute is cut off.
#[utoipa::path(
    get,
    path = "/v1/evidence",
    tag = "proofs",
    operation_id = "get_evidence",
    params(
        ("org" = Option<String>, Query, description = "The organization; needed unless the key is bound to one"),
        ("q" = Option<String>, Query, description = "Only events that match"),
        ("from" = Option<String>, Query, description = "Only events that occurred at or after this time"),
        ("to" = Option<String>, Query, description = "Only events that occurred before this time"),
        ("tz" = Option<String>, Query, description = "Time zone of dates"),
        ("first_seq" = Option<u64>, Query, description = "First event of a range"),
        ("end_seq" = Option<u64>, Query, description = "The event behind the last of a range"),
        ("redact" = Option<String>, Query,
            description = "Units to leave out, separated by commas: actor, changes, context, event, metadata, targets"),
    ),
    responses(
        (status = 200, description = "The pack", body = Vec<u8>, content_type = "application/x-tar"),
        (status = 404, description = "Nothing is published yet, or nothing matches",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "As many packs are being made as there may be (`evidence_packs_max`)",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn evidence(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
) -> Result<Response, ApiError> {
    let first_seq = params.parse::<u64>("first_seq", "a seq")?;
    let end_seq = params.parse::<u64>("end_seq", "a seq")?;
    let redact = redacted(&params.text("redact")?.unwrap_or_default())?;
    let query = params.peek("q");
    let common = Common::take(&mut params, &state, &caller, Operation::ExportEvidence)?;
    params.end()?;
    let org = one_org(&common.selection.scope)?;
    let info = state.engine.proofs().log_of(&org)?;
    let place = state.pack_place()?;
    let is_selection = common.selection.query.is_some() || common.selection.range != TimeRange::ALL;
    if is_selection && (first_seq.is_some() || end_seq.is_some()) {
        return Err(invalid("first_seq", "a range of seqs cannot be combined with q, from and to"));
    }
    let what = if is_selection {
        let selection = common.selection;
        let base = info.base;
        let times = times(selection.range);
        let indexes = matching(&state, selection, base).await?;
        What::Selection { indexes, query: query.unwrap_or_default(), times }
    } else {
        range(&info, first_seq, end_seq)?
    };
    let name = state.engine.catalog().organization(&org).await?.name;
    let pack = Pack { org: org.clone(), name, log: info.log, base: info.base, what, redact };
    let prepared = state.read(move |engine| Ok(pack.prepare(engine))).await??;
    record(&state, &caller, &org, &prepared.description()).await;
    let file = format!("attachment; filename=\"{org}-{}.tallystick-pack.tar\"", prepared.name());
    let (pieces, body) = tokio::sync::mpsc::channel::<io::Result<Bytes>>(PIECES_WAITING);
    let (engine, is_whole) = (Arc::clone(&state.engine), Arc::new(AtomicBool::new(false)));
    let whole = Arc::clone(&is_whole);
    tokio::task::spawn_blocking(move || {
        whole.store(pieces::write(&prepared, &org, &engine, pieces.clone()), Ordering::Release);
        drop((pieces, place)); // the body ends with its last sender, so after it is known whether it is whole
    });
    // A pack that was given up must not look like one that has ended: the connection is cut behind its last piece.
    let cut = tokio_stream::once(()).filter_map(move |()| {
        (!is_whole.load(Ordering::Acquire)).then(|| Err(io::ErrorKind::TimedOut.into()))
    });
    let body = Body::from_stream(ReceiverStream::new(body).chain(cut));
    let headers =
        [(header::CONTENT_TYPE, "application/x-tar".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, body).into_response())
}

fn one_org(scope: &Scope) -> Result<OrgId, ApiError> {
    match scope {
        Scope::Orgs(orgs) if orgs.len() == 1 => Ok(orgs[0].clone()),
        _ => Err(ApiError::new(
            ErrorCode::OrgRequired,
            "a pack is of one log, so the call has to name one organization: org=<id>",
        )),
    }
}

fn redacted(text: &str) -> Result<Vec<&'static str>, ApiError> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let unit = |name: &str| {
        let unit = Unit::from_name(name).map(Unit::name);
        unit.ok_or_else(|| {
            let known = Unit::ALL.map(Unit::name).join(", ");
            invalid("redact", &format!("there is no unit \"{name}\"; there are {known}"))
        })
    };
    names.map(unit).collect()
}

/// The range of leaves, of the seqs asked for.
fn range(info: &LogInfo, first_seq: Option<u64>, end_seq: Option<u64>) -> Result<What, ApiError> {
    let published = info.published.map_or(0, |published| published.size);
    let first = first_seq.unwrap_or(info.base);
    let end = end_seq.unwrap_or(info.base + published);
    if first < info.base {
        let why =
            format!("the present log begins with seq {}; what is before stands in a closed log", info.base);
        return Err(invalid("first_seq", &why));
    }
    if first >= end {
        return Err(ApiError::new(
            ErrorCode::NotPublished,
            format!("there is no event from seq {first} up to {end}"),
        ));
    }
    Ok(What::Range { from: first - info.base, to: end - info.base })
}

/// The leaves of all events that match, ascending. Page by page, each in its turn among the searches.
async fn matching(state: &Arc<AppState>, selection: Selection, base: u64) -> Result<Vec<u64>, ApiError> {
    let mut indexes = Vec::new();
    let mut cursor = None;
    loop {
        let request = SearchRequest {
            scope: selection.scope.clone(),
            query: selection.query.clone(),
            range: selection.range,
            before_seq: u64::MAX,
            order: Order::OldestFirst,
            limit: PAGE_EVENTS,
            deadline: AppState::search_deadline(),
            cursor,
        };
        let search = move |engine: &Engine| engine.search(&request);
        let page =
            if indexes.is_empty() { state.read(search).await? } else { state.read_in_turn(search).await? };
        indexes.extend(page.events.iter().filter_map(|event| event.meta.seq.checked_sub(base)));
        if indexes.len() > SELECTION_EVENTS_MAX {
            let why =
                format!("more than {SELECTION_EVENTS_MAX} events match; narrow it, or take a range of seqs");
            return Err(invalid("q", &why));
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if indexes.is_empty() {
        return Err(ApiError::new(
            ErrorCode::EventNotFound,
            "no event matches, so there is nothing to prove",
        ));
    }
    indexes.sort_unstable();
    indexes.dedup();
    Ok(indexes)
}

/// That evidence left is itself worth recording.
async fn record(state: &Arc<AppState>, caller: &Authenticated, org: &OrgId, description: &str) {
    let act = Act {
        action: EVIDENCE_EXPORTED,
        org: Some(org.clone()),
        target_type: "audit_export",
        target_id: "evidence".to_owned(),
        target_name: description.to_owned(),
        changes: Vec::new(),
        metadata: json!({ "format": "evidence", "what": description }),
    };
    admin_events::record(state, caller, act).await;
}
