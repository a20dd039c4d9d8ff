//! What the streams in `tallystick-delivery` ask of the server: that what becomes of them is recorded and counted, and
//! that secrets at rest are sealed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use serde_json::json;
use tallystick_auth::Auth;
use tallystick_catalog::{Stream, StreamState, TriedBatch};
use tallystick_delivery::streams::{Happening, Host, Seals};

use super::act;
use crate::{
    admin_events::{self, Act, Who},
    state::AppState,
};

/// How long a wait goes on before the clock is looked at again: it may have been set.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// The server, as the streams see it.
pub struct StreamHost(pub Arc<AppState>);

#[async_trait]
impl Host for StreamHost {
    async fn happened(&self, stream: &Stream, happening: &Happening) {
        let failure = match happening {
            Happening::Degraded { fault, .. } => Some(fault.code.as_str()),
            Happening::LogUnreadable { .. } => Some("log_unreadable"),
            Happening::Rejected { reason, .. } => Some(reason.as_str()),
            Happening::Recovered | Happening::Gap(_) => None,
        };
        admin_events::record_of(&self.0, &Who::service(None), happened(stream, happening), failure).await;
    }

    fn tried(&self, stream: &Stream, attempt: &TriedBatch) {
        self.0.stream_attempts.count(&stream.id, &attempt.outcome);
    }

    async fn sleep_until(&self, at_ms: i64) {
        loop {
            let left = at_ms.saturating_sub(self.0.clock.now_ms());
            if left <= 0 {
                return;
            }
            let left = Duration::from_millis(left.unsigned_abs());
            tokio::time::sleep(left.min(LOOK_INTERVAL)).await;
        }
    }
}

/// What is recorded of what became of a stream. What the other side said is a stranger's text and is not kept here; the
/// stream's own attempts have it.
fn happened(stream: &Stream, happening: &Happening) -> Act {
    let (changes, more) = match happening {
        Happening::Degraded { state, fault, failures } => (
            vec![("/state", json!(before(stream, *state).as_str()), json!(state.as_str()))],
            json!({ "error": fault.code, "status": fault.status, "consecutive_failures": failures }),
        ),
        Happening::Recovered => {
            (Vec::new(), json!({ "delivered": stream.health.delivered, "state": stream.state.as_str() }))
        }
        Happening::Gap(gap) => (
            Vec::new(),
            json!({
                "organization": gap.org.as_str(), "first_seq": gap.first_seq, "last_seq": gap.last_seq,
                "why": gap.reason,
            }),
        ),
        Happening::Rejected { org, events, first_seq, last_seq, reason } => (
            Vec::new(),
            json!({
                "organization": org.as_str(), "events": events, "first_seq": first_seq, "last_seq": last_seq,
                "why": reason,
            }),
        ),
        Happening::LogUnreadable { org, .. } => (Vec::new(), json!({ "organization": org.as_str() })),
    };
    act(happening.action(), stream, changes, more)
}

/// What a stream was before: as its task has begun, unless that was the same trouble.
fn before(stream: &Stream, now: StreamState) -> StreamState {
    if stream.state == now { StreamState::Active } else { stream.state }
}

/// The key of the instance, as the streams use it.
pub struct StreamSeals(pub Auth);

impl Seals for StreamSeals {
    fn seal(&self, whose: &str, secret: &[u8]) -> Vec<u8> {
        self.0.seal_stream(whose, secret)
    }

    fn open(&self, whose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open_stream(whose, sealed).ok().map(|opened| opened.to_vec())
    }
}
