//! Configuration work: one table of what people change, create and delete, and one small engine that runs it against
//! the registry. It exists so that a hundred kinds of change need a hundred lines and all of them are consistent.

use serde_json::{Value, json};

use super::Simulation;
use super::calendar::{self, DAY};
use super::draft::{Draft, Session};
use super::people::{PEOPLE, Role};
use super::registry::ThingNo;

/// What a chore does to a thing.
#[derive(Clone, Copy)]
enum Deed {
    /// Gives one of the paths another value out of a JSON list.
    Set(&'static [(&'static str, &'static str)]),
    /// Switches `enabled`; the second action is the one for switching off.
    Switch(&'static str),
    /// Adds to or takes from a list, the value out of a JSON list.
    Member(&'static str, &'static str),
    /// Gives a secret another fingerprint.
    Rotate(&'static str),
    /// Creates a thing: id prefix and a JSON list of attribute objects.
    Create(&'static str, &'static str),
    /// Deletes a thing that daily work created.
    Delete,
}

use Deed::{Create, Delete, Member, Rotate, Set, Switch};

/// Who may do a chore.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Admins,
    Managers,
    All,
}

use Who::{Admins, All, Managers};

/// How often (against the others), who, with which action, on which kind of thing, and what.
type Chore = (u32, Who, &'static str, &'static str, Deed);

#[rustfmt::skip] // a table: one row a chore
const CHORES: &[Chore] = &[
    (9, Managers, "escalation_policy.updated", "escalation_policy", Set(&[("/levels/0/timeout_min",
        "[3,4,5,8,10]"), ("/levels/1/timeout_min", "[10,15,20,30]"), ("/repeat", "[1,2,3]")])),
    (3, Managers, "escalation_policy.created", "escalation_policy", Create("ep", r#"[{"name":"Black Friday war room","repeat":3,"team":"Payments","levels":[{"target":"sch_payments","timeout_min":2},{"target":"sch_managers","timeout_min":5}]},{"name":"Migration weekend","repeat":1,"team":"Ledger","levels":[{"target":"sch_ledger","timeout_min":10}]}]"#)),
    (2, Managers, "escalation_policy.deleted", "escalation_policy", Delete),
    (4, Managers, "escalation_path.updated", "escalation_path", Set(&[("/working_hours",
        r#"["09:00-17:00","08:00-18:00","always"]"#)])),
    (2, Managers, "escalation_path.created", "escalation_path", Create("path", r#"[{"name":"Bank holidays","working_hours":"10:00-16:00","conditions":"calendar = bank","levels":[{"ack_timeout_s":600,"retries":1}]}]"#)),
    (1, Managers, "escalation_path.deleted", "escalation_path", Delete),
    (3, Managers, "escalation_level.updated", "escalation_path", Set(&[("/levels/0/ack_timeout_s",
        "[120,180,300,600,900]"), ("/levels/0/retries", "[1,2,3]")])),
    (3, Managers, "schedule.updated", "schedule", Set(&[("/handover",
        r#"["Monday 09:00","Monday 10:00","Monday 08:30"]"#)])),
    (2, Managers, "schedule.created", "schedule", Create("sch", r#"[{"name":"Launch support","timezone":"UTC","handover":"daily","interval":"1d"},{"name":"Shadow rotation","timezone":"Europe/Lisbon","handover":"Monday 09:00","interval":"1w"}]"#)),
    (1, Managers, "schedule.deleted", "schedule", Delete),
    (2, Managers, "schedule_rotation.created", "rotation", Create("rot", r#"[{"name":"Weekend only","interval":"1w","handover":"Friday 18:00"},{"name":"Nights","interval":"2w","handover":"20:00"}]"#)),
    (1, Managers, "schedule_rotation.deleted", "rotation", Delete),
    (2, Managers, "holiday_calendar.updated", "calendar", Member("/entries", r#"["01-06","11-02","06-10","05-01"]"#)),
    (6, All, "alert_source.updated", "alert_source", Set(&[("/grouping_window_s", "[60,120,300,600]"),
        ("/default_priority", r#"["P1","P2","P3"]"#)])),
    (3, Admins, "alert_source.enabled", "alert_source", Switch("alert_source.disabled")),
    (2, Admins, "alert_source.created", "alert_source", Create("src", r#"[{"name":"Sandbox checks","kind":"http","enabled":true,"grouping_window_s":60,"default_priority":"P4"},{"name":"Cloud billing alarms","kind":"email","enabled":true,"grouping_window_s":900,"default_priority":"P3"}]"#)),
    (1, Admins, "alert_source.deleted", "alert_source", Delete),
    (2, Admins, "alert_source.key_rotated", "alert_source", Rotate("/fingerprint")),
    (5, Managers, "alert_route.updated", "alert_route", Set(&[("/grouping_min", "[5,10,15,30,60]")])),
    (2, Managers, "alert_route.reordered", "alert_route", Set(&[("/order", "[1,2,3,4,5]")])),
    (2, Managers, "alert_route.enabled", "alert_route", Switch("alert_route.disabled")),
    (2, Managers, "alert_route.created", "alert_route", Create("rt",
        r#"[{"name":"Launch week","order":5,"conditions":"label.launch = true","grouping_min":5,"enabled":true}]"#)),
    (1, Managers, "alert_route.deleted", "alert_route", Delete),
    (3, Admins, "integration.updated", "integration", Set(&[("/channel", r##"["#incidents","#alerts","#inc-payments","#inc-platform"]"##)])),
    (2, Admins, "integration.reauthorized", "integration", Rotate("/fingerprint")),
    (1, Admins, "integration.installed", "integration", Create("int", r##"[{"name":"Linear","kind":"linear","scopes":["issues:write"],"channel":"#followups"},{"name":"Statuspage mirror","kind":"http","scopes":[],"channel":"#status"}]"##)),
    (1, Admins, "integration.uninstalled", "integration", Delete),
    (2, Managers, "extension.updated", "extension", Set(&[("/filters",
        r#"["severity <= 2","service = ledger-core","true"]"#)])),
    (1, Managers, "extension.created", "extension", Create("ext", r#"[{"name":"Feature flag lookup","type":"http","target_url":"https://tools.northlight.example/flags","filters":"true"}]"#)),
    (1, Managers, "extension.deleted", "extension", Delete),
    (5, Managers, "workflow.updated", "workflow", Set(&[("/version", "[5,6,7,8,9,10,11,12]"), ("/steps/0",
        r#"["create call","page the commander","collect logs","draft mail"]"#)])),
    (2, Managers, "workflow.enabled", "workflow", Switch("workflow.disabled")),
    (2, Managers, "workflow.created", "workflow", Create("wf", r#"[{"name":"Invite the bank liaison","trigger":"incident.declared","steps":["look up bank","invite"],"version":1,"enabled":true},{"name":"Archive the channel","trigger":"incident.resolved","steps":["wait 7 days","archive"],"version":1,"enabled":true}]"#)),
    (1, Managers, "workflow.deleted", "workflow", Delete),
    (3, Managers, "automation_rule.updated", "automation_rule", Set(&[("/action",
        r#"["resolve","priority P4","priority P3","add note"]"#)])),
    (2, Managers, "automation_rule.created", "automation_rule", Create("ar",
        r#"[{"name":"Snooze nightly batch","match":"service = reconciliation","action":"snooze 1h","enabled":true}]"#)),
    (1, Managers, "automation_rule.deleted", "automation_rule", Delete),
    (8, All, "runbook.updated", "runbook", Set(&[("/version", "[6,7,8,9,10,11,12,13,14,15]")])),
    (2, All, "runbook.created", "runbook", Create("rb", r#"[{"name":"Replay failed webhooks","version":1,"steps_sha256":"77ab01f2"},{"name":"Block a card range","version":1,"steps_sha256":"0cd9921e"}]"#)),
    (1, All, "runbook.deleted", "runbook", Delete),
    (4, Managers, "service.updated", "service", Set(&[("/tier", "[1,2,3]")])),
    (2, Managers, "service.created", "service", Create("svc", r#"[{"name":"receipt-renderer","owner_team":"Apps","tier":3,"escalation_policy":"ep_apps","dependencies":[]},{"name":"fx-rates","owner_team":"Ledger","tier":2,"escalation_policy":"ep_ledger","dependencies":[]}]"#)),
    (1, Managers, "service.deleted", "service", Delete),
    (9, All, "feature_flag.toggled", "feature_flag", Set(&[("/state", r#"["off","10%","25%","50%","on"]"#)])),
    (2, Managers, "incident_type.updated", "incident_type", Set(&[("/default_severity", r#"["minor","major"]"#)])),
    (1, Admins, "incident_severity.updated", "severity", Set(&[("/pages_leadership", "[true,false]")])),
    (2, Managers, "custom_field.updated", "custom_field", Member("/options", r#"["eu-north","sa-east","me-central"]"#)),
    (2, Managers, "status_page.updated", "status_page", Set(&[("/theme", r#"["light","dark"]"#)])),
    (3, Admins, "organization.settings_updated", "organization", Set(&[("/session_idle_min", "[30,60,120]"),
        ("/postmortem_due_days", "[5,7,10]")])),
    (3, Admins, "system_setting.updated", "setting", Set(&[("/value", r#"[20,30,45,400,"primary","secondary"]"#)])),
    (2, Managers, "team.updated", "team", Set(&[("/default_severity", r#"["minor","major"]"#),
        ("/visibility", r#"["open","closed"]"#)])),
    (1, Admins, "team.created", "team", Create("team", r#"[{"name":"Peak season taskforce","visibility":"open","default_severity":"major","members":[]}]"#)),
    (1, Admins, "team.deleted", "team", Delete),
    (2, Admins, "role.updated", "role", Member("/permissions", r#"["runbooks.write","exports.create","flags.write"]"#)),
    (1, Admins, "role.created", "role", Create("role",
        r#"[{"name":"Status page editor","permissions":["status_pages.write"]}]"#)),
    (1, Admins, "role.deleted", "role", Delete),
    (1, Admins, "permission_policy.updated", "policy", Member("/rules",
        r#"["second approver above 10000 rows","office network only"]"#)),
    (3, Admins, "api_key.created", "api_key", Create("key", r#"[{"name":"grafana annotations","scopes":["incidents:read"],"owner":"Core SRE","status":"active","ip_allowlist":[]},{"name":"quarterly report script","scopes":["incidents:read","exports:write"],"owner":"Finance","status":"active","ip_allowlist":[]}]"#)),
    (2, Admins, "api_key.updated", "api_key", Member("/scopes", r#"["schedules:read","services:read"]"#)),
    (2, Admins, "api_key.rotated", "api_key", Rotate("/fingerprint")),
    (2, Admins, "api_key.revoked", "api_key", Delete),
    (1, Admins, "oauth_app.updated", "oauth_app", Member("/scopes", r#"["incidents:read","alerts:read"]"#)),
    (1, Admins, "oauth_app.secret_rotated", "oauth_app", Rotate("/fingerprint")),
    (1, Admins, "oauth_app.created", "oauth_app", Create("app", r#"[{"name":"Retro board","redirect_uris":["https://retro.northlight.example/cb"],"scopes":["incidents:read"]}]"#)),
    (1, Admins, "oauth_app.deleted", "oauth_app", Delete),
    (2, Admins, "webhook.updated", "webhook", Member("/events", r#"["incident.resolved","postmortem.published"]"#)),
    (1, Admins, "webhook.secret_rotated", "webhook", Rotate("/fingerprint")),
    (1, Admins, "webhook.created", "webhook", Create("wh", r#"[{"name":"Wallboard","url":"https://wallboard.northlight.example/in","events":["incident.*"],"enabled":true}]"#)),
    (1, Admins, "webhook.deleted", "webhook", Delete),
    (1, Admins, "scim_group.role_mapping_updated", "scim_group", Set(&[("/roles/0",
        r#"["responder","stakeholder"]"#)])),
    (1, Admins, "service_account.created", "service_account", Create("sa", r#"[{"name":"svc-load-test","owner":"Core SRE","roles":["responder"]},{"name":"svc-bank-liaison","owner":"Payments","roles":["stakeholder"]}]"#)),
    (1, Admins, "service_account.updated", "service_account", Set(&[("/owner", r#"["Platform","Core SRE","Risk"]"#)])),
    (1, Admins, "service_account.deleted", "service_account", Delete),
    (1, Admins, "identity_domain.verified", "domain", Create("dom", r#"[{"name":"northlight-pay.example","method":"dns"},{"name":"northlight.example.org","method":"dns"}]"#)),
];

/// One chore that the person of the session may do; reads as a refused attempt if their role forbids it.
pub(super) fn run(s: &mut Simulation, session: &Session) {
    let role = PEOPLE[session.person].role;
    let may = |who: Who| match who {
        Admins => Simulation::is_admin(session.person),
        Managers => role != Role::Responder,
        All => true,
    };
    let total: u32 = CHORES.iter().filter(|chore| may(chore.1)).map(|chore| chore.0).sum();
    let mut draw = s.rng.below(total);
    let allowed = CHORES.iter().filter(|chore| may(chore.1));
    for chore in allowed {
        if draw < chore.0 {
            return perform(s, |action| Draft::by(session, action), chore);
        }
        draw -= chore.0;
    }
}

/// A run of infrastructure as code: several changes in one transaction.
pub(super) fn apply_plan(s: &mut Simulation, draft: impl Fn(&'static str) -> Draft) {
    let planned: Vec<&Chore> =
        CHORES.iter().filter(|chore| matches!(chore.4, Set(_)) && chore.1 == Managers).collect();
    for _ in 0..s.rng.between(1, 4) {
        let chore = *s.rng.pick(&planned);
        perform(s, &draft, chore);
    }
}

fn perform(s: &mut Simulation, draft: impl Fn(&'static str) -> Draft, chore: &Chore) {
    let &(_, _, action, kind, deed) = chore;
    if let Create(prefix, choices) = deed {
        return create(s, draft(action), kind, prefix, choices);
    }
    let mut things = s.registry.alive(kind);
    // The told stories rely on these as they were on the first day; only they change them.
    things.retain(|&no| !["ep_security", "sa_pager_bridge"].contains(&s.registry.get(no).id.as_str()));
    if matches!(deed, Delete) {
        things.retain(|&no| s.registry.get(no).is_disposable);
    }
    let Some(&thing) = things.get(s.rng.below(things.len() as u32) as usize) else { return };
    let (action, changes) = match deed {
        Set(paths) => (action, set_one(s, thing, paths)),
        Member(path, choices) => (action, toggle_member(s, thing, path, choices)),
        Rotate(path) => {
            let new = json!(format!("sha256:{}", s.rng.hex(12)));
            (action, s.registry.set(thing, path, new).into_iter().collect())
        }
        Switch(off) => {
            let was_on = s.registry.value(thing, "/enabled") == Some(&json!(true));
            let change = s.registry.set(thing, "/enabled", json!(!was_on));
            (if was_on { off } else { action }, change.into_iter().collect())
        }
        Delete => {
            s.registry.set_alive(thing, false);
            (action, s.registry.before_image(thing))
        }
        Create(..) => return,
    };
    if changes.is_empty() {
        return;
    }
    let thing = s.registry.get(thing);
    let event = draft(action).on(kind, &thing.id, thing.name()).changes(changes);
    s.emit(event);
}

fn choices(list: &str) -> Vec<Value> {
    serde_json::from_str(list).expect("the table of chores holds JSON lists")
}

/// Gives one path a value it does not have; only values of the kind that is there, so that numbers stay numbers.
fn set_one(s: &mut Simulation, thing: ThingNo, paths: &[(&str, &str)]) -> Vec<Value> {
    let (path, list) = *s.rng.pick(paths);
    let old = s.registry.value(thing, path).cloned().unwrap_or_default();
    let fits = |value: &Value| *value != old && value.is_string() == old.is_string();
    let others: Vec<Value> = choices(list).into_iter().filter(fits).collect();
    let Some(new) = others.get(s.rng.below(others.len() as u32) as usize).cloned() else { return Vec::new() };
    s.registry.set(thing, path, new).into_iter().collect()
}

fn toggle_member(s: &mut Simulation, thing: ThingNo, path: &str, list: &str) -> Vec<Value> {
    let value = s.rng.pick(&choices(list)).clone();
    match s.registry.pull(thing, path, &value) {
        Some(change) => vec![change],
        None => vec![s.registry.push(thing, path, value)],
    }
}

/// Creates a thing unless enough of them exist: a live demonstration must not grow for ever.
fn create(s: &mut Simulation, draft: Draft, kind: &'static str, prefix: &str, list: &str) {
    let attributes = s.rng.pick(&choices(list)).clone();
    let disposable =
        s.registry.alive(kind).into_iter().filter(|&no| s.registry.get(no).is_disposable).count();
    if disposable >= 4 {
        return;
    }
    let id = s.new_id(prefix);
    let thing = s.registry.add(kind, id, attributes);
    s.registry.mark_disposable(thing);
    let expires = calendar::date(s.now_ms + 180 * DAY);
    if kind == "api_key" {
        let fingerprint = format!("sha256:{}", s.rng.hex(12));
        s.registry.set(thing, "/fingerprint", json!(fingerprint));
        s.registry.set(thing, "/expires_at", json!(expires));
    }
    let changes = s.registry.after_image(thing);
    let thing = s.registry.get(thing);
    let event = draft.on(kind, &thing.id, thing.name()).changes(changes);
    s.emit(event);
}
