//! How the sample organization is set up on its first day: services, policies, schedules, keys, streams. It exists
//! as data, so that the stories find everything by id and a reader sees the whole company on a few pages.

use serde_json::{Value, json};

use super::accounts::{access_tables, account_tables, audit_tables, identity_tables};
use super::draft::Machine;
use super::people::{self, ON_LEAVE, PEOPLE, PersonNo};
use super::registry::Registry;

/// The product itself, when nobody asked for what it does.
pub(crate) const SYSTEM: Machine = machine("system", "system", "Incident platform", "", "", "workflow");
/// The directory that provisions people.
pub(crate) const SCIM: Machine =
    machine("scim", "scim_okta", "Okta provisioning", "198.51.100.61", "Okta SCIM Client 1.0.0", "scim");
/// Infrastructure as code.
pub(crate) const TERRAFORM: Machine = machine(
    "service_account",
    "sa_terraform",
    "terraform-prod",
    "10.42.7.15",
    "Terraform/1.13.4 (+https://www.terraform.io) terraform-provider-incident/5.2.0",
    "terraform",
);
/// The pipeline that ships services.
pub(crate) const DEPLOYER: Machine = machine(
    "service_account",
    "sa_deployer",
    "github-actions-deployer",
    "10.42.9.31",
    "actions/github-script@v8",
    "api",
);
/// The forgotten account: its owner left, nobody removed it, and it still works.
pub(crate) const FORGOTTEN: Machine = machine(
    "service_account",
    "sa_pager_bridge",
    "svc-pager-bridge",
    "203.0.113.201",
    "python-httpx/0.27.0",
    "api",
);
/// Reporting for the warehouse.
pub(crate) const WAREHOUSE: Machine = machine(
    "service_account",
    "sa_warehouse",
    "svc-warehouse-export",
    "10.42.11.8",
    "airbyte-cdk/6.48",
    "api",
);
/// The chat integration.
pub(crate) const SLACK: Machine = machine(
    "integration",
    "int_slack",
    "Slack",
    "198.51.100.70",
    "Slackbot 1.0 (+https://api.slack.com/robots)",
    "slack",
);
/// Metrics and traces.
pub(crate) const DATADOG: Machine =
    machine("integration", "int_datadog", "Datadog", "198.51.100.81", "Datadog/Webhook-2.0", "api");
/// Cluster metrics.
pub(crate) const PROMETHEUS: Machine = machine(
    "integration",
    "int_prometheus",
    "Prometheus Alertmanager",
    "10.42.3.20",
    "Alertmanager/0.29.0",
    "api",
);
/// Code and security scanning.
pub(crate) const GITHUB: Machine =
    machine("integration", "int_github", "GitHub", "198.51.100.92", "GitHub-Hookshot/6f3a1c2", "api");
/// The assistant that works for people.
pub(crate) const COPILOT: Machine =
    machine("agent", "agt_responder", "Responder Copilot", "", "incident-mcp/2.3.0", "mcp");
/// The assistant that drafts postmortems.
pub(crate) const SCRIBE: Machine =
    machine("agent", "agt_scribe", "Postmortem Scribe", "", "incident-mcp/2.3.0", "mcp");
/// Somebody from the vendor's support.
pub(crate) const VENDOR: Machine = machine(
    "support",
    "sup_0417",
    "Vendor support (M. Lindgren)",
    "198.51.100.210",
    "Mozilla/5.0 (X11; Linux x86_64) SupportConsole/14",
    "ui",
);
/// Somebody who has not signed in.
pub(crate) const NOBODY: Machine = machine("anonymous", "anonymous", "Unknown visitor", "", "", "ui");

const fn machine(
    kind: &'static str,
    id: &'static str,
    name: &'static str,
    ip: &'static str,
    user_agent: &'static str,
    origin: &'static str,
) -> Machine {
    Machine { kind, id, name, ip, user_agent, origin }
}

