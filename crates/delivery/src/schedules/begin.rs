//! The beginning of a run: whether it may, of which range, and when the next one is due.

use std::sync::Arc;

use tallystick_catalog::{CatalogError, Conflict, Covers, NewExport, NewRun, RunReason, Schedule};
use tallystick_engine::ReadError;

use super::{
    host::{Happening, Host},
    runner::Schedules,
    targets::{Deliveries, Targets},
    timing::{Clockwork, Timing},
};
use crate::{
    spec::{OfSchedule, Received, Spec},
    streams::Start,
};

/// How long after its time a run counts as late, ms.
const LATE_AFTER_MS: i64 = 300_000;

/// Why a run does not begin.
enum Hindrance {
    /// Somebody has to do something: the schedule is paused.
    Hold(&'static str, String),
    /// It is tried again.
    Wait(&'static str, String),
}

impl From<ReadError> for Hindrance {
    fn from(error: ReadError) -> Self {
        Self::Wait("unreadable", error.to_string())
    }
}

impl Schedules {
    /// Begins a run of a schedule that is due, unless something is in its way, which is noted.
    pub(super) async fn begin(&self, schedule: &Schedule, host: &dyn Host) -> Result<(), CatalogError> {
        let hindrance = match self.prepared(schedule, host).await {
            Ok(new) => match self.catalog().begin_run(schedule, new).await {
                Ok(None) => return Ok(()),
                Ok(Some((run, _))) => {
                    self.exports.queued();
                    host.happened(schedule, Happening::Ran(&run)).await;
                    return Ok(());
                }
                Err(CatalogError::Conflict(error @ Conflict::TooMany { .. })) => {
                    Hindrance::Wait("too_many_exports", error.to_string())
                }
                Err(error @ (CatalogError::Invalid { .. } | CatalogError::NotFound { .. })) => {
                    Hindrance::Hold("broken", error.to_string())
                }
                Err(error) => return Err(error),
            },
            Err(hindrance) => hindrance,
        };
        match hindrance {
            Hindrance::Hold(code, why) => {
                if let Some(changed) = self.catalog().hold_schedule(schedule, code, &why).await? {
                    host.happened(schedule, Happening::Held(&changed)).await;
                }
            }
            Hindrance::Wait(code, why) => {
                let is_known = schedule.error.as_ref().is_some_and(|error| error.code == code);
                if !is_known {
                    tracing::warn!(schedule = %schedule.id, code, why, "a scheduled export has to wait");
                    self.catalog().note_schedule(&schedule.id, code, &why).await?;
                }
            }
        }
        Ok(())
    }

    async fn prepared(&self, schedule: &Schedule, host: &dyn Host) -> Result<NewRun, Hindrance> {
        let broken = |error: &dyn std::fmt::Display| Hindrance::Hold("broken", error.to_string());
        let targets = Targets::from_text(&schedule.parts.targets).map_err(|error| broken(&error))?;
        match host.may_run(schedule, targets.send_data()).await {
            Ok(true) => {}
            Ok(false) => return Err(Hindrance::Hold("not_allowed", not_allowed(schedule, &targets))),
            Err(why) => return Err(Hindrance::Wait("unavailable", why)),
        }
        self.exports.require_room().map_err(|failure| Hindrance::Wait(failure.code(), failure.message()))?;
        let timing = Timing::from_text(&schedule.parts.timing).map_err(|error| broken(&error))?;
        let clockwork = Clockwork::new(&timing).map_err(|error| broken(&error))?;
        let now_ms = self.now_ms();
        let (why, to_ms) = until(schedule, &clockwork, now_ms);
        // A clock that was set back must not turn a range around.
        let to_ms = to_ms.max(schedule.covered_ms.saturating_add(1));
        let mut spec = Spec::from_text(&schedule.parts.spec).map_err(|error| broken(&error))?;
        spec.now_us = to_ms.saturating_mul(1_000);
        spec.by_sso = schedule.parts.owner.by_sso;
        let mut of = OfSchedule { id: schedule.id.to_string(), run: schedule.runs + 1, received: None };
        let (first_seq, end_seq) = self.seqs(schedule, to_ms).await?;
        if let Some(first_seq) = first_seq {
            of.received = Some(Received { first_seq, from_ms: schedule.covered_ms, to_ms });
        } else {
            spec.from_us = Some(schedule.covered_ms.saturating_mul(1_000));
            spec.to_us = Some(to_ms.saturating_mul(1_000));
        }
        spec.schedule = Some(of);
        Ok(NewRun {
            export: NewExport {
                org: schedule.org.clone(),
                name: schedule.parts.name.clone(),
                query: schedule.parts.query.clone(),
                format: schedule.parts.format.clone(),
                spec: spec.to_text(),
                end_seq,
                created_by: schedule.parts.owner.id.clone(),
                created_by_name: schedule.parts.owner.name.clone(),
                keep_ms: schedule.parts.keep_ms,
            },
            why,
            due_ms: to_ms,
            first_seq,
            deliveries: Deliveries::of(&targets).to_text(),
            next_due_ms: clockwork.next_after(now_ms.max(to_ms)).filter(|_| !schedule.is_paused),
        })
    }

    /// The range in the log that ends at a time; without a beginning if the range is one of times of occurrence.
    async fn seqs(&self, schedule: &Schedule, to_ms: i64) -> Result<(Option<u64>, u64), Hindrance> {
        let (engine, org) = (Arc::clone(&self.engine), schedule.org.clone());
        let (covers, covered_seq, covered_ms) =
            (schedule.parts.covers, schedule.covered_seq, schedule.covered_ms);
        let find = move || -> Result<(Option<u64>, u64), ReadError> {
            if covers == Covers::Occurred {
                return Ok((None, engine.log_size(&org)?));
            }
            let first = match covered_seq {
                // A log that was put back to an earlier time goes on below: nothing of that may be left out.
                Some(seq) => seq.min(engine.log_size(&org)?),
                None => Start::Time(covered_ms).seq(&engine, &org)?,
            };
            // Of what is being stored at this moment and looks older, the next run knows: it begins at this seq.
            Ok((Some(first), Start::Time(to_ms).seq(&engine, &org)?.max(first)))
        };
        let broken = |_| Hindrance::Wait("unreadable", "the log cannot be read at present".to_owned());
        Ok(tokio::task::spawn_blocking(find).await.map_err(broken)??)
    }
}

/// Why a run begins and where its range ends. Somebody who asks gets all there is; what was due ends at the last time
/// that it was due, so that one run makes up for all that were missed.
fn until(schedule: &Schedule, clockwork: &Clockwork, now_ms: i64) -> (RunReason, i64) {
    let Some(due_ms) = schedule.due_ms.filter(|_| schedule.asked_ms.is_none()) else {
        return (RunReason::Asked, now_ms);
    };
    let last_ms = clockwork.last_until(now_ms).unwrap_or(due_ms).max(due_ms);
    let is_late = last_ms > due_ms || now_ms.saturating_sub(due_ms) > LATE_AFTER_MS;
    (if is_late { RunReason::Late } else { RunReason::Due }, last_ms)
}

fn not_allowed(schedule: &Schedule, targets: &Targets) -> String {
    let needs = if targets.send_data() { "export events and send them out" } else { "export events" };
    format!(
        "{} may no longer {needs} in this organization; whoever may can resume it, and then it has their rights",
        schedule.parts.owner.name
    )
}
