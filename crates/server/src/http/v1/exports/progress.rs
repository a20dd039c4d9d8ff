//! `GET /v1/exports/{id}/progress`: how far an export has come, as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use tallystick_auth::Operation;
use tallystick_catalog::{Export, ExportId};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc, watch},
    time::MissedTickBehavior,
};
use tokio_stream::wrappers::ReceiverStream;

use super::{answer, reached};
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, params::Params, path::Id},
    state::AppState,
};

/// Time between two messages at least, so that a fast export does not flood.
const TELL_INTERVAL: Duration = Duration::from_millis(250);
/// Time between two heartbeats. At each of them the caller is checked again.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// Messages that wait for a slow connection.
const MESSAGES_WAITING_MAX: usize = 4;

/// Follow an export
///
/// Server-sent events: `progress` with the export, as `GET /v1/exports/{id}` has it, at once and whenever it has come
/// further; `heartbeat` every 15 seconds. It ends with the export: the last `progress` has its end.
#[utoipa::path(
    get,
    path = "/v1/exports/{id}/progress",
    tag = "exports",
    operation_id = "follow_export",
    params(("id" = String, Path, description = "`exp_` and 20 characters")),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 404, description = "There is none that the caller may see",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Too many streams are open",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["events:read"])),
)]
pub async fn follow(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<ExportId>,
    params: Params,
) -> Result<Response, ApiError> {
    params.end()?;
    let export = reached(&state, &caller, Operation::FollowExport, &id).await?;
    let place = state.tail_place()?;
    // First listen, then look.
    let changes = state.exports.live().subscribe();
    let (sender, receiver) = mpsc::channel(MESSAGES_WAITING_MAX);
    let follower = Follower { state, caller, export, sender };
    tokio::spawn(follower.run(changes, place));
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(ReceiverStream::new(receiver))).into_response())
}

struct Follower {
    state: Arc<AppState>,
    caller: Authenticated,
    export: Export,
    sender: mpsc::Sender<Result<Event, Infallible>>,
}

/// The reader is gone, or there is nothing more to tell.
struct Ended;

impl Follower {
    async fn run(self, mut changes: watch::Receiver<u64>, _place: OwnedSemaphorePermit) {
        let stopping = self.state.stopping().clone();
        let reader_gone = self.sender.clone();
        tokio::select! {
            Err(Ended) = self.follow(&mut changes) => {}
            () = stopping.cancelled() => {}
            () = reader_gone.closed() => {}
        }
    }

    async fn follow(&self, changes: &mut watch::Receiver<u64>) -> Result<Infallible, Ended> {
        let mut heartbeats = tokio::time::interval(HEARTBEAT_INTERVAL);
        heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        heartbeats.tick().await; // the first one is at once
        let mut told = String::new();
        loop {
            changes.mark_unchanged();
            self.tell(&mut told).await?;
            tokio::time::sleep(TELL_INTERVAL).await;
            tokio::select! {
                changed = changes.changed() => changed.map_err(|_| Ended)?,
                _ = heartbeats.tick() => self.heartbeat().await?,
            }
        }
    }

    /// Tells what is new, if anything is; the export's end is the last.
    async fn tell(&self, told: &mut String) -> Result<(), Ended> {
        let export = self.state.exports.get(&self.export.id).await.map_err(|_| Ended)?;
        let is_active = export.state.is_active();
        let answer = answer(&self.state, export).await.map_err(|_| Ended)?;
        let json = serde_json::to_string(&answer).map_err(|_| Ended)?;
        if json != *told {
            self.send(Event::default().event("progress").data(&json)).await?;
            *told = json;
        }
        if is_active { Ok(()) } else { Err(Ended) }
    }

    async fn heartbeat(&self) -> Result<(), Ended> {
        if !self.caller.still_may(&self.state, Operation::FollowExport, &self.export.org).await {
            return Err(Ended);
        }
        self.send(Event::default().event("heartbeat").data("{}")).await
    }

    async fn send(&self, event: Event) -> Result<(), Ended> {
        self.sender.send(Ok(event)).await.map_err(|_| Ended)
    }
}