/// A service: id, name, team, tier, escalation policy.
pub(crate) const SERVICES: &[(&str, &str, &str, i64, &str)] = &[
    ("svc_checkout", "checkout-api", "Payments", 1, "ep_payments"),
    ("svc_card_vault", "card-vault", "Payments", 1, "ep_payments"),
    ("svc_payouts", "payout-engine", "Payments", 1, "ep_payments"),
    ("svc_ledger", "ledger-core", "Ledger", 1, "ep_ledger"),
    ("svc_recon", "reconciliation", "Ledger", 2, "ep_ledger"),
    ("svc_fraud", "fraud-scoring", "Risk", 1, "ep_risk"),
    ("svc_kyc", "identity-checks", "Risk", 2, "ep_risk"),
    ("svc_dashboard", "merchant-dashboard", "Apps", 2, "ep_apps"),
    ("svc_mobile", "mobile-gateway", "Apps", 2, "ep_apps"),
    ("svc_auth", "auth-gateway", "Platform", 1, "ep_platform"),
    ("svc_bus", "event-bus", "Platform", 1, "ep_platform"),
    ("svc_postgres", "postgres-main", "Platform", 1, "ep_platform"),
    ("svc_kubernetes", "kubernetes-prod", "Core SRE", 1, "ep_core"),
    ("svc_edge", "edge-proxy", "Core SRE", 1, "ep_core"),
    ("svc_siem", "siem-forwarder", "Security", 2, "ep_security"),
];

/// A schedule: id, name, time zone, members in order of rotation.
const SCHEDULES: &[(&str, &str, &str, &[PersonNo])] = &[
    ("sch_payments", "Payments primary", "Europe/Lisbon", &[11, 12, 14, 15, 13]),
    ("sch_ledger", "Ledger primary", "Europe/Warsaw", &[17, 19, 20, 18]),
    ("sch_risk", "Risk primary", "America/Toronto", &[22, 24, 25, 23]),
    ("sch_platform", "Platform primary", "Europe/Paris", &[26, 28, 29, 30, 31]),
    ("sch_apps", "Apps primary", "America/Sao_Paulo", &[32, 34, 35, 33]),
    ("sch_core", "Core SRE follow-the-sun", "UTC", &[8, 9, 10, 6]),
    ("sch_security", "Security on-call", "Europe/London", &[1, 0, 44]),
    ("sch_managers", "Incident commanders", "UTC", &[7, 16, 27, 5]),
];

/// Creates everything that exists on the first day.
pub(crate) fn found(registry: &mut Registry, mut fingerprint: impl FnMut() -> String) {
    for (no, who) in PEOPLE.iter().enumerate() {
        registry.add("user", people::user_id(no), json!({
            "name": who.name, "email": who.email(), "roles": [who.role.id()], "team": who.team, "status": "active",
            "locale": "en-GB", "phone": format!("+•• ••• •••{:02}", 10 + no),
            "notification_rules": [{"channel": "push", "delay_min": 0}, {"channel": "phone", "delay_min": 3}],
            "contact_methods": ["push", "phone"], "mfa_factors": ["webauthn"],
        }));
    }
    let mut teams: Vec<&str> = PEOPLE.iter().map(|who| who.team).collect();
    teams.dedup();
    teams.sort_unstable();
    teams.dedup();
    for team in teams {
        let members: Vec<String> =
            (0..PEOPLE.len()).filter(|&no| PEOPLE[no].team == team).map(people::user_id).collect();
        let attributes =
            json!({"name": team, "visibility": "open", "default_severity": "minor", "members": members});
        registry.add("team", format!("team_{}", team.to_lowercase().replace(' ', "_")), attributes);
    }
    for &(id, name, team, tier, policy) in SERVICES {
        registry.add(
            "service",
            id.into(),
            json!({
                "name": name, "owner_team": team, "tier": tier, "escalation_policy": policy,
                    "dependencies": ["svc_postgres"],
            }),
        );
    }
    for &(id, name, timezone, members) in SCHEDULES {
        let users: Vec<String> = members.iter().map(|&no| people::user_id(no)).collect();
        registry.add("schedule", id.into(), json!({
            "name": name, "timezone": timezone, "users": users, "handover": "Monday 09:00", "interval": "1w",
        }));
    }
    policies(registry);
    for (kind, rows) in tables() {
        for row in rows {
            add_row(registry, kind, row, &mut fingerprint);
        }
    }
}

