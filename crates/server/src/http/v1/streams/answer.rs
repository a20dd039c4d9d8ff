//! A stream as the API shows it. Of secrets there is only that they are there.

use serde::Serialize;
use serde_json::{Map, Value};
use tallystick_catalog::StreamFault;
use tallystick_delivery::streams::{CursorView, StreamView};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::body::StreamMask;
use crate::streams::shown;

/// Logs whose places an answer has. A stream of all organizations may have more.
const CURSORS_SHOWN_MAX: usize = 1_000;

/// A stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamAnswer {
    /// `stream`.
    object: &'static str,
    /// `stream_` and a UUID.
    id: String,
    /// Whose events; null: those of every organization.
    organization_id: Option<String>,
    /// For people.
    name: String,
    /// The kind of its destination, as in `GET /v1/stream_kinds`.
    kind: String,
    /// `active`, `error` (it fails and is tried again), `invalid` (somebody has to mend it), `inactive` (the other side
    /// wants nothing any more) or `paused`.
    state: &'static str,
    /// Settings of the destination. Of each secret that there is it has `true`.
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    /// How an event is written.
    #[schema(example = "native")]
    format: String,
    /// Which events, in the query language; empty: all.
    query: String,
    /// What of them is hidden.
    mask: StreamMask,
    /// RFC 3339.
    created_at: String,
    /// Who made it.
    created_by: StreamAuthor,
    /// When it was changed last, RFC 3339.
    updated_at: String,
    /// How it gets on.
    health: StreamHealthAnswer,
    /// Its place in each log; of more than 1,000 those that have the most to do.
    cursors: Vec<StreamCursorAnswer>,
}

/// Who made a stream.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamAuthor {
    /// Id of a person or a key, or `root`.
    id: String,
    /// Their name at that time.
    name: String,
}

/// How a stream gets on.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamHealthAnswer {
    /// When something arrived last, RFC 3339; null: never.
    last_ok_at: Option<String>,
    /// What went wrong last, also when all is well again; null: nothing ever.
    last_error: Option<StreamErrorAnswer>,
    /// Attempts that failed since something arrived.
    consecutive_failures: u64,
    /// It is left alone until then, RFC 3339; null: it is not waiting.
    next_attempt_at: Option<String>,
    /// Events of its logs that it has not come to yet, those that its query leaves out among them.
    lag_events: u64,
    /// Age of the oldest of them since it was taken in, seconds.
    lag_seconds: u64,
    /// Events that have arrived.
    delivered_total: u64,
    /// Events that were refused for good.
    rejected_total: u64,
    /// Dead letters that have not arrived by another attempt since.
    dead_letters: u64,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamErrorAnswer {
    /// For programs, such as `retry`, `misconfigured`, `gone`, `dead_letters_full`.
    code: String,
    /// The status of HTTP, or the code of the protocol; null: there was no answer.
    status: Option<u16>,
    /// What the other side said, or why there was no answer.
    message: String,
    /// RFC 3339.
    at: String,
}

/// The place of a stream in one log.
#[derive(Debug, Serialize, ToSchema)]
pub struct StreamCursorAnswer {
    /// Whose log.
    organization_id: String,
    /// The event that comes next.
    next_seq: u64,
    /// How many events the log has.
    log_size: u64,
    /// The batch that may be on its way; null: none.
    in_flight: Option<InFlight>,
}

/// A batch that may be on its way.
#[derive(Debug, Serialize, ToSchema)]
pub struct InFlight {
    /// Its first event.
    first_seq: u64,
    /// Its last event.
    last_seq: u64,
    /// The same on every attempt.
    batch_id: String,
}

impl From<StreamView> for StreamAnswer {
    fn from(view: StreamView) -> Self {
        let stream = view.stream;
        let health = &stream.health;
        Self {
            object: "stream",
            id: stream.id.to_string(),
            organization_id: stream.org.as_ref().map(ToString::to_string),
            state: stream.state.as_str(),
            settings: shown(&stream),
            mask: view.mask.into(),
            created_at: format_ms(stream.created_ms),
            updated_at: format_ms(stream.updated_ms),
            health: StreamHealthAnswer {
                last_ok_at: health.last_ok_ms.map(format_ms),
                last_error: health.last_error.as_ref().map(StreamErrorAnswer::from),
                consecutive_failures: health.failures,
                next_attempt_at: health.next_attempt_ms.map(format_ms),
                lag_events: view.lag_events,
                lag_seconds: view.lag_seconds,
                delivered_total: health.delivered,
                rejected_total: health.rejected,
                dead_letters: health.dead_letters,
            },
            cursors: furthest_behind(view.cursors).into_iter().map(StreamCursorAnswer::from).collect(),
            name: stream.name,
            kind: stream.kind,
            format: stream.format,
            query: stream.query,
            created_by: StreamAuthor { id: stream.created_by, name: stream.created_by_name },
        }
    }
}

/// As many as an answer has: all, or those that have the most to do.
fn furthest_behind(mut cursors: Vec<CursorView>) -> Vec<CursorView> {
    if cursors.len() > CURSORS_SHOWN_MAX {
        cursors.sort_by_key(|cursor| std::cmp::Reverse(cursor.log_size.saturating_sub(cursor.next_seq)));
        cursors.truncate(CURSORS_SHOWN_MAX);
    }
    cursors
}

impl From<CursorView> for StreamCursorAnswer {
    fn from(cursor: CursorView) -> Self {
        Self {
            organization_id: cursor.org.to_string(),
            next_seq: cursor.next_seq,
            log_size: cursor.log_size,
            in_flight: cursor.in_flight.map(|range| InFlight {
                first_seq: range.first_seq,
                last_seq: range.last_seq,
                batch_id: range.batch_id.to_string(),
            }),
        }
    }
}

impl From<&StreamFault> for StreamErrorAnswer {
    fn from(fault: &StreamFault) -> Self {
        Self {
            code: fault.code.clone(),
            status: fault.status,
            message: fault.detail.clone(),
            at: format_ms(fault.at_ms),
        }
    }
}
