//! The proof of a shared event, and what this service finds when it checks it by the rules of the offline verifier,
//! with its own keys as the policy.

use std::{fmt::Write as _, sync::Arc};

use tallystick_engine::Engine;
use tallystick_event::OrgId;
use tallystick_merkle::Policy;
use tallystick_verify::{Conclusion, EventProof, LogStatus, Options, Report};

use crate::{
    error::ApiError,
    http::v1::{
        events::proof::{PUBLISH_WAIT_MAX, document},
        logs::ask,
    },
    state::AppState,
};

/// A proof that was checked.
pub(super) struct Checked {
    pub(super) document: EventProof,
    report: Report,
}

/// Makes the proof of an event and checks it.
pub(super) async fn check(state: &Arc<AppState>, org: &OrgId, seq: u64) -> Result<Checked, ApiError> {
    let proofs = state.engine.proofs();
    let place = proofs.place(org, seq).ok_or_else(|| ApiError::internal("an event without a log"))?;
    proofs.wait_until_published(place.log, place.index, PUBLISH_WAIT_MAX).await;
    let answer = ask(state, move |proofs| proofs.event_proof(place.log, place.index, None)).await?;
    let document = document(answer);
    let policy = policy(&state.engine, &document.origin)?;
    let report = document.verify(&policy, &Options::default()).map_err(ApiError::internal)?;
    Ok(Checked { document, report })
}

fn policy(engine: &Engine, origin: &str) -> Result<Policy, ApiError> {
    let proofs = engine.proofs();
    let mut text = String::new();
    for origin in [origin.to_owned(), proofs.directory_origin()] {
        for key in proofs.keys().public(&origin) {
            let _ = writeln!(text, "log {}", key.verifier_key);
        }
    }
    text.push_str("quorum none\n");
    Policy::parse(text.as_bytes()).map_err(ApiError::internal)
}

impl Checked {
    pub(super) fn is_proven(&self) -> bool {
        self.report.conclusion == Conclusion::Proven && self.report.log.status == LogStatus::Consistent
    }

    pub(super) fn report(&self) -> &Report {
        &self.report
    }

    /// The document as it is downloaded.
    pub(super) fn json(&self) -> Result<String, ApiError> {
        serde_json::to_string(&self.document).map_err(ApiError::internal)
    }
}
