//! Assistants that act for people. Each run belongs to somebody (`on_behalf_of`), calls tools, is sometimes refused,
//! and now and then a person has to approve.

use serde_json::json;

use super::Simulation;
use super::calendar::{DAY, HOUR, MINUTE, SECOND};
use super::draft::{Draft, Machine, Session};
use super::organization::{COPILOT, SCRIBE, SERVICES};
use super::people::{PEOPLE, PersonNo, Role};

pub(super) fn begin(s: &mut Simulation) {
    s.now_and_then(100 * MINUTE, run);
    s.now_and_then(3 * DAY, client);
    let registered_ms = s.instant(9, 10, 5);
    s.at(registered_ms, register);
}

fn register(s: &mut Simulation) {
    let session = s.session_of(super::people::HUNTER);
    let attributes = json!({"name": SCRIBE.name, "owner": "Core SRE", "tools": ["incidents.read",
        "postmortems.draft"], "limits": {"runs_per_day": 40}});
    let thing = s.registry.add("agent", SCRIBE.id.to_owned(), attributes);
    let changes = s.registry.after_image(thing);
    s.emit(Draft::by(&session, "agent.registered").on("agent", SCRIBE.id, SCRIBE.name).changes(changes));
}

fn run(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].role != Role::Stakeholder) else { return };
    let agent = if s.now_ms > s.instant(9, 11, 0) && s.rng.chance(0.3) { SCRIBE } else { COPILOT };
    let person = session.person;
    let run = s.new_id("arun");
    let policy_version = s.rng.between(3, 5);
    let draft = by(agent, person, "agent.run_started")
        .on("run", &run, &run)
        .on_user(person)
        .meta("model", "assistant-large-2026-08")
        .meta("intent_hash", s.rng.hex(16))
        .meta("policy_version", policy_version);
    s.emit(draft);
    let calls = s.rng.between(1, 5);
    for nth in 1..=calls {
        s.after(nth * 9 * SECOND, move |s| call(s, agent, person));
    }
    if s.rng.chance(0.14) {
        let wait_ms = (calls * 9 + 20) * SECOND;
        s.after(wait_ms, move |s| decide(s, agent, &session));
    }
    s.after((calls * 9 + 60) * SECOND, move |s| {
        let draft = by(agent, person, "agent.run_ended")
            .on("run", &run, &run)
            .meta("events", calls + 1)
            .meta("cost_usd", s.rng.between(1, 90) as f64 / 100.0)
            .meta("duration_s", calls * 9 + 60);
        s.emit(draft);
    });
}

fn by(agent: Machine, person: PersonNo, action: &'static str) -> Draft {
    Draft::machine(agent, action).on("agent", agent.id, agent.name).for_user(person)
}

fn call(s: &mut Simulation, agent: Machine, person: PersonNo) {
    let (id, name, ..) = *s.rng.pick(SERVICES);
    if s.rng.chance(0.06) {
        let draft = by(agent, person, "agent.tool_refused")
            .on("tool", "database.query", "database.query")
            .meta("reason_category", "not_in_toolset");
        s.emit(draft.denied("The agent may not use this tool"));
        return;
    }
    let tool = *s.rng.pick(&["logs.query", "logs.query", "deploys.list", "alert.annotate"]);
    let draft = by(agent, person, "agent.tool_called")
        .on("tool", tool, tool)
        .on("service", id, name)
        .meta("args_hash", s.rng.hex(16))
        .meta("took_ms", s.rng.between(80, 4000));
    s.emit(draft);
}

/// The agent wants to run a runbook; the person looks at the difference first.
fn decide(s: &mut Simulation, agent: Machine, session: &Session) {
    let approval = s.new_id("appr");
    let approves = s.rng.chance(0.75);
    let action = if approves { "agent.action_approved" } else { "agent.action_rejected" };
    let draft = Draft::by(session, action)
        .on("agent", agent.id, agent.name)
        .on("approval", &approval, "Execute runbook: drain a Kubernetes zone")
        .on_user(session.person);
    let diff = s.rng.hex(16);
    s.emit(if approves {
        draft.meta("shown_diff_hash", diff)
    } else {
        draft.because("wrong zone, eu-west-1b is the healthy one")
    });
}

fn client(s: &mut Simulation) {
    let Some(session) = s.somebody(|_| true) else { return };
    let id = s.new_id("mcp");
    let draft = Draft::by(&session, "mcp_client.connected")
        .on("mcp_client", &id, "Desktop assistant")
        .on_user(session.person)
        .adds("/scopes", json!(["incidents:read"]))
        .adds("/client_name", "Desktop assistant");
    s.emit(draft);
    let wait_ms = s.rng.between(2, 70) * HOUR;
    s.after(wait_ms, move |s| {
        let session = s.session_of(session.person);
        let draft = Draft::by(&session, "mcp_client.revoked").on("mcp_client", &id, "Desktop assistant");
        s.emit(draft.change("/status", "active", "revoked"));
    });
}
