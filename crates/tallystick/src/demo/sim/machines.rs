//! What runs by itself: deployments, directory syncs, backups, workflows, webhooks, infrastructure as code, and the
//! small failures of all of them.

use serde_json::json;

use super::Simulation;
use super::calendar::{self, DAY, HOUR, MINUTE, SECOND};
use super::chores;
use super::draft::Draft;
use super::organization::{DEPLOYER, SCIM, SERVICES, SLACK, SYSTEM, TERRAFORM, WAREHOUSE};
use super::people::{PEOPLE, Role};

pub(super) fn begin(s: &mut Simulation) {
    s.every(37 * MINUTE, 2 * HOUR, directory_sync);
    s.every(2 * HOUR + 10 * MINUTE, DAY, backup);
    s.every(3 * HOUR + 5 * MINUTE, DAY, warehouse_export);
    s.now_and_then(40 * MINUTE, deployment);
    s.now_and_then(55 * MINUTE, workflow_run);
    s.now_and_then(31 * HOUR, terraform);
    s.now_and_then(3 * HOUR, small_failure);
    s.now_and_then(7 * HOUR, component_error);
    s.now_and_then(3 * DAY, webhook_dies);
    s.now_and_then(9 * DAY, upgrade);
    s.now_and_then(7 * HOUR, data_work);
    s.now_and_then(14 * HOUR, tokens);
    s.now_and_then(45 * HOUR, status_by_chat);
}

fn directory_sync(s: &mut Simulation) {
    let draft = Draft::machine(SCIM, "scim_directory.synced")
        .on("scim_directory", "dir_okta", "Okta directory")
        .meta("created", 0)
        .meta("updated", s.rng.between(0, 2))
        .meta("deactivated", 0)
        .meta("errors", 0)
        .meta("took_ms", s.rng.between(400, 2600));
    s.emit(draft);
}

fn backup(s: &mut Simulation) {
    let id = format!("bkp_{}", calendar::date(s.now_ms));
    let fails = s.rng.chance(0.04);
    let action = if fails { "backup.failed" } else { "backup.completed" };
    let draft = Draft::machine(SYSTEM, action).on("backup", &id, &id);
    let draft = if fails {
        draft.meta("error_code", "no_space_left").failed("The target volume is full")
    } else {
        let bytes = 48_000_000_000 + s.rng.between(0, 900_000_000);
        let draft = draft.meta("bytes", bytes).meta("took_s", s.rng.between(600, 1300));
        draft.meta("digest", format!("sha256:{}", s.rng.hex(32)))
    };
    s.emit(draft);
}

/// The nightly report. Its size is ordinary, which is what makes an extraordinary one stand out.
fn warehouse_export(s: &mut Simulation) {
    let export = s.new_id("exp");
    let rows = s.rng.between(380, 900);
    let draft = Draft::machine(WAREHOUSE, "record.exported")
        .on("incident", "incident_list", "All incidents")
        .on("export", &export, "incidents-nightly.parquet")
        .meta("format", "parquet")
        .meta("rows", rows)
        .meta("digest", format!("sha256:{}", s.rng.hex(32)));
    s.emit(draft);
}

fn deployment(s: &mut Simulation) {
    let hour = s.now_ms.rem_euclid(DAY) / HOUR;
    let weekday = calendar::weekday(calendar::day_of(s.now_ms)) < 5;
    let is_calm = !(7..19).contains(&hour) || !weekday;
    let skip = s.rng.chance(0.85);
    let (id, name, ..) = *s.rng.pick(SERVICES);
    if is_calm && skip {
        return;
    }
    let deployment = s.new_id("dep");
    let fails = s.rng.chance(0.12);
    let version = format!("{}.{}.{}", s.rng.between(2, 9), s.rng.between(0, 40), s.rng.between(0, 9));
    let draft = Draft::machine(DEPLOYER, "deployment.recorded")
        .on("service", id, name)
        .on("deployment", &deployment, &version)
        .context("trace_id", s.rng.hex(32))
        .meta("version", version.as_str())
        .meta("commit", s.rng.hex(40))
        .meta("environment", "production")
        .meta("took_s", s.rng.between(40, 600));
    s.emit(if fails { draft.failed("Rolled back: the health check failed") } else { draft });
}

