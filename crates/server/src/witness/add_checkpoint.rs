//! `POST /add-checkpoint`: a log asks for a cosignature.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tallystick_merkle::{NoteSignature, limits::WITNESS_REQUEST_BYTES_MAX};
use tallystick_witness::Refusal;

use super::{Service, internal};

/// Time for a whole body to arrive.
const BODY_TIME_MAX: Duration = Duration::from_secs(15);
/// The body of the answer 409: a size and a line feed.
const SIZE_TYPE: &str = "text/x.tlog.size";

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let refusal = match self.0 {
            Ok(signatures) => {
                let lines: Vec<String> = signatures.iter().map(NoteSignature::to_string).collect();
                return format!("{}\n", lines.join("\n")).into_response();
            }
            Err(refusal) => refusal,
        };
        let status = match &refusal {
            Refusal::Malformed(_) | Refusal::TooLong(_) | Refusal::Order { .. } => StatusCode::BAD_REQUEST,
            Refusal::UnknownLog => StatusCode::NOT_FOUND,
            Refusal::Signature(_) => StatusCode::FORBIDDEN,
            Refusal::Inconsistent(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Stale { latest } => {
                let head = [(header::CONTENT_TYPE, SIZE_TYPE)];
                return (StatusCode::CONFLICT, head, format!("{latest}\n")).into_response();
            }
            Refusal::State(error) => {
                tracing::error!(%error, "a checkpoint was not cosigned");
                return internal();
            }
        };
        (status, format!("{refusal}\n")).into_response()
    }
}

struct Answer(Result<Vec<NoteSignature>, Refusal>);

/// Compares with what was cosigned last, stores, signs.
pub(super) async fn add_checkpoint(State(service): State<Arc<Service>>, body: Body) -> Response {
    let bad = |message: &'static str| (StatusCode::BAD_REQUEST, message).into_response();
    let read = tokio::time::timeout(BODY_TIME_MAX, to_bytes(body, WITNESS_REQUEST_BYTES_MAX));
    let body = match read.await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return bad("the body is over the limit, or ended early\n"),
        Err(_) => return bad("the body did not arrive in time\n"),
    };
    let now = service.now();
    match service.work(move |witness| witness.add_checkpoint(&body, now)).await {
        Ok(result) => Answer(result).into_response(),
        Err(response) => response,
    }
}
