//! How the intrusion is found, on the Monday after: somebody wonders why the SIEM is quiet, follows the trail through
//! the audit log, and shuts every door that was opened.

use serde_json::json;

use super::alerts;
use super::attack::{INTRUDER_IP, KEY_ID, KEY_NAME};
use super::calendar::{self, DAY, MINUTE};
use super::draft::Draft;
use super::incidents;
use super::organization::{FORGOTTEN, SYSTEM};
use super::people::{self, HUNTER, PEOPLE, SECURITY_LEAD, VICTIM};
use super::{Simulation, StepFn};

const CASE: &str = "Intrusion through Tomás Figueiredo's account";

pub(super) fn begin(s: &mut Simulation, monday: i64) {
    let steps: [(i64, i64, StepFn); 6] = [
        (9, 6, notice),
        (9, 31, declare),
        (9, 38, lock),
        (9, 55, close_doors),
        (10, 40, preserve),
        (15, 20, next_steps),
    ];
    for (hour, minute, step) in steps {
        let at_ms = s.instant(monday, hour, minute);
        // Nobody does anything at the full minute.
        let seconds_ms = s.rng.between(2_000, 56_000);
        s.at(at_ms + seconds_ms, step);
    }
}

/// The questions she asks, in order; the tour of the documentation asks the same.
fn notice(s: &mut Simulation) {
    let session = s.session_of(HUNTER);
    let questions = [
        ("action:audit_stream.paused", 1),
        ("actor:ci-metrics", 9),
        ("target:ci-metrics action:api_key.created", 1),
        ("ip:198.51.100.160/27", 114),
        ("actor:tomas.figueiredo@northlight.example country:SC", 25),
        ("actor:svc-pager-bridge action:record.exported", 3),
    ];
    for (nth, (query, count)) in questions.into_iter().enumerate() {
        let session = session.clone();
        s.after(nth as i64 * 4 * MINUTE, move |s| {
            let draft = Draft::by(&session, "audit_log.searched").on("audit_log", "audit_log", "Audit log");
            let draft = draft.meta("query", query).meta("returned_count", count);
            s.emit(draft.meta("purpose", "Splunk has had no events since Sunday"));
        });
    }
}

fn declare(s: &mut Simulation) {
    let session = s.session_of(HUNTER);
    if let Some(alert) = s.case_alert.take() {
        alerts::acknowledge(s, alert, HUNTER, "app");
    }
    let incident = incidents::declare_by(s, session.clone(), CASE, 1, true);
    let by = |action| Draft::by(&session, action).on("incident", &incident.id, CASE);
    let draft = by("incident.role_assigned")
        .on("incident_role", "role_commander", "Incident commander")
        .on_user(SECURITY_LEAD);
    s.emit(draft.adds("/assignee", PEOPLE[SECURITY_LEAD].email()));
    s.emit(by("incident.status_changed").change("/status", "triage", "investigating"));
    s.after(7 * DAY, move |s| {
        let draft = Draft::by(&session, "postmortem.published")
            .on("postmortem", "pm_intrusion", &format!("Postmortem: {CASE}"))
            .on("incident", &incident.id, CASE)
            .change("/status", "draft", "published");
        s.emit(draft.adds("/audience", "members"));
    });
}

/// The account, its sessions, the key, the forgotten account.
fn lock(s: &mut Simulation) {
    let session = s.session_of(HUNTER);
    let by = |action| Draft::by(&session, action);
    if let Some(open) = s.sessions[VICTIM].take() {
        let draft =
            by("session.revoked").on("session", &open.id, &open.id).on_user(VICTIM).meta("revoked_count", 3);
        s.emit(draft.because("account taken over"));
    } else {
        let draft = by("session.revoked").on_user(VICTIM).meta("revoked_count", 2);
        s.emit(draft.because("account taken over"));
    }
    let user = s.registry.by_id(&people::user_id(VICTIM));
    let change = s.registry.set(user, "/status", json!("suspended"));
    s.emit(
        by("user.suspended")
            .on_user(VICTIM)
            .changes(change)
            .because("locked until the password and factors are new"),
    );
    let key = s.registry.by_id(KEY_ID);
    let change = s.registry.set(key, "/status", json!("revoked"));
    s.registry.set_alive(key, false);
    s.emit(
        by("api_key.revoked")
            .on("api_key", KEY_ID, KEY_NAME)
            .changes(change)
            .because("created by the intruder"),
    );
    let account = s.registry.by_id(FORGOTTEN.id);
    for (role, name) in [("admin", "Admin"), ("private_incident_reader", "Private incident reader")] {
        let change = s.registry.pull(account, "/roles", &json!(role));
        let draft = by("user.role_removed")
            .on("service_account", FORGOTTEN.id, FORGOTTEN.name)
            .on("role", role, name);
        s.emit(draft.changes(change).because("granted by the intruder"));
    }
    s.registry.set_alive(account, false);
    let image = s.registry.before_image(account);
    let draft =
        by("service_account.deleted").on("service_account", FORGOTTEN.id, FORGOTTEN.name).changes(image);
    s.emit(draft.because("its owner left in spring"));
    for nth in 0..9 {
        s.after(nth * 4 * MINUTE, |s| {
            let draft = Draft::machine(FORGOTTEN, "api_key.rejected")
                .on("api_key", "key_bridge", "pager bridge")
                .context("ip", INTRUDER_IP)
                .context("country", super::attack::INTRUDER_COUNTRY)
                .meta("reason_code", "revoked");
            s.emit(draft.denied("The account no longer exists"));
        });
    }
}

