//! What a writer can ask for beyond the acknowledgement: the proof that its events are in the log (`wait=proof`), and a
//! signed receipt for each (`receipt=true`).

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;
use tallystick_engine::{
    Appended,
    proof::{EventPlace, Proofs},
};
use tallystick_event::{LogId, OrgId, Prepared};

use super::{ingest::render_one, proof::PUBLISH_WAIT_MAX};
use crate::{
    error::ApiError,
    http::{
        params::{Params, invalid},
        v1::logs::ask,
    },
    state::AppState,
};

/// Events of one call that can be answered with proofs or receipts.
pub const PROVEN_EVENTS_MAX: usize = 1_000;

/// What the call asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    proof: bool,
    receipt: bool,
}

impl Extras {
    /// Reads `wait` and `receipt`.
    pub fn take(params: &mut Params, is_partial: bool) -> Result<Self, ApiError> {
        let proof = match params.text("wait")?.as_deref() {
            None | Some("ack") => false,
            Some("proof") => true,
            Some(other) => return Err(invalid("wait", &format!("\"{other}\" is neither ack nor proof"))),
        };
        let receipt = params.switch("receipt")?;
        if is_partial && (proof || receipt) {
            return Err(invalid("partial", "it cannot be combined with wait=proof or receipt=true"));
        }
        Ok(Self { proof, receipt })
    }

    /// Refuses more events than can be answered with what is asked for, before anything is stored.
    pub fn check(self, events: usize) -> Result<(), ApiError> {
        if (self.proof || self.receipt) && events > PROVEN_EVENTS_MAX {
            let why = format!(
                "{events} events in the call, at most {PROVEN_EVENTS_MAX} are answered with proofs or receipts"
            );
            return Err(invalid(if self.proof { "wait" } else { "receipt" }, &why));
        }
        Ok(())
    }

    /// The organization of each event, if it will be needed.
    pub fn orgs(self, events: &[Prepared]) -> Option<Vec<OrgId>> {
        (self.proof || self.receipt).then(|| events.iter().map(|event| event.org.clone()).collect())
    }

    /// The answer. An event that no checkpoint covers in time has `proof: null`; it is stored all the same.
    pub async fn render(
        self,
        state: &Arc<AppState>,
        orgs: &[OrgId],
        stored: &[Appended],
    ) -> Result<Vec<u8>, ApiError> {
        let proofs = if self.proof { prove(state, orgs, stored).await? } else { Vec::new() };
        let mut receipts =
            if self.receipt { sign(state, orgs, stored).await? } else { Vec::new() }.into_iter();
        let mut out = Vec::with_capacity(16 + stored.len() * 1_500);
        out.extend_from_slice(b"{\"events\":[");
        for (index, one) in stored.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            render_one(&mut out, one);
            out.pop();
            if self.receipt {
                member(&mut out, "receipt", receipts.next().flatten());
            }
            if self.proof {
                member(&mut out, "proof", proofs[index].clone());
            }
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }
}

fn member(out: &mut Vec<u8>, name: &str, text: Option<String>) {
    let value = text.map_or(Value::Null, Value::String);
    out.extend_from_slice(format!(",\"{name}\":{value}").as_bytes());
}

/// The tlog-proof of each event, once checkpoints cover them.
async fn prove(
    state: &Arc<AppState>,
    orgs: &[OrgId],
    stored: &[Appended],
) -> Result<Vec<Option<String>>, ApiError> {
    let proofs = state.engine.proofs();
    let mut last: BTreeMap<LogId, u64> = BTreeMap::new();
    let places: Vec<_> = orgs.iter().zip(stored).map(|(org, one)| proofs.place(org, one.seq)).collect();
    for place in places.iter().flatten() {
        let last = last.entry(place.log).or_default();
        *last = place.index.max(*last);
    }
    let deadline = tokio::time::Instant::now() + PUBLISH_WAIT_MAX;
    for (log, index) in last {
        let rest = deadline.saturating_duration_since(tokio::time::Instant::now());
        proofs.wait_until_published(log, index, rest).await;
    }
    ask(state, move |proofs| Ok(inclusions(proofs, &places))).await
}

/// The proofs of all places, log by log. What cannot be proven has none.
fn inclusions(proofs: &Proofs, places: &[Option<EventPlace>]) -> Vec<Option<String>> {
    let mut by_log: BTreeMap<LogId, Vec<(usize, EventPlace)>> = BTreeMap::new();
    for (number, place) in places.iter().enumerate() {
        if let Some(place) = place {
            by_log.entry(place.log).or_default().push((number, *place));
        }
    }
    let mut proven = vec![None; places.len()];
    for (log, of_log) in &by_log {
        let indexes: Vec<u64> = of_log.iter().map(|(_, place)| place.index).collect();
        match proofs.inclusions(*log, &indexes) {
            Ok(found) => {
                for ((number, _), proof) in of_log.iter().zip(found) {
                    proven[*number] = proof.map(|proof| proof.to_string());
                }
            }
            Err(error) => tracing::warn!(%error, "events are stored, but not proven at once"),
        }
    }
    proven
}

/// The receipt of each event, made off the async threads.
async fn sign(
    state: &Arc<AppState>,
    orgs: &[OrgId],
    stored: &[Appended],
) -> Result<Vec<Option<String>>, ApiError> {
    let (orgs, stored) = (orgs.to_vec(), stored.to_vec());
    let sign = move |state: &AppState| {
        let proofs = state.engine.proofs();
        let receipt = |(org, one)| proofs.receipt(org, one).map(|note| note.to_string());
        orgs.iter().zip(&stored).map(receipt).collect()
    };
    state.compute(sign).await
}