/// Adds one row of a table; keys and sources get a fingerprint of their secret.
fn add_row(
    registry: &mut Registry,
    kind: &'static str,
    mut row: Value,
    fingerprint: &mut impl FnMut() -> String,
) {
    let id = row["id"].as_str().unwrap_or_default().to_owned();
    if let Some(map) = row.as_object_mut() {
        map.remove("id");
        if matches!(
            kind,
            "api_key" | "alert_source" | "webhook" | "oauth_app" | "scim_directory" | "integration"
        ) {
            map.insert("fingerprint".into(), json!(fingerprint()));
        }
    }
    registry.add(kind, id, row);
}

fn policies(registry: &mut Registry) {
    const POLICIES: &[(&str, &str, &str, &str)] = &[
        ("ep_payments", "Payments P1", "sch_payments", "Payments"),
        ("ep_ledger", "Ledger P1", "sch_ledger", "Ledger"),
        ("ep_risk", "Risk and fraud", "sch_risk", "Risk"),
        ("ep_platform", "Platform default", "sch_platform", "Platform"),
        ("ep_apps", "Apps default", "sch_apps", "Apps"),
        ("ep_core", "Core infrastructure", "sch_core", "Core SRE"),
        ("ep_security", "Security SOC", "sch_security", "Security"),
    ];
    for &(id, name, schedule, team) in POLICIES {
        registry.add(
            "escalation_policy",
            id.into(),
            json!({
                "name": name, "team": team, "repeat": 2,
                "levels": [
                    {"target": schedule, "timeout_min": 5},
                    {"target": "sch_managers", "timeout_min": 15},
                ],
            }),
        );
    }
}

/// Everything else, kind by kind.
fn tables() -> Vec<(&'static str, Vec<Value>)> {
    let mut tables = routing_tables();
    tables.extend(incident_tables());
    tables.extend(automation_tables());
    tables.extend(tooling_tables());
    tables.extend(access_tables());
    tables.extend(identity_tables());
    tables.extend(account_tables());
    tables.extend(audit_tables());
    tables
}

pub(super) fn rows(table: Value) -> Vec<Value> {
    match table {
        Value::Array(rows) => rows,
        _ => Vec::new(),
    }
}