fn workflow_run(s: &mut Simulation) {
    let workflows = s.registry.alive("workflow");
    let thing = s.registry.get(*s.rng.pick(&workflows));
    let (id, name) = (thing.id.clone(), thing.name().to_owned());
    let run = s.new_id("run");
    let event = format!("evt-ref-{}", s.rng.hex(8));
    let draft = Draft::machine(SYSTEM, "workflow.run_started")
        .on("workflow", &id, &name)
        .on("run", &run, &run)
        .meta("trigger_event", event);
    s.emit(draft);
    let draw = s.rng.below(20);
    let wait_ms = s.rng.between(2, 90) * SECOND;
    if draw < 4 {
        s.after(wait_ms, move |s| {
            let draft = Draft::machine(SYSTEM, "workflow.run_failed")
                .on("workflow", &id, &name)
                .on("run", &run, &run)
                .meta("step", 2)
                .meta("error_code", "channel_archived");
            s.emit(draft.failed("The channel to post to is archived"));
        });
    } else if draw < 7 {
        s.after(wait_ms, move |s| {
            let Some(session) = s.somebody(|no| PEOPLE[no].role == Role::Manager) else { return };
            let draft = Draft::by(&session, "workflow.run_approved")
                .on("workflow", &id, &name)
                .on("run", &run, &run)
                .on_user(session.person)
                .meta("gate", "send mail to partner banks");
            s.emit(draft);
        });
    }
}

fn terraform(s: &mut Simulation) {
    let (trace, request) = (s.rng.hex(32), format!("req_{}", s.rng.hex(16)));
    let run = format!("run-{}", s.rng.hex(10));
    chores::apply_plan(s, |action| {
        Draft::machine(TERRAFORM, action)
            .context("trace_id", trace.as_str())
            .context("request_id", request.as_str())
            .meta("terraform_run", run.as_str())
            .meta("workspace", "incident-prod")
    });
}

fn small_failure(s: &mut Simulation) {
    let draft = match s.rng.below(5) {
        0 => Draft::machine(SYSTEM, "integration.failed")
            .on("integration", "int_jira", "Jira")
            .meta("error_code", "token_expired")
            .meta("since", calendar::rfc3339(s.now_ms - 4 * MINUTE))
            .failed("The remote side answered 401"),
        1 => Draft::machine(SYSTEM, "extension.tested")
            .on("extension", "ext_ledger", "Ledger lookup")
            .meta("result", "timeout")
            .meta("latency_ms", 10_000)
            .failed("No answer within ten seconds"),
        2 => Draft::machine(SYSTEM, "webhook.replayed")
            .on("webhook", "wh_warehouse", "Warehouse feed")
            .meta("count", s.rng.between(1, 30)),
        3 => Draft::machine(SYSTEM, "system.clock_skew_detected")
            .on("node", "node_b", "worker b")
            .meta("offset_ms", s.rng.between(180, 900))
            .meta("source", "ntp"),
        _ => Draft::machine(SYSTEM, "extension.tested")
            .on("extension", "ext_merchant", "Merchant impact")
            .meta("result", "ok")
            .meta("latency_ms", s.rng.between(60, 400)),
    };
    s.emit(draft);
}

fn component_error(s: &mut Simulation) {
    let fingerprint = s.rng.hex(12);
    let draft = Draft::machine(SYSTEM, "system.error_raised")
        .on("component", "notifier", "Notification sender")
        .context("trace_id", s.rng.hex(32))
        .meta("error_code", "provider_timeout")
        .meta("fingerprint", fingerprint.as_str())
        .meta("count", s.rng.between(1, 40))
        .failed("The phone provider did not answer in time");
    s.emit(draft);
    s.after(23 * MINUTE, move |s| {
        let draft = Draft::machine(SYSTEM, "system.error_resolved").on(
            "component",
            "notifier",
            "Notification sender",
        );
        s.emit(draft.meta("fingerprint", fingerprint));
    });
}

/// A receiver fails often enough that the product gives up on it; an admin turns it on again later.
fn webhook_dies(s: &mut Simulation) {
    let webhook = s.registry.by_id("wh_bank");
    let Some(change) = s.registry.set(webhook, "/enabled", json!(false)) else { return };
    let draft = Draft::machine(SYSTEM, "webhook.disabled_automatically")
        .on("webhook", "wh_bank", "Partner bank notice")
        .changes([change])
        .meta("failures", 50)
        .meta("last_status", 503);
    s.emit(draft.because("fifty deliveries in a row failed"));
    s.after(5 * HOUR, move |s| {
        let session = s.somebody(Simulation::is_admin);
        let Some(change) = s.registry.set(webhook, "/enabled", json!(true)) else { return };
        let draft = match session {
            Some(session) => Draft::by(&session, "webhook.updated"),
            None => Draft::machine(TERRAFORM, "webhook.updated"),
        };
        s.emit(draft.on("webhook", "wh_bank", "Partner bank notice").changes([change]));
    });
}

