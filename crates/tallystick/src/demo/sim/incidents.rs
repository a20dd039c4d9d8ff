//! Incidents: declared, staffed, worked on, told to the public, resolved, written up. Some are private, and who may
//! look into those is a story of its own.

use serde_json::json;

use super::Simulation;
use super::calendar::{self, DAY, HOUR, MINUTE, SECOND};
use super::draft::{Draft, Session};
use super::organization::{COPILOT, SYSTEM};
use super::people::{self, PEOPLE, PersonNo, Role, SECURITY_LEAD};

const SEVERITIES: [(&str, &str); 3] = [("sev_1", "critical"), ("sev_2", "major"), ("sev_3", "minor")];

/// An incident in progress.
#[derive(Clone)]
pub(super) struct Incident {
    pub(super) id: String,
    pub(super) title: String,
    is_private: bool,
    lead: Session,
    declared_ms: i64,
}

pub(super) fn begin(s: &mut Simulation) {
    for (id, title) in [
        ("inc_1187", "Chargeback fraud ring, law enforcement involved"),
        ("inc_1193", "Card vault key exposure in a debug log"),
        ("inc_1201", "Payroll file sent to the wrong bank"),
    ] {
        s.private_incidents.push((id.into(), title.into()));
    }
    s.now_and_then(19 * HOUR, odd_one);
    s.now_and_then(9 * HOUR, private_access);
    s.now_and_then(11 * DAY, private_one);
}

/// Something that no alert noticed: a merchant calls, a bank writes.
fn odd_one(s: &mut Simulation) {
    const TITLES: &[&str] = &[
        "Refunds shown twice in the dashboard",
        "Acquirer answers slowly since noon",
        "Merchants in Peru cannot log in",
        "Wrong exchange rate on settlement report",
        "Webhook deliveries delayed by twenty minutes",
        "Push notifications in the wrong language",
        "Ledger and bank differ by 14.20 EUR",
        "Identity checks time out for Polish documents",
    ];
    let title = *s.rng.pick(TITLES);
    let severity = *s.rng.pick(&[2, 3, 3, 3]);
    if s.sessions.iter().flatten().count() > 6 {
        declare(s, title, severity, false);
    }
}

fn private_one(s: &mut Simulation) {
    const TITLES: &[&str] = &[
        "Laptop lost on a train",
        "Former contractor still in a vendor's portal",
        "Customer data in a support screenshot",
        "Suspicious refunds by one merchant",
    ];
    let title = *s.rng.pick(TITLES);
    declare(s, title, 2, true);
}

/// Somebody declares an incident; the rest follows over hours and days.
pub(super) fn declare(s: &mut Simulation, title: &str, severity: usize, is_private: bool) {
    let leads = |no: PersonNo| matches!(PEOPLE[no].role, Role::Manager | Role::Admin | Role::Responder);
    let Some(lead) = s.somebody(|no| leads(no) && no != people::VICTIM) else { return };
    let lead = if is_private { s.session_of(SECURITY_LEAD) } else { lead };
    let incident = declare_by(s, lead, title, severity, is_private);
    let work = incident.clone();
    s.after(2 * MINUTE, move |s| staff(s, &work, severity));
    for nth in 1..=s.rng.between(1, 3) {
        let work = incident.clone();
        s.after(nth * 11 * MINUTE, move |s| progress(s, &work, nth));
    }
    let wait_ms = 45 * MINUTE + s.rng.wait(80 * MINUTE);
    s.after(wait_ms, move |s| resolve(s, &incident, severity));
}

/// Only the declaration, by the given person; the told stories go on in their own way.
pub(super) fn declare_by(
    s: &mut Simulation,
    lead: Session,
    title: &str,
    severity: usize,
    is_private: bool,
) -> Incident {
    s.incident_count += 1;
    let id = format!("inc_{}", s.incident_count);
    let kind = if is_private { "type_security" } else { "type_default" };
    let draft = Draft::by(&lead, "incident.declared")
        .on("incident", &id, title)
        .adds("/title", title)
        .adds("/severity", SEVERITIES[severity - 1].1)
        .adds("/type", kind)
        .adds("/visibility", if is_private { "private" } else { "public" });
    s.emit(draft);
    let known = (id.clone(), title.to_owned());
    if is_private {
        s.private_incidents.push(known);
    } else {
        s.incidents.push(known);
        if s.incidents.len() > 40 {
            s.incidents.remove(0);
        }
    }
    Incident { id, title: title.to_owned(), is_private, lead, declared_ms: s.now_ms }
}

