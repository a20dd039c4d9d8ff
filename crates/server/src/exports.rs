//! What the exports in `tallystick-delivery` ask of the server: who may have them, and that what becomes of them is
//! recorded.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use tallystick_auth::{CallerId, Operation};
use tallystick_catalog::{Export, ExportState};
use tallystick_delivery::{Host, Spec};
use tallystick_event::format_ms;

use crate::{
    admin_events::{self, Act, Who},
    state::AppState,
};

/// Somebody asked for an export.
pub const AUDIT_EXPORT_REQUESTED: &str = "audit_export.requested";
/// Its file is there.
pub const AUDIT_EXPORT_COMPLETED: &str = "audit_export.completed";
/// It was given up.
pub const AUDIT_EXPORT_FAILED: &str = "audit_export.failed";
/// Somebody stopped it.
pub const AUDIT_EXPORT_CANCELLED: &str = "audit_export.cancelled";
/// Somebody had it begin anew.
pub const AUDIT_EXPORT_RETRIED: &str = "audit_export.retried";
/// Somebody deleted it.
pub const AUDIT_EXPORT_DELETED: &str = "audit_export.deleted";
/// Somebody took its file.
pub const AUDIT_EXPORT_DOWNLOADED: &str = "audit_export.downloaded";
/// Somebody made a link to its file.
pub const AUDIT_EXPORT_LINK_CREATED: &str = "audit_export.link_created";
/// Its file was kept for long enough.
pub const AUDIT_EXPORT_EXPIRED: &str = "audit_export.expired";

/// The server, as the exports see it.
pub struct ExportHost(pub Arc<AppState>);

#[async_trait]
impl Host for ExportHost {
    async fn may_run(&self, export: &Export, spec: &Spec) -> Result<bool, String> {
        let Ok(id) = export.created_by.parse::<CallerId>() else { return Ok(false) };
        let may = self.0.auth.may_still(&id, spec.by_sso, Operation::CreateExport, &export.org).await;
        may.map_err(|error| error.to_string())
    }

    async fn ended(&self, export: &Export) {
        let who = Who::service(Some((&export.created_by, &export.created_by_name)));
        match &export.error {
            Some((code, _)) if export.state == ExportState::Failed => {
                let act = act(AUDIT_EXPORT_FAILED, export, Vec::new(), json!({}));
                admin_events::record_of(&self.0, &who, act, Some(code)).await;
            }
            _ => {
                let file = json!({ "rows": export.rows, "bytes": export.bytes, "sha256": export.sha256 });
                let act = act(AUDIT_EXPORT_COMPLETED, export, Vec::new(), file);
                admin_events::record_of(&self.0, &who, act, None).await;
            }
        }
        // It may be one of a schedule, which has to be delivered.
        self.0.schedules.look();
    }

    async fn expired(&self, export: &Export) {
        let changes = vec![("/status", json!("completed"), json!("expired"))];
        let act = act(AUDIT_EXPORT_EXPIRED, export, changes, json!({}));
        admin_events::record_of(&self.0, &Who::service(None), act, None).await;
    }
}

/// What is recorded of an act on an export, with members of `more` beside what says which it is.
pub fn act(
    action: &'static str,
    export: &Export,
    changes: Vec<(&'static str, Value, Value)>,
    more: Value,
) -> Act {
    let mut metadata = json!({
        "query": export.query,
        "format": export.format,
        "log_size": export.end_seq,
        "attempt": export.attempt,
    });
    if let Ok(spec) = Spec::from_text(&export.spec) {
        let time = |us: i64| format_ms(us.div_euclid(1_000));
        metadata["from"] = json!(spec.from_us.map(time));
        metadata["to"] = json!(spec.to_us.map(time));
        if let Some(of) = &spec.schedule {
            metadata["schedule"] = json!(of.id);
            metadata["run"] = json!(of.run);
        }
    }
    if let (Value::Object(members), Value::Object(more)) = (&mut metadata, more) {
        members.extend(more);
    }
    Act {
        action,
        org: Some(export.org.clone()),
        target_type: "audit_export",
        target_id: export.id.to_string(),
        target_name: export.name.clone(),
        changes,
        metadata,
    }
}
