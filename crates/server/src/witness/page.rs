//! `GET /`: what this is, for people.

use std::{fmt::Write as _, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use tallystick_witness::State as Known;

use super::{Service, internal};

/// Name, key and logs as plain text.
pub(super) async fn page(State(service): State<Arc<Service>>) -> Response {
    match service.work(tallystick_witness::Witness::state).await {
        Ok(Ok(known)) => text(&known).into_response(),
        Ok(Err(error)) => {
            tracing::error!(%error, "the witness cannot show itself");
            internal()
        }
        Err(response) => response,
    }
}

fn text(known: &Known) -> String {
    let mut text = format!(
        "{}\n\nA witness of transparency logs (C2SP tlog-witness). It cosigns checkpoints at /add-checkpoint.\n\
         Its key:\n\n  {}\n\nLogs:\n\n",
        known.key.name(),
        known.key
    );
    for log in &known.logs {
        let size = log.size.map_or_else(|| "nothing yet".to_owned(), |size| format!("size {size}"));
        let hash = hex::encode(log.origin_hash);
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {}  {size}\n    /{hash}/checkpoint", log.key.name());
    }
    if known.logs.is_empty() {
        text.push_str("  none\n");
    }
    text
}