fn staff(s: &mut Simulation, incident: &Incident, severity: usize) {
    let by = |action| Draft::by(&incident.lead, action).on("incident", &incident.id, &incident.title);
    let commander = s.on_call("sch_managers").unwrap_or(incident.lead.person);
    let draft = by("incident.role_assigned")
        .on("incident_role", "role_commander", "Incident commander")
        .on_user(commander)
        .adds("/assignee", PEOPLE[commander].email());
    s.emit(draft);
    s.emit(by("incident.status_changed").change("/status", "triage", "investigating"));
    if severity == 1 || s.rng.chance(0.25) {
        let (id, new) = SEVERITIES[severity.saturating_sub(2)];
        if new != SEVERITIES[severity - 1].1 {
            let draft = by("incident.severity_changed").on("severity", id, new);
            s.emit(draft.change("/severity", SEVERITIES[severity - 1].1, new));
        }
    }
    if severity == 1 && !incident.is_private {
        let draft = by("status_page.published")
            .on("status_page", "sp_public", "status.northlight.example")
            .adds("/status", "partial_outage")
            .adds("/components", json!(["Checkout", "Payouts"]));
        s.emit(draft);
    }
    if s.rng.chance(0.35) && !incident.is_private {
        let names = [
            "Fail over postgres-main",
            "Drain a Kubernetes zone",
            "Switch the acquiring bank",
            "Replay the event bus",
        ];
        let ids = ["rb_failover", "rb_drain", "rb_acquirer", "rb_replay"];
        let no = s.rng.below(4) as usize;
        let draft = Draft::by(&incident.lead, "runbook.executed")
            .on("runbook", ids[no], names[no])
            .on("incident", &incident.id, &incident.title)
            .meta("steps_done", s.rng.between(3, 11))
            .meta("duration_s", s.rng.between(90, 1400));
        s.emit(draft);
    }
}

fn progress(s: &mut Simulation, incident: &Incident, nth: i64) {
    const SUMMARIES: &[&str] = &[
        "A slow query after the index change blocks the ledger",
        "One acquirer drops every tenth connection",
        "The new build leaks connections under load",
        "A certificate in the chain was not renewed",
        "The partner's maintenance was not announced",
    ];
    let summary = *s.rng.pick(SUMMARIES);
    let old = if nth == 1 { "" } else { "We are looking into it" };
    let draft = Draft::by(&incident.lead, "incident.updated")
        .on("incident", &incident.id, &incident.title)
        .change("/summary", old, summary)
        .change("/custom_fields/cf_merchants", nth * 7, nth * 23);
    s.emit(draft);
}

fn resolve(s: &mut Simulation, incident: &Incident, severity: usize) {
    let by = |action| Draft::by(&incident.lead, action).on("incident", &incident.id, &incident.title);
    let draft = by("incident.resolved")
        .change("/status", "monitoring", "resolved")
        .adds("/resolved_at", calendar::rfc3339(s.now_ms))
        .meta("duration_s", (s.now_ms - incident.declared_ms) / SECOND);
    s.emit(draft);
    match s.rng.below(30) {
        0 => s.emit(
            by("incident.reopened").change("/status", "resolved", "investigating").because("errors are back"),
        ),
        1 => {
            let other =
                s.incidents.first().cloned().unwrap_or_else(|| (incident.id.clone(), incident.title.clone()));
            s.emit(
                by("incident.merged")
                    .on("incident", &other.0, &other.1)
                    .adds("/merged_into", other.0.as_str()),
            );
        }
        2 if !incident.is_private => {
            s.emit(
                by("incident.visibility_changed")
                    .change("/visibility", "public", "private")
                    .because("names a customer"),
            );
            s.private_incidents.push((incident.id.clone(), incident.title.clone()));
        }
        3 => s.emit(
            by("incident.scrubbed")
                .meta("fields", json!(["summary"]))
                .because("contained a card holder's name"),
        ),
        4 => {
            let old = json!({"path": "/title", "op": "remove", "old": incident.title});
            s.emit(by("incident.deleted").changes([old]).because("declared twice"));
        }
        _ => {}
    }
    if severity <= 2 || s.rng.chance(0.4) {
        let incident = incident.clone();
        s.after(2 * DAY, move |s| write_up(s, &incident));
    }
}

