//! The audit log as it is used and as it looks after itself: searches by security and compliance, exports, streams,
//! checkpoints, detection rules, retention, an auditor's visit.

use serde_json::json;

use super::Simulation;
use super::activity::reads_audit;
use super::calendar::{self, DAY, HOUR, MINUTE};
use super::draft::{Draft, Machine};
use super::organization::SYSTEM;
use super::people::{PEOPLE, PersonNo, SECURITY_LEAD};

/// The compliance officer.
const COMPLIANCE: PersonNo = 40;

pub(super) fn begin(s: &mut Simulation) {
    s.every(HOUR, 4 * HOUR, checkpoint);
    s.every(5 * HOUR, DAY, verification);
    s.now_and_then(3 * HOUR, search);
    s.now_and_then(30 * HOUR, export);
    s.now_and_then(22 * HOUR, rejected);
    s.now_and_then(4 * DAY, stream_trouble);
    s.now_and_then(3 * DAY, source_trouble);
    s.now_and_then(6 * DAY, governance);
    s.now_and_then(3 * DAY, viewer);
    s.now_and_then(60 * HOUR, refusal_rule);
    s.every(6 * DAY + 2 * HOUR, 7 * DAY, retention);
    let audit_ms = s.instant(17, 9, 30);
    s.at(audit_ms, auditor_visit);
    let rotation_ms = s.instant(12, 13, 0);
    s.at(rotation_ms, rotate_signer);
}

fn own(action: &'static str) -> Draft {
    const LOG: Machine = SYSTEM;
    Draft::machine(LOG, action)
}

fn checkpoint(s: &mut Simulation) {
    let size = s.emitted as i64;
    let root = s.rng.hex(64);
    let id = format!("cp_{size}");
    s.emit(
        own("audit_checkpoint.signed")
            .on("checkpoint", &id, &id)
            .meta("tree_size", size)
            .meta("root_hash", root)
            .meta("key_id", "northlight+7d1c09ab"),
    );
    if s.rng.chance(0.5) {
        let at = calendar::rfc3339(s.now_ms + 900);
        let draft = own("audit_checkpoint.witnessed").on("checkpoint", &id, &id);
        s.emit(
            draft
                .meta("witness_names", json!(["witness.example/a", "witness.example/b"]))
                .meta("cosigned_at", at),
        );
    }
}

fn verification(s: &mut Simulation) {
    let size = s.emitted as i64;
    let draft = own("audit_verification.passed").on("audit_log", "audit_log", "Audit log");
    s.emit(draft.meta("range", format!("0..{size}")).meta("tree_size", size).meta("verifier_version", "1.0"));
}

fn search(s: &mut Simulation) {
    const QUERIES: &[&str] = &[
        "outcome:denied created:last-7d",
        "action:api_key.*",
        "action:user.role_assigned",
        "has:diff action:escalation_policy",
        "actor.type:service_account has:diff",
        "action:record.exported metadata.rows:>1000",
    ];
    let Some(session) = s.somebody(reads_audit) else { return };
    let query = *s.rng.pick(QUERIES);
    let by = |action| Draft::by(&session, action);
    let draft = match s.rng.below(10) {
        0..=5 => by("audit_log.searched")
            .on("audit_log", "audit_log", "Audit log")
            .meta("query", query)
            .meta("returned_count", s.rng.between(0, 400))
            .meta("purpose", "routine review"),
        6..=7 => {
            let id = format!("evt-ref-{}", s.rng.hex(8));
            by("audit_log.event_viewed").on("audit_event", &id, &id).meta("fields_revealed", json!([]))
        }
        8 => by("audit_log.tailed")
            .on("audit_log", "audit_log", "Audit log")
            .meta("filter", query)
            .meta("duration_s", s.rng.between(30, 4000))
            .meta("events_sent", s.rng.between(2, 900)),
        _ => {
            let id = format!("evt-ref-{}", s.rng.hex(8));
            let draft =
                by("audit_log.field_revealed").on("audit_event", &id, &id).meta("field", "/context/ip");
            draft.meta("approver", PEOPLE[SECURITY_LEAD].email()).because("checking a travel claim")
        }
    };
    s.emit(draft);
}

