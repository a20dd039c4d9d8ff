//! `GET /v1/tail`: new events of one log as they arrive, as server-sent events.
//!
//! The log itself is what is followed, by seq; the live bus only says when to look. So a reader that comes back
//! with the last seq it saw misses nothing, and a slow one costs no memory.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use serde_json::json;
use tallystick_auth::{Feature, Operation};
use tallystick_engine::{Engine, LIVE_LAG_EVENTS_MAX, LiveReader, ReadError, facts, search::Scope};
use tallystick_event::OrgId;
use tallystick_query::{Lowered, matches, parse};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{Interval, MissedTickBehavior},
};
use tokio_stream::wrappers::ReceiverStream;

use crate::{
    error::{ApiError, Problem, convert::invalid_query},
    http::{
        caller::Authenticated,
        confine,
        params::{Params, invalid},
        selection::{lowered, take_zone},
        shown::Shown,
    },
    reads,
    state::AppState,
    telemetry::{Metrics, OpenTail},
};

/// Time between two heartbeats. At each of them the key is checked again.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// Events read from the log at once.
const READ_EVENTS_MAX: usize = 256;
/// Messages that wait for a slow connection; beyond that the log is not read on.
const MESSAGES_WAITING_MAX: usize = 64;
const LAST_EVENT_ID: &str = "last-event-id";

/// Follow a log
///
/// Server-sent events: `event` with an event of the log that matches, `id` being its seq; `heartbeat` every 15
/// seconds with the last seq that was looked at; `gap` with `from_seq`, `to_seq` and `count` when the reader was too
/// slow and events were left out, which a search finds. It begins now; with `Last-Event-ID`, or `after`, it begins
/// after that seq, however long ago that was, and leaves nothing out.
#[utoipa::path(
    get,
    path = "/v1/tail",
    tag = "events",
    operation_id = "tail_events",
    params(
        ("org" = Option<String>, Query, description = "Whose log; required unless the key is bound to one"),
        ("q" = Option<String>, Query, description = "Only events that match this query"),
        ("tz" = Option<String>, Query, description = "Time zone of dates in the query; UTC by default"),
        ("after" = Option<u64>, Query, description = "Begin after this seq"),
        ("sentence" = Option<bool>, Query, description = "`true`: each event with the sentence that it reads as"),
        ("Last-Event-ID" = Option<u64>, Header, description = "The same, as browsers send it after a break"),
    ),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = "4XX", description = "The request is not valid",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many tails are open",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["events:read"])),
)]
pub async fn tail(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    mut params: Params,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let org = caller.one_org(Operation::TailEvents, &mut params)?;
    let zone = take_zone(&mut params)?;
    let text = params.text("q")?.unwrap_or_default();
    if !text.is_empty() {
        caller.needs(Operation::TailEvents, Feature::Search)?;
    }
    let (query, _) = parse(&text).into_result().map_err(|errors| invalid_query("q", &errors))?;
    let shown = Shown::to(&caller.caller);
    shown.check_query(&caller, Operation::TailEvents, &query)?;
    let now_us = state.clock.now_ms() * 1_000;
    let scope = Scope::Orgs(vec![org.clone()]);
    let filter = confine::narrowed(
        lowered(&query, now_us, &zone, confine::me(&caller.caller))?,
        confine::of(&caller.caller, &scope, now_us)?,
    );
    let after = after(&mut params, &headers)?;
    let with_sentence = params.switch("sentence")?;
    params.end()?;
    let place = state.tail_place()?;
    // First listen, then look: what arrives in between is seen twice rather than never.
    let live = state.engine.subscribe();
    let whose = org.clone();
    let size = state.read(move |engine| engine.log_size(&whose)).await?;
    let next = match after {
        None => size,
        Some(seq) if seq < size => seq + 1,
        Some(seq) => {
            let name = "after";
            return Err(invalid(
                name,
                &format!("the log of {org} has only {size} events, so there is no seq {seq}"),
            ));
        }
    };
    reads::tailed(&state, &caller, &org, &text).await;
    let (sender, receiver) = mpsc::channel(MESSAGES_WAITING_MAX);
    let follower = Follower {
        state: Arc::clone(&state),
        caller,
        org,
        filter: filter.map(Arc::new),
        shown,
        with_sentence,
        next,
        sender,
    };
    let counted = Metrics::tail_opened(&state);
    tokio::spawn(follower.run(live, after.is_some(), place, counted));
    // A proxy in front must not collect the stream before passing it on.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(ReceiverStream::new(receiver))).into_response())
}

fn after(params: &mut Params, headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let expected = "the seq of an event";
    let parameter = params.parse::<u64>("after", expected)?;
    let Some(header) = headers.get(LAST_EVENT_ID).filter(|value| !value.is_empty()) else {
        return Ok(parameter);
    };
    // A browser that reconnects repeats the address and adds the header: the header is newer.
    let seq = header.to_str().ok().and_then(|text| text.parse().ok());
    seq.map(Some).ok_or_else(|| invalid("Last-Event-ID", &format!("it is not {expected}")))
}

type Message = Result<Event, Infallible>;

/// The reader is gone, or the tail has to end.
struct Ended;

/// One live tail.
struct Follower {
    state: Arc<AppState>,
    caller: Authenticated,
    org: OrgId,
    filter: Option<Arc<Lowered>>,
    shown: Shown,
    with_sentence: bool,
    /// The seq that is looked at next.
    next: u64,
    sender: mpsc::Sender<Message>,
}

