//! Administrative acts as events: whoever makes a key or an organization is in the audit log like everybody else.
//!
//! An act within an organization is recorded in its log; the making and deleting of organizations, acts that concern
//! none, and those whose organization takes no events (it is archived), in the log of the instance.

use std::{net::IpAddr, sync::Arc};

use serde_json::{Value, json};
use tallystick_catalog::{OrgState, SessionId, User};
use tallystick_engine::{AppendError, INSTANCE_ORG};
use tallystick_event::{LeafKind, OrgId, PrepareContext};

use crate::{
    error::{ApiError, ErrorCode},
    http::{caller::Authenticated, request_id},
    state::AppState,
};

/// An organization was created.
pub const ORGANIZATION_CREATED: &str = "organization.created";
/// Its name or state was changed.
pub const ORGANIZATION_SETTINGS_UPDATED: &str = "organization.settings_updated";
/// It was deleted, which is possible only while its log is empty.
pub const ORGANIZATION_DELETED: &str = "organization.deleted";
/// An API key was made.
pub const API_KEY_CREATED: &str = "api_key.created";
/// An API key was revoked.
pub const API_KEY_REVOKED: &str = "api_key.revoked";

/// A viewer token was made.
pub const AUDIT_VIEWER_TOKEN_ISSUED: &str = "audit_viewer_token.issued";
/// A viewer token was revoked, or all of an organization.
pub const AUDIT_VIEWER_TOKEN_REVOKED: &str = "audit_viewer_token.revoked";

/// The key that logs are signed with was replaced.
pub const LOG_KEY_ROTATED: &str = "log.key_rotated";

/// Events left with all that proves them.
pub const EVIDENCE_EXPORTED: &str = "audit_export.downloaded";

/// What such events have as their `source`.
const SOURCE: &str = "tallystick";

/// An administrative act.
#[derive(Debug)]
pub struct Act {
    /// One of the names above.
    pub action: &'static str,
    /// The organization in whose log it belongs; none: the instance's.
    pub org: Option<OrgId>,
    /// `organization`, `api_key`, `user`, ...
    pub target_type: &'static str,
    /// The target's id.
    pub target_id: String,
    /// The target's name.
    pub target_name: String,
    /// `path`, old value, new value.
    pub changes: Vec<(&'static str, Value, Value)>,
    /// What else is worth keeping.
    pub metadata: Value,
}

/// Refuses administrative acts while they could not be recorded. Call it before the act.
pub fn require_recordable(state: &AppState) -> Result<(), ApiError> {
    let status = state.engine.status();
    if status.halted {
        return Err(AppendError::Halted.into());
    }
    if !state.engine.proofs().rolled_back().is_empty() {
        return Err(AppendError::RolledBack.into());
    }
    if status.out_of_space {
        return Err(AppendError::NoSpace.into());
    }
    Ok(())
}

/// Records an act that was carried out. It cannot be undone, so a failure to record it does not fail the call; it
/// goes to the service's log instead, with everything that the event would have said.
pub async fn record(state: &Arc<AppState>, caller: &Authenticated, act: Act) {
    record_as(state, caller, act, LeafKind::Event).await;
}

/// [`record`] with a leaf that says what kind of act it was, for those that checking a log depends on.
pub async fn record_as(state: &Arc<AppState>, caller: &Authenticated, act: Act, kind: LeafKind) {
    store(state, &Who::from(caller), act, None, kind).await;
}

/// [`record`] of somebody whom no key and no session stands for, or of an act that failed: then `failure` says why.
pub async fn record_of(state: &Arc<AppState>, who: &Who, act: Act, failure: Option<&str>) {
    store(state, who, act, failure, LeafKind::Event).await;
}

/// Who did something, as an event says it.
#[derive(Debug, Clone)]
pub struct Who {
    actor: Value,
    origin: &'static str,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
    session: Option<String>,
    /// The only organization that learns of it; none: each that it concerns.
    pub within: Option<OrgId>,
}

impl Who {
    /// Somebody whom nothing is known of but where they come from.
    pub fn anonymous(ip: Option<IpAddr>, user_agent: Option<String>) -> Self {
        let actor = json!({ "type": "anonymous", "id": "anonymous" });
        Self { actor, origin: "ui", ip, user_agent, session: None, within: None }
    }

    /// From where they come.
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The service itself, on behalf of whoever asked for it.
    pub fn service(asked_by: Option<(&str, &str)>) -> Self {
        let actor = json!({ "type": "system", "id": "tallystick", "name": "Tallystick" });
        let service =
            Self { actor, origin: "system", ip: None, user_agent: None, session: None, within: None };
        match asked_by {
            None => service,
            Some((id, name)) => service.on_behalf_of(id, name),
        }
    }

    /// The same, with a link that somebody made.
    #[must_use]
    pub fn on_behalf_of(mut self, id: &str, name: &str) -> Self {
        self.actor["on_behalf_of"] = json!([{ "type": kind_of(id), "id": id, "name": name }]);
        self
    }