fn routing_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "alert_source",
            rows(json!([
                {"id": "src_datadog", "name": "Datadog monitors", "kind": "datadog", "enabled": true,
                    "grouping_window_s": 120, "default_priority": "P2"},
                {"id": "src_prometheus", "name": "Prometheus prod", "kind": "prometheus", "enabled": true,
                    "grouping_window_s": 60, "default_priority": "P2"},
                {"id": "src_github", "name": "GitHub code scanning", "kind": "github", "enabled": true,
                    "grouping_window_s": 300, "default_priority": "P3"},
                {"id": "src_synthetics", "name": "Synthetic checks", "kind": "http", "enabled": true,
                    "grouping_window_s": 60, "default_priority": "P1"},
                {"id": "src_email", "name": "Bank notification mailbox", "kind": "email", "enabled": true,
                    "grouping_window_s": 600, "default_priority": "P3"},
            ])),
        ),
        (
            "alert_route",
            rows(json!([
                {"id": "rt_payments", "name": "Payments to on-call", "order": 1,
                    "conditions": "team = payments", "grouping_min": 5, "enabled": true},
                {"id": "rt_security", "name": "Security findings", "order": 2,
                    "conditions": "label.kind = security", "grouping_min": 10, "enabled": true},
                {"id": "rt_noise", "name": "Known flapping checks", "order": 3,
                    "conditions": "label.flapping = true", "grouping_min": 60, "enabled": true},
                {"id": "rt_default", "name": "Everything else", "order": 4, "conditions": "true",
                    "grouping_min": 15, "enabled": true},
            ])),
        ),
        (
            "escalation_path",
            rows(json!([
                {"id": "path_hours", "name": "Business hours only", "working_hours": "09:00-18:00",
                    "conditions": "priority in (P3, P4)", "levels": [{"ack_timeout_s": 900, "retries": 2}]},
                {"id": "path_vip", "name": "Key merchants", "working_hours": "always",
                    "conditions": "label.merchant = vip", "levels": [{"ack_timeout_s": 180, "retries": 3}]},
            ])),
        ),
        (
            "severity",
            rows(json!([
                {"id": "sev_1", "name": "Critical", "rank": 1, "pages_leadership": true},
                {"id": "sev_2", "name": "Major", "rank": 2, "pages_leadership": false},
                {"id": "sev_3", "name": "Minor", "rank": 3, "pages_leadership": false},
            ])),
        ),
    ]
}

fn incident_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "incident_type",
            rows(json!([
                {"id": "type_default", "name": "Production incident", "default_severity": "minor", "is_private": false},
                {"id": "type_security", "name": "Security incident", "default_severity": "major", "is_private": true},
                {"id": "type_data", "name": "Data quality", "default_severity": "minor", "is_private": false},
            ])),
        ),
        (
            "custom_field",
            rows(json!([
                {"id": "cf_region", "name": "Affected region", "type": "select", "required": true,
                    "options": ["eu-west", "us-east", "ap-south"]},
                {"id": "cf_merchants", "name": "Merchants affected", "type": "number", "required": false,
                    "options": []},
            ])),
        ),
        (
            "status_page",
            rows(json!([
                {"id": "sp_public", "name": "status.northlight.example", "theme": "light",
                    "components": ["Checkout", "Payouts", "Dashboard", "API"]},
                {"id": "sp_banks", "name": "Partner banks", "theme": "light",
                    "components": ["Settlement files", "Instant transfers"]},
            ])),
        ),
        (
            "calendar",
            rows(json!([
                {"id": "cal_pt", "name": "Portugal", "entries": ["12-01", "12-08", "12-25"]},
                {"id": "cal_ca", "name": "Canada", "entries": ["07-01", "12-25", "12-26"]},
            ])),
        ),
    ]
}

