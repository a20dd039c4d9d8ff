//! A stream as the API shows it. Of secrets there is only that they are there.

use serde::Serialize;
use serde_json::{Map, Value};
use tallystick_catalog::{Stream, StreamCursor, StreamFault};
use tallystick_delivery::streams::{Lag, Mask, batch_id};
use tallystick_event::format_ms;
use utoipa::ToSchema;

use super::body::StreamMask;
use crate::{error::ApiError, state::AppState};

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
    /// Its place in each log.
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

impl StreamAnswer {
    /// A stream as it is now.
    pub(super) async fn of(state: &AppState, stream: &Stream) -> Result<Self, ApiError> {
        let cursors = state.engine.catalog().stream_cursors(&stream.id).await?;
        todo!()
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