impl Follower {
    async fn run(
        mut self,
        mut live: LiveReader,
        resumes: bool,
        _place: OwnedSemaphorePermit,
        _counted: OpenTail,
    ) {
        let mut heartbeats = tokio::time::interval(HEARTBEAT_INTERVAL);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeats.tick().await; // the first one is at once
        let stopping = self.state.stopping().clone();
        let reader_gone = self.sender.clone();
        tokio::select! {
            Err(Ended) = self.follow(&mut live, &mut heartbeats, resumes) => {}
            () = stopping.cancelled() => {}
            () = reader_gone.closed() => {}
        }
    }

    /// Goes on until the tail has to end.
    async fn follow(
        &mut self,
        live: &mut LiveReader,
        heartbeats: &mut Interval,
        resumes: bool,
    ) -> Result<Infallible, Ended> {
        // Somebody who comes back gets everything since; only who falls behind while listening gets a gap.
        let mut skips = !resumes;
        loop {
            self.catch_up(heartbeats, skips).await?;
            skips = true;
            self.wait(live, heartbeats).await?;
        }
    }

    /// Sends everything up to the end of the log.
    async fn catch_up(&mut self, heartbeats: &mut Interval, skips: bool) -> Result<(), Ended> {
        loop {
            if skips {
                self.skip_if_behind().await?;
            }
            let page = self.page().await?;
            let is_last = page.looked_at < READ_EVENTS_MAX as u64;
            // A page of somebody else's shows them: it goes on for no moment longer than it may.
            if self.caller.caller.viewer().is_some() && !page.matching.is_empty() {
                self.require_still().await?;
            }
            for (seq, json) in page.matching {
                let event = Event::default().id(seq.to_string()).event("event").data(json);
                self.send(event).await?;
            }
            self.next += page.looked_at;
            if is_last {
                return Ok(());
            }
            // A long way through a log in which little matches must not look like a dead connection.
            if futures::FutureExt::now_or_never(heartbeats.tick()).is_some() {
                self.heartbeat().await?;
            }
        }
    }

    /// Waits until the log may have grown.
    async fn wait(&mut self, live: &mut LiveReader, heartbeats: &mut Interval) -> Result<(), Ended> {
        loop {
            tokio::select! {
                grown = live.grown(&self.org) => return if grown { Ok(()) } else { Err(Ended) },
                _ = heartbeats.tick() => self.heartbeat().await?,
            }
        }
    }

    async fn skip_if_behind(&mut self) -> Result<(), Ended> {
        let org = self.org.clone();
        let size = self.read(move |engine| engine.log_size(&org)).await?;
        let behind = size.saturating_sub(self.next);
        if behind <= LIVE_LAG_EVENTS_MAX {
            return Ok(());
        }
        self.state.metrics.tail_gap();
        let gap = json!({ "from_seq": self.next, "to_seq": size - 1, "count": behind });
        self.next = size;
        let event = Event::default().id((size - 1).to_string()).event("gap").data(gap.to_string());
        self.send(event).await
    }

    async fn page(&self) -> Result<LogPage, Ended> {
        let (org, next, filter) = (self.org.clone(), self.next, self.filter.clone());
        let shown = (self.shown, self.with_sentence);
        self.read(move |engine| LogPage::read(engine, &org, next, filter.as_deref(), shown)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Engine) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, Ended> {
        match self.state.read_in_turn(f).await {
            Ok(value) => Ok(value),
            Err(error) => {
                tracing::warn!(org = %self.org, ?error, "a live tail ends because of an error");
                let _ = self.send(Event::default().comment("the log cannot be read at present")).await;
                Err(Ended)
            }
        }
    }

    async fn require_still(&self) -> Result<(), Ended> {
        if self.caller.still_may(&self.state, Operation::TailEvents, &self.org).await {
            return Ok(());
        }
        let why = "the API key, the session or the viewer token is no longer good for this";
        let _ = self.send(Event::default().comment(why)).await;
        Err(Ended)
    }

    async fn heartbeat(&self) -> Result<(), Ended> {
        self.require_still().await?;
        let seen = self.next.checked_sub(1);
        let mut event = Event::default().event("heartbeat").data(json!({ "seq": seen }).to_string());
        if let Some(seq) = seen {
            event = event.id(seq.to_string());
        }
        self.send(event).await
    }

    async fn send(&self, event: Event) -> Result<(), Ended> {
        self.sender.send(Ok(event)).await.map_err(|_| Ended)
    }
}

/// What was found in one piece of a log.
struct LogPage {
    looked_at: u64,
    matching: Vec<(u64, String)>,
}

impl LogPage {
    fn read(
        engine: &Engine,
        org: &OrgId,
        next: u64,
        filter: Option<&Lowered>,
        (shown, with_sentence): (Shown, bool),
    ) -> Result<Self, ReadError> {
        let events = engine.read_log(org, next, READ_EVENTS_MAX)?;
        let looked_at = events.len() as u64;
        let mut matching = Vec::new();
        for event in &events {
            let is_wanted = match filter {
                None => true,
                Some(filter) => matches(filter, &facts::of(&event.meta, &event.units)?),
            };
            if is_wanted {
                let mut json = Vec::new();
                shown.render(event, with_sentence, &mut json)?;
                let json = String::from_utf8(json)
                    .map_err(|error| ReadError::Corrupt(format!("event {}: {error}", event.meta.id)))?;
                matching.push((event.meta.seq, json));
            }
        }
        Ok(Self { looked_at, matching })
    }
}
