//! One event on its way out: who did what to what, filled in step by step. It exists so that the stories read like
//! sentences and the JSON shape is written down in one place.

use serde_json::{Map, Value, json};

use super::calendar;
use super::people::{self, PEOPLE, PersonNo};

/// Where somebody is signed in: the context that their events share.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) person: PersonNo,
    /// The role that the person has at that time, which is not always the one they should have.
    pub(crate) role: String,
    pub(crate) ip: String,
    pub(crate) country: &'static str,
    pub(crate) user_agent: String,
    pub(crate) origin: &'static str,
}

/// A program that acts: an integration, a service account, the product itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) kind: &'static str,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Empty when it runs inside the product.
    pub(crate) ip: &'static str,
    pub(crate) user_agent: &'static str,
    pub(crate) origin: &'static str,
}

/// An event being written.
pub(crate) struct Draft {
    action: &'static str,
    actor: Map<String, Value>,
    targets: Vec<Value>,
    context: Map<String, Value>,
    outcome: &'static str,
    reason: Option<String>,
    changes: Vec<Value>,
    metadata: Map<String, Value>,
}

impl Draft {
    fn new(action: &'static str, actor: Map<String, Value>, context: Map<String, Value>) -> Self {
        Self {
            action,
            actor,
            targets: Vec::new(),
            context,
            outcome: "success",
            reason: None,
            changes: Vec::new(),
            metadata: Map::new(),
        }
    }

    /// Somebody does something in a session.
    pub(crate) fn by(session: &Session, action: &'static str) -> Self {
        let mut context = Map::new();
        context.insert("ip".into(), json!(session.ip));
        context.insert("country".into(), json!(session.country));
        context.insert("user_agent".into(), json!(session.user_agent));
        context.insert("origin".into(), json!(session.origin));
        context.insert("session_id".into(), json!(session.id));
        Self::new(action, user_actor(session), context)
    }

    /// A program does something.
    pub(crate) fn machine(machine: Machine, action: &'static str) -> Self {
        let mut actor = Map::new();
        actor.insert("type".into(), json!(machine.kind));
        actor.insert("id".into(), json!(machine.id));
        actor.insert("name".into(), json!(machine.name));
        let mut context = Map::new();
        if !machine.ip.is_empty() {
            context.insert("ip".into(), json!(machine.ip));
        }
        if !machine.user_agent.is_empty() {
            context.insert("user_agent".into(), json!(machine.user_agent));
        }
        context.insert("origin".into(), json!(machine.origin));
        Self::new(action, actor, context)
    }

    /// Names a target. The first one named is the primary one.
    pub(crate) fn on(mut self, kind: &str, id: &str, name: &str) -> Self {
        self.targets.push(json!({"type": kind, "id": id, "name": name}));
        self
    }

    /// Names a member of staff as a target.
    pub(crate) fn on_user(self, person: PersonNo) -> Self {
        self.on("user", &people::user_id(person), PEOPLE[person].name)
    }

    /// Adds details to the target named last.
    pub(crate) fn target_meta(mut self, metadata: impl Into<Value>) -> Self {
        if let Some(target) = self.targets.last_mut() {
            target["metadata"] = metadata.into();
        }
        self
    }

    /// Adds a detail.
    pub(crate) fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a part of the context, replacing what was there.
    pub(crate) fn context(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }

    /// Adds a change as the registry computed it.
    pub(crate) fn changes(mut self, changes: impl IntoIterator<Item = Value>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Adds a change of a value that lives outside the registry (an alert's status, say).
    pub(crate) fn change(self, path: &str, old: impl Into<Value>, new: impl Into<Value>) -> Self {
        let change = json!({"path": path, "op": "replace", "old": old.into(), "new": new.into()});
        self.changes([change])
    }

    /// Adds the first value of something new.
    pub(crate) fn adds(self, path: &str, new: impl Into<Value>) -> Self {
        let change = json!({"path": path, "op": "add", "new": new.into()});
        self.changes([change])
    }

    /// The thing was tried and did not work.
    pub(crate) fn failed(mut self, reason: impl Into<String>) -> Self {
        self.outcome = "failure";
        self.reason = Some(reason.into());
        self
    }

    /// The thing was tried and refused.
    pub(crate) fn denied(mut self, reason: impl Into<String>) -> Self {
        self.outcome = "denied";
        self.reason = Some(reason.into());
        self
    }

    /// Why somebody did it, in their words.
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Says for whom the actor acted.
    pub(crate) fn for_user(mut self, person: PersonNo) -> Self {
        let user = json!({"type": "user", "id": people::user_id(person), "name": PEOPLE[person].name});
        self.actor.insert("on_behalf_of".into(), json!([user]));
        self
    }

    /// The event as JSON text, complete with what only the simulation knows. Members with nothing in them are left out.
    pub(crate) fn into_json(mut self, org: Option<&str>, now_ms: i64, key: &str, request: &str) -> String {
        self.context.entry("request_id").or_insert(json!(request));
        let mut event = Map::new();
        if let Some(org) = org {
            event.insert("org".into(), json!(org));
        }
        event.insert("action".into(), json!(self.action));
        event.insert("occurred_at".into(), json!(calendar::rfc3339(now_ms)));
        event.insert("actor".into(), Value::Object(self.actor));
        event.insert("context".into(), Value::Object(self.context));
        event.insert("outcome".into(), json!(self.outcome));
        event.insert("idempotency_key".into(), json!(key));
        if let Some(reason) = self.reason {
            event.insert("reason".into(), json!(reason));
        }
        for (name, list) in [("targets", self.targets), ("changes", self.changes)] {
            if !list.is_empty() {
                event.insert(name.into(), Value::Array(list));
            }
        }
        if !self.metadata.is_empty() {
            event.insert("metadata".into(), Value::Object(self.metadata));
        }
        Value::Object(event).to_string()
    }
}

/// A member of staff as an actor.
fn user_actor(session: &Session) -> Map<String, Value> {
    let person = session.person;
    let who = &PEOPLE[person];
    let mut actor = Map::new();
    actor.insert("type".into(), json!("user"));
    actor.insert("id".into(), json!(people::user_id(person)));
    actor.insert("name".into(), json!(who.name));
    actor.insert("email".into(), json!(who.email()));
    actor.insert("metadata".into(), json!({"role": session.role, "team": who.team, "title": who.title}));
    actor
}
