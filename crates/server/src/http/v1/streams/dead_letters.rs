//! `GET /v1/streams/{id}/dead_letters`: events that the destination has refused for good.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{Json, extract::State};
use serde::Serialize;
use tallystick_auth::Operation;
use tallystick_catalog::{DeadLetter, DeadLetterId, StreamId};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::reached;
use crate::{
    error::{ApiError, Problem},
    http::{caller::Authenticated, page::Page, params::Params, path::Id},
    state::AppState,
};

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterList {
    /// `list`.
    object: &'static str,
    /// The newest first.
    data: Vec<DeadLetterAnswer>,
    /// Give it back as `cursor` to go on; null at the end.
    next_cursor: Option<String>,
}

/// An event that the destination has refused for good, or that could not be rendered for it.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterAnswer {
    /// `dead_letter`.
    object: &'static str,
    /// `dl_` and 20 characters.
    id: String,
    /// Whose event.
    organization_id: String,
    /// Its place in the log.
    seq: u64,
    /// The event, as in `GET /v1/events/{id}`.
    event_id: String,
    /// Why, such as `refused`, `too_large`, `unrenderable`.
    reason: String,
    /// The status of HTTP, or the code of the protocol; null: there was no answer, or it was not sent.
    status: Option<u16>,
    /// What the other side said of it.
    excerpt: String,
    /// When it was refused last, RFC 3339.
    at: String,
    /// Since when it waits to be sent again, RFC 3339; null: it does not.
    replay_asked_at: Option<String>,
    /// When it arrived all the same, RFC 3339; null: not yet.
    replayed_at: Option<String>,
}

impl From<&DeadLetter> for DeadLetterAnswer {
    fn from(dead: &DeadLetter) -> Self {
        let letter = &dead.letter;
        Self {
            object: "dead_letter",
            id: dead.id.to_string(),
            organization_id: dead.org.to_string(),
            seq: letter.seq,
            event_id: letter.event_id.clone(),
            reason: letter.reason.clone(),
            status: letter.status,
            excerpt: letter.excerpt.clone(),
            at: format_ms(dead.at_ms),
            replay_asked_at: dead.replay_ms.map(format_ms),
            replayed_at: dead.replayed_ms.map(format_ms),
        }
    }
}

/// List dead letters of a stream
///
/// The events themselves stay in the log.
#[utoipa::path(
    get,
    path = "/v1/streams/{id}/dead_letters",
    tag = "streams",
    operation_id = "list_dead_letters",
    params(
        ("id" = String, Path, description = "`stream_` and a UUID"),
        ("limit" = Option<u32>, Query, description = "Entries on the page, 1 to 1,000; 100 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of dead letters", body = DeadLetterList),
        (status = 404, description = "There is none that the caller may manage",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = []), ("api_key" = ["streams:write"])),
)]
pub async fn dead_letters(
    State(state): State<Arc<AppState>>,
    caller: Authenticated,
    Id(id): Id<StreamId>,
    mut params: Params,
) -> Result<Json<DeadLetterList>, ApiError> {
    let page = Page::<Place>::take(&mut params)?;
    params.end()?;
    reached(&state, &caller, Operation::ListDeadLetters, &id).await?;
    let after = page.after().map(|Place(ms, id)| (*ms, id));
    let found = state.engine.catalog().dead_letters(&id, after, page.limit()).await?;
    let places: Vec<Place> = found.iter().map(|one| Place(one.at_ms, one.id.clone())).collect();
    let next_cursor = page.next_cursor(&places, |place| place);
    let data = found.iter().map(DeadLetterAnswer::from).collect();
    Ok(Json(DeadLetterList { object: "list", data, next_cursor }))
}

/// Place in the list: when it was refused, and the id.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place(i64, DeadLetterId);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (ms, id) = text.split_once('.').ok_or(())?;
        Ok(Self(ms.parse().map_err(drop)?, id.parse().map_err(drop)?))
    }
}