/// Everything that was weakened is as it was, with the value that it had.
fn close_doors(s: &mut Simulation) {
    let session = s.session_of(SECURITY_LEAD);
    let by = |action| Draft::by(&session, action);
    let organization = s.registry.by_id("northlight");
    let change = s.registry.set(organization, "/sso_required", json!(true));
    s.emit(
        by("sso_enforcement.enabled").on("organization", "northlight", "Northlight Payments").changes(change),
    );
    let policy = s.registry.by_id("ep_security");
    let target = s.registry.set(policy, "/levels/0/target", json!("sch_security"));
    let timeout = s.registry.set(policy, "/levels/0/timeout_min", json!(5));
    let draft = by("escalation_policy.restored").on("escalation_policy", "ep_security", "Security SOC");
    s.emit(draft.changes(target).changes(timeout));
    let rule = s.registry.by_id("rule_country");
    let change = s.registry.set(rule, "/enabled", json!(true));
    s.emit(
        by("audit_alert_rule.updated")
            .on("alert_rule", "rule_country", "Sign-in from a new country")
            .changes(change),
    );
    let stream = s.registry.by_id("ast_splunk");
    let change = s.registry.set(stream, "/state", json!("running"));
    let draft = by("audit_stream.resumed").on("audit_stream", "ast_splunk", "Splunk SIEM");
    let backlog = s.rng.between(900, 1400);
    s.emit(draft.changes(change).meta("backlog", backlog));
}

/// Evidence first, conclusions later.
fn preserve(s: &mut Simulation) {
    let session = s.session_of(SECURITY_LEAD);
    let draft = Draft::by(&session, "legal_hold.placed").on("legal_hold", "hold_7", CASE);
    s.emit(
        draft.adds("/query", "ip:198.51.100.160/27 OR actor:svc-pager-bridge").adds("/matter_id", "LEG-118"),
    );
    let draft = Draft::by(&session, "audit_export.requested").on("audit_export", "axp_case", CASE);
    s.emit(
        draft.meta("filter", "ip:198.51.100.160/27").meta("format", "evidence").meta("rows_estimate", 123),
    );
    s.after(MINUTE, |s| {
        let digest = s.rng.hex(64);
        let draft = Draft::machine(SYSTEM, "audit_export.completed").on("audit_export", "axp_case", CASE);
        s.emit(draft.meta("rows", 123).meta("sha256", digest));
    });
}

fn next_steps(s: &mut Simulation) {
    let session = s.session_of(SECURITY_LEAD);
    for title in [
        "Only number-matching prompts as second factor",
        "API keys expire after 90 days at the latest",
        "Delete service accounts whose owner has left",
        "A paused audit stream pages the security on-call",
    ] {
        let id = s.new_id("fu");
        let draft =
            Draft::by(&session, "follow_up.created").on("follow_up", &id, title).adds("/title", title);
        s.emit(draft.adds("/due_at", calendar::date(s.now_ms + 14 * DAY)));
    }
    s.after(DAY, |s| {
        let session = s.session_of(44);
        s.emit(Draft::by(&session, "password.reset_completed").on_user(VICTIM).meta("by", "admin"));
        let user = s.registry.by_id(&people::user_id(VICTIM));
        let change = s.registry.set(user, "/status", json!("active"));
        s.emit(Draft::by(&session, "user.reactivated").on_user(VICTIM).changes(change));
    });
}