/// An export is asked for, made, fetched, and expires a week later.
fn export(s: &mut Simulation) {
    let Some(session) = s.somebody(reads_audit) else { return };
    let id = s.new_id("axp");
    let rows = s.rng.between(200, 4_000);
    let draft = Draft::by(&session, "audit_export.requested")
        .on("audit_export", &id, "Monthly access review")
        .meta("filter", "action:user.role_assigned,user.role_removed")
        .meta("format", "csv")
        .meta("rows_estimate", rows);
    s.emit(draft);
    s.after(MINUTE, {
        let id = id.clone();
        move |s| {
            let draft = own("audit_export.completed")
                .on("audit_export", &id, "Monthly access review")
                .meta("rows", rows);
            let digest = s.rng.hex(64);
            s.emit(draft.meta("bytes", rows * 611).meta("sha256", digest));
        }
    });
    s.after(3 * MINUTE, {
        let id = id.clone();
        move |s| {
            let draft = Draft::by(&session, "audit_export.downloaded");
            s.emit(draft.on("audit_export", &id, "Monthly access review"));
        }
    });
    s.after(7 * DAY, move |s| {
        let draft = own("audit_export.expired").on("audit_export", &id, "Monthly access review");
        s.emit(draft.change("/status", "completed", "expired"));
    });
}

fn rejected(s: &mut Simulation) {
    let draft = own("audit_event.rejected")
        .on("ingest_source", "ing_database", "postgres-main triggers")
        .meta("reason_code", "occurred_at_in_future")
        .meta("schema_version", 1)
        .meta("payload_hash", s.rng.hex(32));
    s.emit(draft.failed("occurred_at was 41 minutes ahead of the service's clock"));
}

fn stream_trouble(s: &mut Simulation) {
    let draft = own("audit_stream.degraded")
        .on("audit_stream", "ast_archive", "Object archive")
        .meta("lag_s", s.rng.between(300, 2000))
        .meta("backlog", s.rng.between(200, 3000))
        .meta("last_error", "503 slow down");
    s.emit(draft.failed("The destination asks to slow down"));
    if s.rng.chance(0.4) {
        let from = s.emitted as i64 - 700;
        s.after(HOUR, move |s| {
            let Some(session) = s.somebody(Simulation::is_admin) else { return };
            let draft = Draft::by(&session, "audit_stream.replayed").on(
                "audit_stream",
                "ast_archive",
                "Object archive",
            );
            s.emit(draft.meta("from_seq", from.max(0)).meta("to_seq", from.max(0) + 700).meta("count", 700));
        });
    }
}

fn source_trouble(s: &mut Simulation) {
    let draft = match s.rng.below(3) {
        0 => own("audit_source.went_silent")
            .on("ingest_source", "ing_database", "postgres-main triggers")
            .meta("last_seen_at", calendar::rfc3339(s.now_ms - 20 * MINUTE))
            .meta("expected_interval_s", 300),
        1 => {
            let expected = s.rng.between(100_000, 900_000);
            own("audit_source.sequence_gap_detected")
                .on("ingest_source", "ing_database", "postgres-main triggers")
                .meta("expected_seq", expected)
                .meta("got_seq", expected + 3)
                .meta("missing", 3)
        }
        _ => {
            s.emit(
                own("audit_recording.stopped")
                    .on("node", "node_b", "worker b")
                    .meta("by", "upgrade")
                    .because("planned restart"),
            );
            let draft = own("audit_recording.resumed").on("node", "node_b", "worker b");
            draft
                .meta("gap_from", calendar::rfc3339(s.now_ms - MINUTE))
                .meta("gap_to", calendar::rfc3339(s.now_ms))
        }
    };
    s.emit(draft);
}

