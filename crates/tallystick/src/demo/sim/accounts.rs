//! The things an organization starts with that are about access, accounts and the audit log itself.

use serde_json::{Value, json};

use super::organization::rows;

pub(super) fn access_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "role",
            rows(json!([
                {"id": "owner", "name": "Owner", "permissions": ["*"]},
                {"id": "admin", "name": "Admin", "permissions": ["settings.write", "users.write",
                    "incidents.write", "audit.read"]},
                {"id": "manager", "name": "Manager", "permissions": ["schedules.write", "policies.write",
                    "incidents.write"]},
                {"id": "responder", "name": "Responder", "permissions": ["incidents.write", "alerts.write"]},
                {"id": "stakeholder", "name": "Stakeholder", "permissions": ["incidents.read"]},
                {"id": "private_incident_reader", "name": "Private incident reader",
                    "permissions": ["private_incidents.read"]},
            ])),
        ),
        (
            "policy",
            rows(json!([
                {"id": "pol_private", "name": "Private incidents", "rules": ["members only",
                    "break-glass needs a reason"]},
                {"id": "pol_exports", "name": "Exports", "rules": ["admins", "at most 50000 rows"]},
            ])),
        ),
        (
            "service_account",
            rows(json!([
                {"id": "sa_terraform", "name": "terraform-prod", "owner": "Platform", "roles": ["admin"]},
                {"id": "sa_deployer", "name": "github-actions-deployer", "owner": "Platform", "roles": ["responder"]},
                {"id": "sa_warehouse", "name": "svc-warehouse-export", "owner": "Risk", "roles": ["stakeholder"]},
                {"id": "sa_pager_bridge", "name": "svc-pager-bridge", "owner": "Henrik Voss (left)",
                    "roles": ["stakeholder"]},
            ])),
        ),
        (
            "api_key",
            rows(json!([
                {"id": "key_terraform", "name": "terraform", "scopes": ["*:write"], "owner": "sa_terraform",
                    "status": "active", "ip_allowlist": ["10.42.0.0/16"]},
                {"id": "key_deployer", "name": "deploy recorder", "scopes": ["deployments:write"],
                    "owner": "sa_deployer", "status": "active", "ip_allowlist": ["10.42.0.0/16"]},
                {"id": "key_warehouse", "name": "nightly warehouse export", "scopes": ["incidents:read",
                    "exports:write"], "owner": "sa_warehouse", "status": "active", "ip_allowlist": ["10.42.0.0/16"]},
                {"id": "key_bridge", "name": "pager bridge", "scopes": ["alerts:read"],
                    "owner": "sa_pager_bridge", "status": "active", "ip_allowlist": []},
                {"id": "key_oncall_sync", "name": "on-call calendar sync", "scopes": ["schedules:read"],
                    "owner": "team_it", "status": "active", "ip_allowlist": []},
            ])),
        ),
    ]
}

pub(super) fn identity_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "oauth_app",
            rows(json!([
                {"id": "app_grafana", "name": "Grafana",
                    "redirect_uris": ["https://grafana.northlight.example/login"], "scopes": ["incidents:read"]},
                {"id": "app_backstage", "name": "Backstage",
                    "redirect_uris": ["https://backstage.northlight.example/cb"], "scopes": ["services:read"]},
            ])),
        ),
        (
            "sso_connection",
            rows(json!([
                {"id": "sso_okta", "name": "Okta SAML", "protocol": "saml",
                    "issuer": "https://northlight.okta.example", "domains": ["northlight.example"],
                        "enforced": true, "cert_fingerprint": "sha256:7c19e0aa"},
            ])),
        ),
        (
            "scim_directory",
            rows(json!([
                {"id": "dir_okta", "name": "Okta directory",
                    "base_url": "https://northlight.okta.example/scim/v2", "status": "connected"},
            ])),
        ),
        (
            "scim_group",
            rows(json!([
                {"id": "grp_sre", "name": "eng-sre", "roles": ["responder"]},
                {"id": "grp_managers", "name": "eng-managers", "roles": ["manager"]},
                {"id": "grp_support", "name": "support", "roles": ["stakeholder"]},
            ])),
        ),
    ]
}

pub(super) fn account_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "organization",
            rows(json!([
                {"id": "northlight", "name": "Northlight Payments", "region": "eu", "session_idle_min": 60,
                    "sso_required": true, "sso_exempt_users": [],
                 "ip_allowlist": ["203.0.113.0/25", "198.51.100.16/29", "2001:db8::/32"],
                     "postmortem_due_days": 5, "default_channel": "#incidents"},
            ])),
        ),
        ("subscription", rows(json!([{"id": "sub_1", "name": "Business", "plan": "business", "seats": 60}]))),
        (
            "license",
            rows(json!([{"id": "lic_1", "name": "Status pages add-on", "features": ["custom domain"],
                    "expires_at": "2027-06-30"}])),
        ),
        (
            "setting",
            rows(json!([
                {"id": "set_nudge", "name": "incidents.nudge_after_min", "value": 30},
                {"id": "set_retention", "name": "alerts.retention_days", "value": 400},
                {"id": "set_phone", "name": "notifications.phone_provider", "value": "primary"},
            ])),
        ),
        (
            "audit_stream",
            rows(json!([
                {"id": "ast_splunk", "name": "Splunk SIEM", "kind": "splunk_hec",
                    "endpoint": "https://siem.northlight.example:8088", "filter": "", "format": "ocsf",
                        "state": "running"},
                {"id": "ast_archive", "name": "Object archive", "kind": "s3",
                    "endpoint": "s3://northlight-audit", "filter": "", "format": "ndjson", "state": "running"},
            ])),
        ),
        (
            "retention_policy",
            rows(json!([
                {"id": "ret_default", "name": "Default", "class": "standard", "days": 730},
                {"id": "ret_read", "name": "Read events", "class": "read", "days": 180},
            ])),
        ),
    ]
}

pub(super) fn audit_tables() -> Vec<(&'static str, Vec<Value>)> {
    vec![
        (
            "audit_schema",
            rows(json!([
                {"id": "sch_alert_created", "name": "alert.created", "version": 1, "status": "active",
                    "json_schema_sha256": "c0ffee17"},
            ])),
        ),
        (
            "alert_rule",
            rows(json!([
                {"id": "rule_country", "name": "Sign-in from a new country",
                    "query": "action:user.signed_in metadata.new_country:true", "threshold": 1,
                        "channels": ["#soc"], "enabled": true},
                {"id": "rule_denied", "name": "Many refusals", "query": "outcome:denied", "threshold": 25,
                    "channels": ["#soc"], "enabled": true},
                {"id": "rule_export", "name": "Large export",
                    "query": "action:record.exported metadata.rows:>10000", "threshold": 1,
                        "channels": ["pager: Security SOC"], "enabled": true},
            ])),
        ),
        (
            "ingest_source",
            rows(json!([
                {"id": "ing_platform", "name": "Platform events", "kind": "api", "expected_interval_s": 60},
                {"id": "ing_database", "name": "postgres-main triggers", "kind": "cdc", "expected_interval_s": 300},
            ])),
        ),
        (
            "signing_key",
            rows(json!([{"id": "sk_audit", "name": "audit log signer", "key_id": "northlight+7d1c09ab"}])),
        ),
    ]
}
