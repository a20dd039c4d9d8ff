//! Schedules of exports as the server knows them: what is recorded of them, and what they ask of it. The work itself is
//! in `tallystick-delivery`.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tallystick_auth::{Auth, CallerId, Operation};
use tallystick_catalog::{CatalogError, ExportId, Schedule, ScheduleRun};
use tallystick_delivery::{
    schedules::{Happening, Host, Targets},
    streams::Seals,
};
use tallystick_event::format_ms;

use crate::{
    admin_events::{self, Act, Who},
    state::AppState,
};

/// Somebody made a schedule.
pub const AUDIT_EXPORT_SCHEDULE_CREATED: &str = "audit_export_schedule.created";
/// Somebody changed one.
pub const AUDIT_EXPORT_SCHEDULE_UPDATED: &str = "audit_export_schedule.updated";
/// Somebody deleted one.
pub const AUDIT_EXPORT_SCHEDULE_DELETED: &str = "audit_export_schedule.deleted";
/// Somebody stopped one, or it cannot run.
pub const AUDIT_EXPORT_SCHEDULE_PAUSED: &str = "audit_export_schedule.paused";
/// Somebody has one run again.
pub const AUDIT_EXPORT_SCHEDULE_RESUMED: &str = "audit_export_schedule.resumed";
/// Somebody wants a run besides.
pub const AUDIT_EXPORT_SCHEDULE_RUN_REQUESTED: &str = "audit_export_schedule.run_requested";
/// A run has begun.
pub const AUDIT_EXPORT_SCHEDULE_RAN: &str = "audit_export_schedule.ran";
/// The file of a run has arrived where it was to go.
pub const AUDIT_EXPORT_SCHEDULE_DELIVERED: &str = "audit_export_schedule.delivered";
/// It has not.
pub const AUDIT_EXPORT_SCHEDULE_DELIVERY_FAILED: &str = "audit_export_schedule.delivery_failed";
/// Somebody has it sent again.
pub const AUDIT_EXPORT_SCHEDULE_DELIVERY_RETRIED: &str = "audit_export_schedule.delivery_retried";

/// The server, as the schedules see it.
pub struct ScheduleHost(pub Arc<AppState>);

#[async_trait]
impl Host for ScheduleHost {
    async fn may_run(&self, schedule: &Schedule, sends_data: bool) -> Result<bool, String> {
        let owner = &schedule.parts.owner;
        let Ok(id) = owner.id.parse::<CallerId>() else { return Ok(false) };
        let auth = &self.0.auth;
        let told = |error: CatalogError| error.to_string();
        let may_export = auth.may_still(&id, owner.by_sso, Operation::CreateExport, &schedule.org);
        if !may_export.await.map_err(told)? {
            return Ok(false);
        }
        if !sends_data {
            return Ok(true);
        }
        let may_send = auth.may_still(&id, owner.by_sso, Operation::SendExportSchedule, &schedule.org);
        may_send.await.map_err(told)
    }

    fn link(&self, export: &ExportId) -> Option<String> {
        let base = self.0.options.public_url.as_deref()?;
        Some(format!("{}/exports/{export}", base.trim_end_matches('/')))
    }

    async fn happened(&self, schedule: &Schedule, happening: Happening<'_>) {
        let owner = &schedule.parts.owner;
        let who = Who::service(Some((&owner.id, &owner.name)));
        let (act, failure) = match happening {
            Happening::Ran(run) => (act(AUDIT_EXPORT_SCHEDULE_RAN, schedule, Vec::new(), about(run)), None),
            Happening::Held(changed) => {
                let code = changed.after.error.as_ref().map_or("broken", |error| error.code.as_str());
                let changes = changes(Some(&changed.before), Some(&changed.after));
                (act(AUDIT_EXPORT_SCHEDULE_PAUSED, &changed.after, changes, json!({})), Some(code.to_owned()))
            }
            Happening::Delivered(run, target) => {
                let mut about = about(run);
                about["target"] = json!(target.as_str());
                (act(AUDIT_EXPORT_SCHEDULE_DELIVERED, schedule, Vec::new(), about), None)
            }
            // What the other side said is a stranger's text; the run itself has it.
            Happening::DeliveryFailed(run, target, code) => {
                let mut about = about(run);
                about["target"] = json!(target.as_str());
                let act = act(AUDIT_EXPORT_SCHEDULE_DELIVERY_FAILED, schedule, Vec::new(), about);
                (act, Some(code.to_owned()))
            }
        };
        admin_events::record_of(&self.0, &who, act, failure.as_deref()).await;
    }
}

/// What is recorded of a run.
pub fn about(run: &ScheduleRun) -> Value {
    json!({
        "run": run.number,
        "export": run.export.as_str(),
        "why": run.why.as_str(),
        "from": format_ms(run.from_ms),
        "to": format_ms(run.due_ms),
        "first_seq": run.first_seq,
        "log_size": run.end_seq,
    })
}

/// What is recorded of an act on a schedule.
pub fn act(
    action: &'static str,
    schedule: &Schedule,
    changes: Vec<(&'static str, Value, Value)>,
    metadata: Value,
) -> Act {
    Act {
        action,
        org: Some(schedule.org.clone()),
        target_type: "audit_export_schedule",
        target_id: schedule.id.to_string(),
        target_name: schedule.parts.name.clone(),
        changes,
        metadata,
    }
}

/// What became different of a schedule that was made, changed or deleted. Of secrets only whether they are there.
pub fn changes(before: Option<&Schedule>, after: Option<&Schedule>) -> Vec<(&'static str, Value, Value)> {
    let paths = [
        "/name", "/status", "/query", "/format", "/spec", "/keep_ms", "/timing", "/covers", "/email",
        "/store", "/owner",
    ];
    let pairs = paths.into_iter().zip(facts(before).into_iter().zip(facts(after)));
    let changes = pairs.map(|(path, (before, after))| (path, before, after));
    changes.filter(|(_, before, after)| before != after).collect()
}

fn facts(schedule: Option<&Schedule>) -> [Value; 11] {
    let Some(schedule) = schedule else { return Default::default() };
    let parts = &schedule.parts;
    let targets = Targets::from_text(&parts.targets).unwrap_or_default();
    let parsed = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let mut spec: Value = parsed(&parts.spec);
    if let Some(members) = spec.as_object_mut() {
        // That of each run is another one.
        members.remove("now_us");
    }
    [
        json!(parts.name),
        json!(if schedule.is_paused { "paused" } else { "active" }),
        json!(parts.query),
        json!(parts.format),
        spec,
        json!(parts.keep_ms),
        parsed(&parts.timing),
        json!(parts.covers.as_str()),
        json!(targets.email),
        json!(targets.store),
        json!(parts.owner.id),
    ]
}

/// The key of the instance, as the schedules use it.
pub struct ScheduleSeals(pub Auth);

impl Seals for ScheduleSeals {
    fn seal(&self, whose: &str, secret: &[u8]) -> Vec<u8> {
        self.0.seal_schedule(whose, secret)
    }

    fn open(&self, whose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open_schedule(whose, sealed).ok().map(|opened| opened.to_vec())
    }
}