/// Rules and schemas of the log itself.
fn governance(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].team == "Security") else { return };
    let by = |action| Draft::by(&session, action);
    match s.rng.below(6) {
        0 => {
            let days = *s.rng.pick(&[180, 365, 400]);
            let policy = s.registry.by_id("ret_read");
            let Some(change) = s.registry.set(policy, "/days", json!(days)) else { return };
            s.emit(
                by("audit_retention.updated")
                    .on("retention_policy", "ret_read", "Read events")
                    .changes([change]),
            );
        }
        1 => {
            let rule = s.registry.by_id("rule_denied");
            let threshold = *s.rng.pick(&[15, 20, 25, 40]);
            let Some(change) = s.registry.set(rule, "/threshold", json!(threshold)) else { return };
            s.emit(
                by("audit_alert_rule.updated")
                    .on("alert_rule", "rule_denied", "Many refusals")
                    .changes([change]),
            );
        }
        2 => {
            let id = s.new_id("rule");
            let draft = by("audit_alert_rule.created").on("alert_rule", &id, "API key without expiry");
            s.emit(draft.adds("/query", "action:api_key.created -changed:expires_at").adds("/threshold", 1));
        }
        3 => {
            let id = s.new_id("sch");
            let draft =
                by("audit_schema.created").on("audit_schema", &id, "deployment.recorded").adds("/version", 2);
            let hash = s.rng.hex(16);
            s.emit(draft.adds("/json_schema_sha256", hash));
        }
        4 => {
            let draft =
                by("audit_schema.deprecated").on("audit_schema", "sch_alert_created", "alert.created");
            s.emit(
                draft
                    .change("/status", "active", "deprecated")
                    .adds("/sunset_at", calendar::date(s.now_ms + 90 * DAY)),
            );
        }
        _ => {
            let id = format!("evt-ref-{}", s.rng.hex(8));
            let draft =
                by("audit_event.annotated").on("audit_event", &id, &id).adds("/tags", json!(["reviewed"]));
            s.emit(draft.meta("note", "Confirmed with the manager, planned change"));
        }
    }
}

/// A merchant's own view into their part of the log.
fn viewer(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].team == "Support") else { return };
    let id = s.new_id("vt");
    let draft = Draft::by(&session, "audit_viewer_token.issued")
        .on("viewer_token", &id, "Fjord Outfitters")
        .adds("/filter", "target:mer_37")
        .adds("/expires_at", calendar::rfc3339(s.now_ms + DAY));
    s.emit(draft);
    if s.rng.chance(0.5) {
        s.after(2 * HOUR, move |s| {
            let draft =
                Draft::by(&session, "audit_viewer_token.revoked").on("viewer_token", &id, "Fjord Outfitters");
            s.emit(draft.change("/status", "active", "revoked").because("the question is answered"));
        });
    }
}

fn refusal_rule(s: &mut Simulation) {
    let draft = own("audit_alert_rule.triggered").on("alert_rule", "rule_denied", "Many refusals");
    let count = s.rng.between(25, 40);
    s.emit(draft.meta("count", count));
}

fn retention(s: &mut Simulation) {
    let to = s.emitted as i64 / 3;
    let certificate = s.new_id("cert");
    let draft = own("audit_retention.applied").on("retention_policy", "ret_read", "Read events");
    s.emit(
        draft
            .meta("from_seq", 0)
            .meta("to_seq", to)
            .meta("count", to / 5)
            .meta("deletion_certificate_id", certificate),
    );
}

/// The yearly external audit: access for two weeks and only for what they came to see.
fn auditor_visit(s: &mut Simulation) {
    let session = s.session_of(COMPLIANCE);
    let draft = Draft::by(&session, "auditor_access.granted")
        .on("auditor", "aud_pci", "External PCI assessor")
        .on("scope", "scope_pci", "Access control events")
        .adds("/scope", "action:user.*,role.*,api_key.*")
        .adds("/to", calendar::date(s.now_ms + 14 * DAY))
        .meta("controls", json!(["pci:10.2.1", "pci:7.2.4"]));
    s.emit(draft);
    s.after(14 * DAY, |s| {
        let draft = own("auditor_access.expired").on("auditor", "aud_pci", "External PCI assessor");
        s.emit(draft.change("/status", "active", "expired"));
    });
}

fn rotate_signer(s: &mut Simulation) {
    let key = s.registry.by_id("sk_audit");
    let change = s.registry.set(key, "/key_id", json!("northlight+c41f7720"));
    let session = s.session_of(SECURITY_LEAD);
    let draft =
        Draft::by(&session, "audit_signing_key.rotated").on("signing_key", "sk_audit", "audit log signer");
    s.emit(draft.changes(change).because("yearly rotation"));
}