fn write_up(s: &mut Simulation, incident: &Incident) {
    const TODOS: &[&str] = &[
        "Alert on connection pool usage before it is exhausted",
        "Document the failover of the second acquirer",
        "Add a canary stage to the ledger deploys",
        "Review who gets paged for settlement files",
    ];
    let session = s.session_of(incident.lead.person);
    let id = incident.id.replace("inc", "pm");
    let draft = Draft::by(&session, "postmortem.published")
        .on("postmortem", &id, &format!("Postmortem: {}", incident.title))
        .on("incident", &incident.id, &incident.title)
        .change("/status", "draft", "published")
        .adds("/audience", if incident.is_private { "members" } else { "company" });
    s.emit(draft);
    for _ in 0..s.rng.between(1, 3) {
        let title = *s.rng.pick(TODOS);
        let follow_up = s.new_id("fu");
        let draft = Draft::by(&session, "follow_up.created")
            .on("follow_up", &follow_up, title)
            .on("incident", &incident.id, &incident.title)
            .adds("/title", title)
            .adds("/owner", PEOPLE[session.person].email())
            .adds("/due_at", calendar::date(s.now_ms + 21 * DAY));
        s.emit(draft);
        let wait_ms = s.rng.between(1, 9) * DAY + s.rng.between(0, 5 * HOUR);
        let person = session.person;
        s.after(wait_ms, move |s| {
            let session = s.session_of(person);
            let draft = Draft::by(&session, "follow_up.completed").on("follow_up", &follow_up, title);
            s.emit(draft.change("/status", "open", "done"));
        });
    }
}

/// Somebody wants to look into a private incident; most who may do, a few who may not try.
fn private_access(s: &mut Simulation) {
    let no = s.rng.below(s.private_incidents.len() as u32) as usize;
    let (id, title) = s.private_incidents[no].clone();
    let Some(session) = s.somebody(|no| PEOPLE[no].role != Role::Stakeholder) else { return };
    let person = session.person;
    let draw = s.rng.below(10);
    let by = |action| Draft::by(&session, action).on("incident", &id, &title).on_user(person);
    if matches!(PEOPLE[person].team, "Security" | "Compliance") || draw < 3 && Simulation::is_admin(person) {
        s.emit(by("private_incident.viewed").meta("fields_shown", json!(["summary", "timeline", "members"])));
        if draw == 0 {
            let draft = Draft::machine(COPILOT, "private_incident.accessed_by_agent")
                .on("incident", &id, &title)
                .on("agent", COPILOT.id, COPILOT.name)
                .on_user(person)
                .for_user(person)
                .meta("fields_shown", json!(["timeline"]));
            s.emit(draft);
        }
        return;
    }
    if draw < 4 {
        let draft =
            by("private_incident.access_attempted").meta("permission_needed", "private_incidents.read");
        s.emit(draft.denied("Not a member of this private incident"));
        return;
    }
    s.emit(by("private_incident.access_requested").because("asked to review the customer impact"));
    let wait_ms = s.rng.between(5, 90) * MINUTE;
    s.after(wait_ms, move |s| decide(s, &id, &title, person, draw < 8));
}

fn decide(s: &mut Simulation, id: &str, title: &str, person: PersonNo, is_granted: bool) {
    let reviewer = s.session_of(SECURITY_LEAD);
    let by = |action| Draft::by(&reviewer, action).on("incident", id, title).on_user(person);
    if !is_granted {
        s.emit(
            by("private_incident.access_denied")
                .meta("reviewer", PEOPLE[SECURITY_LEAD].email())
                .denied("Not involved"),
        );
        return;
    }
    let until_ms = s.now_ms + 2 * DAY;
    let draft = by("private_incident.access_granted")
        .adds("/members", people::user_id(person))
        .adds("/expires_at", calendar::rfc3339(until_ms))
        .meta("granted_by", PEOPLE[SECURITY_LEAD].email())
        .meta("via", "grant");
    s.emit(draft);
    let (id, title) = (id.to_owned(), title.to_owned());
    s.after(2 * MINUTE, {
        let (id, title) = (id.clone(), title.clone());
        move |s| {
            let session = s.session_of(person);
            let draft =
                Draft::by(&session, "private_incident.viewed").on("incident", &id, &title).on_user(person);
            s.emit(draft.meta("fields_shown", json!(["summary"])));
        }
    });
    s.at(until_ms, move |s| {
        let removed = json!({"path": "/members", "op": "remove", "old": people::user_id(person)});
        let draft = Draft::machine(SYSTEM, "private_incident.access_revoked")
            .on("incident", &id, &title)
            .on_user(person);
        s.emit(draft.changes([removed]).because("the grant expired"));
    });
}