fn upgrade(s: &mut Simulation) {
    let minor = s.rng.between(20, 60);
    s.emit(
        Draft::machine(SYSTEM, "system.stopped")
            .on("node", "node_a", "edge agent a")
            .meta("reason", "upgrade")
            .meta("clean", true),
    );
    s.after(40 * SECOND, move |s| {
        let draft = Draft::machine(SYSTEM, "system.upgraded").on("node", "node_a", "edge agent a");
        s.emit(draft.change("/version", format!("3.{}.0", minor - 1), format!("3.{minor}.0")));
        let draft = Draft::machine(SYSTEM, "system.started").on("node", "node_a", "edge agent a");
        let draft = draft.meta("version", format!("3.{minor}.0")).meta("config_hash", s.rng.hex(12));
        s.emit(draft);
    });
}

/// The database speaks for itself: changes that the application made, and one in twenty that nobody expected.
fn data_work(s: &mut Simulation) {
    let row = format!("merchant_limits/{}", s.rng.between(100, 999));
    let limit = s.rng.between(1, 40) * 1000;
    if s.rng.chance(0.05) {
        let draft = Draft::machine(SYSTEM, "database.direct_write_detected")
            .on("table", "merchant_limits", "merchant_limits")
            .on("row", &row, &row)
            .meta("db_user", "dba_breakglass")
            .meta("client_addr", "10.42.1.9");
        s.emit(draft.because("no application event matches this write"));
    } else {
        let draft = Draft::machine(SYSTEM, "database_row.changed")
            .on("table", "merchant_limits", "merchant_limits")
            .on("row", &row, &row)
            .change("/daily_limit", limit, limit + 5000)
            .meta("tx", s.rng.between(8_000_000, 9_000_000))
            .meta("app_context_matched", true);
        s.emit(draft);
    }
}

/// Long-lived credentials of apps turn over.
fn tokens(s: &mut Simulation) {
    let Some(session) = s.somebody(|_| true) else { return };
    let (app, name) = *s.rng.pick(&[("app_grafana", "Grafana"), ("app_backstage", "Backstage")]);
    let id = s.new_id("rt");
    let by = |action| Draft::by(&session, action);
    let draft = match s.rng.below(6) {
        0..=1 => by("oauth_grant.authorized")
            .on("oauth_app", app, name)
            .on_user(session.person)
            .adds("/scopes", json!(["incidents:read"])),
        2 => by("refresh_token.issued")
            .on("refresh_token", &id, name)
            .on_user(session.person)
            .adds("/fingerprint", s.rng.hex(12)),
        3 => {
            let (old, new) = (s.rng.hex(12), s.rng.hex(12));
            by("refresh_token.rotated").on("refresh_token", &id, name).change("/fingerprint", old, new)
        }
        4 => {
            by("refresh_token.revoked").on("refresh_token", &id, name).change("/status", "active", "revoked")
        }
        _ => {
            let old = json!({"path": "/scopes", "op": "remove", "old": ["incidents:read"]});
            by("oauth_grant.revoked").on("oauth_app", app, name).on_user(session.person).changes([old])
        }
    };
    s.emit(draft);
}

fn status_by_chat(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].role != Role::Stakeholder) else { return };
    let service = s.rng.below(SERVICES.len() as u32 - 1) as usize;
    let other = s.rng.below(SERVICES.len() as u32 - 1) as usize;
    let thing = s.registry.by_id(SERVICES[service].0);
    let dependency = json!(SERVICES[other].0);
    let (action, change) = match s.registry.pull(thing, "/dependencies", &dependency) {
        Some(change) => ("service.dependency_removed", change),
        None => ("service.dependency_added", s.registry.push(thing, "/dependencies", dependency)),
    };
    let draft = Draft::machine(SLACK, action)
        .on("service", SERVICES[service].0, SERVICES[service].1)
        .on("service", SERVICES[other].0, SERVICES[other].1)
        .for_user(session.person)
        .changes([change]);
    s.emit(draft);
}