    /// A person who has shown who they are.
    pub fn user(
        user: &User,
        session: Option<&SessionId>,
        ip: Option<IpAddr>,
        user_agent: Option<String>,
    ) -> Self {
        let actor = json!({ "type": "user", "id": user.id.as_str(), "name": user.name, "email": user.email });
        Self { actor, origin: "ui", ip, user_agent, session: session.map(ToString::to_string), within: None }
    }
}

impl From<&Authenticated> for Who {
    fn from(caller: &Authenticated) -> Self {
        let (id, name) = (caller.caller.id.to_string(), &caller.caller.name);
        let person = caller.caller.person();
        let viewer = caller.caller.viewer();
        let actor = match (person, viewer) {
            (_, Some(viewer)) => json!({ "type": "user", "id": viewer.actor, "name": name }),
            (Some(person), _) => json!({ "type": "user", "id": id, "name": name, "email": person.email }),
            _ if caller.caller.is_root() => json!({ "type": "system", "id": "root", "name": name }),
            _ => json!({ "type": "api_key", "id": id, "name": name }),
        };
        Self {
            actor,
            origin: if person.is_some() || viewer.is_some() { "ui" } else { "api" },
            ip: caller.ip,
            user_agent: caller.user_agent.clone(),
            // Of somebody who looks through a viewer token: which one.
            session: match viewer {
                Some(_) => Some(id),
                None => person.map(|person| person.session.to_string()),
            },
            within: caller.caller.sso_org().cloned(),
        }
    }
}

/// What kind of actor an id is of.
fn kind_of(id: &str) -> &'static str {
    match id.split('_').next() {
        Some("usr") => "user",
        Some("ak") => "api_key",
        _ => "system",
    }
}

async fn store(state: &Arc<AppState>, who: &Who, act: Act, failure: Option<&str>, kind: LeafKind) {
    let instance: OrgId = INSTANCE_ORG.parse().expect("a valid organization id");
    let org = act.org.clone().unwrap_or_else(|| instance.clone());
    let json = event(who, &act, failure).to_string();
    let result = match append(state, &org, &json, kind).await {
        Err(error)
            if matches!(error.code(), ErrorCode::OrgArchived | ErrorCode::OrgNotFound) && org != instance =>
        {
            append(state, &instance, &json, kind).await
        }
        result => result,
    };
    if let Err(error) = result {
        tracing::error!(?error, event = json, "an administrative act could not be recorded");
    }
}

async fn append(state: &Arc<AppState>, org: &OrgId, json: &str, kind: LeafKind) -> Result<(), ApiError> {
    let context = PrepareContext { org: Some(org.clone()), source: SOURCE, default_idempotency: None };
    let mut event = state.preparer.prepare(json.as_bytes(), &context).map_err(ApiError::internal)?;
    event.kind = kind;
    state.engine.append(vec![event]).await?;
    Ok(())
}

fn event(who: &Who, act: &Act, failure: Option<&str>) -> Value {
    let changes: Vec<Value> = act
        .changes
        .iter()
        .map(|(path, old, new)| json!({ "path": path, "op": "replace", "old": old, "new": new }))
        .collect();
    let mut context = json!({ "origin": who.origin, "request_id": request_id::current() });
    if let Some(ip) = who.ip {
        context["ip"] = json!(ip.to_canonical().to_string());
    }
    if let Some(session) = &who.session {
        context["session_id"] = json!(session);
    }
    if let Some(agent) = &who.user_agent {
        let cut = agent.floor_char_boundary(tallystick_event::limits::USER_AGENT_BYTES_MAX);
        context["user_agent"] = json!(&agent[..cut]);
    }
    let mut event = json!({
        "action": act.action,
        "outcome": if failure.is_some() { "failure" } else { "success" },
        "actor": who.actor,
        "targets": [{ "type": act.target_type, "id": act.target_id, "name": act.target_name }],
        "context": context,
    });
    if let Some(reason) = failure {
        event["reason"] = json!(reason);
    }
    if !changes.is_empty() {
        event["changes"] = changes.into();
    }
    if act.metadata.as_object().is_some_and(|members| !members.is_empty()) {
        event["metadata"] = act.metadata.clone();
    }
    event
}

/// The changes between two states of an organization.
pub fn organization_changes(
    before: (&str, OrgState),
    after: (&str, OrgState),
) -> Vec<(&'static str, Value, Value)> {
    let mut changes = Vec::new();
    if before.0 != after.0 {
        changes.push(("/name", json!(before.0), json!(after.0)));
    }
    if before.1 != after.1 {
        changes.push(("/state", json!(before.1.as_str()), json!(after.1.as_str())));
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_a_change() {
        let (active, archived) = (OrgState::Active, OrgState::Archived);
        assert!(organization_changes(("Acme", active), ("Acme", active)).is_empty());
        let changes = organization_changes(("Acme", active), ("Acme Inc", archived));
        assert_eq!(changes[0], ("/name", json!("Acme"), json!("Acme Inc")));
        assert_eq!(changes[1], ("/state", json!("active"), json!("archived")));
    }
}