fn automation_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "workflow",
            rows(json!([
                {"id": "wf_zoom", "name": "Open a call for SEV1", "trigger": "incident.declared",
                    "steps": ["create call", "post link"], "version": 4, "enabled": true},
                {"id": "wf_banks", "name": "Tell partner banks", "trigger": "incident.severity_changed",
                    "steps": ["draft mail", "wait for approval", "send mail"], "version": 9, "enabled": true},
                {"id": "wf_triage", "name": "Ask the copilot for a first look", "trigger": "alert.created",
                    "steps": ["collect logs", "summarise"], "version": 2, "enabled": true},
                {"id": "wf_followup", "name": "Remind owners of follow-ups", "trigger": "schedule",
                    "steps": ["list overdue", "post to channel"], "version": 3, "enabled": true},
            ])),
        ),
        (
            "automation_rule",
            rows(json!([
                {"id": "ar_autoclose", "name": "Close when the monitor recovers",
                    "match": "status = recovered", "action": "resolve", "enabled": true},
                {"id": "ar_disk", "name": "Lower disk warnings to P4", "match": "title contains disk",
                    "action": "priority P4", "enabled": true},
            ])),
        ),
        (
            "runbook",
            rows(json!([
                {"id": "rb_failover", "name": "Fail over postgres-main", "version": 12, "steps_sha256": "3f1c9b72"},
                {"id": "rb_drain", "name": "Drain a Kubernetes zone", "version": 7, "steps_sha256": "aa04c5d1"},
                {"id": "rb_acquirer", "name": "Switch the acquiring bank", "version": 5, "steps_sha256": "90be11f7"},
                {"id": "rb_keys", "name": "Rotate card-vault keys", "version": 3, "steps_sha256": "5d72ac40"},
                {"id": "rb_replay", "name": "Replay the event bus", "version": 8, "steps_sha256": "1b6f0c3e"},
            ])),
        ),
        (
            "integration",
            rows(json!([
                {"id": "int_slack", "name": "Slack", "kind": "slack", "scopes": ["chat:write",
                    "channels:manage"], "channel": "#incidents"},
                {"id": "int_datadog", "name": "Datadog", "kind": "datadog", "scopes": ["monitors:read"],
                    "channel": "#alerts"},
                {"id": "int_github", "name": "GitHub", "kind": "github", "scopes": ["repo:read",
                    "deployments:read"], "channel": "#deploys"},
                {"id": "int_jira", "name": "Jira", "kind": "jira", "scopes": ["issues:write"], "channel": "#followups"},
                {"id": "int_zoom", "name": "Zoom", "kind": "zoom", "scopes": ["meeting:write"],
                    "channel": "#incidents"},
            ])),
        ),
        (
            "extension",
            rows(json!([
                {"id": "ext_ledger", "name": "Ledger lookup", "type": "http",
                    "target_url": "https://tools.northlight.example/ledger", "filters": "service = ledger-core"},
                {"id": "ext_merchant", "name": "Merchant impact", "type": "http",
                    "target_url": "https://tools.northlight.example/impact", "filters": "severity <= 2"},
            ])),
        ),
    ]
}

fn tooling_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "webhook",
            rows(json!([
                {"id": "wh_warehouse", "name": "Warehouse feed",
                    "url": "https://ingest.northlight.example/incidents", "events": ["incident.*"], "enabled": true},
                {"id": "wh_bank", "name": "Partner bank notice",
                    "url": "https://hooks.bank.example/northlight", "events": ["status_page.published"],
                        "enabled": true},
                {"id": "wh_legacy", "name": "Old pager bridge",
                    "url": "https://pager-bridge.northlight.example/in", "events": ["alert.*"], "enabled": true},
            ])),
        ),
        (
            "feature_flag",
            rows(json!([
                {"id": "ff_instant_payouts", "name": "instant-payouts", "state": "25%", "targeting": "merchants in EU"},
                {"id": "ff_new_ledger", "name": "ledger-double-write", "state": "on", "targeting": "all"},
                {"id": "ff_risk_v3", "name": "risk-model-v3", "state": "10%", "targeting": "all"},
                {"id": "ff_passkeys", "name": "merchant-passkeys", "state": "off", "targeting": "beta"},
            ])),
        ),
        (
            "agent",
            rows(json!([
                {"id": "agt_responder", "name": "Responder Copilot", "owner": "Core SRE",
                    "tools": ["logs.query", "deploys.list", "alert.annotate", "runbook.execute"],
                        "limits": {"runs_per_day": 200}},
            ])),
        ),
        (
            "mcp_client",
            rows(json!([
                {"id": "mcp_desktop", "name": "Desktop assistant", "scopes": ["incidents:read"], "status": "active"},
            ])),
        ),
    ]
}

/// Who stands behind a user id in an attribute. Ids of things that are not people give nobody.
pub(crate) fn person_of(user_id: &str) -> Option<PersonNo> {
    (0..PEOPLE.len()).find(|&no| people::user_id(no) == user_id)
}

/// The person whom nobody can wake: the leave of [`ON_LEAVE`] began this many days into the history.
pub(crate) const LEAVE_FROM: (PersonNo, i64) = (ON_LEAVE, 24);
