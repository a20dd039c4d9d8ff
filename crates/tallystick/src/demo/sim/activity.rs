//! What people do all day: look at things, search, share, export, and now and then change a setting. It exists as the
//! place where the mix is decided; a log of real work is mostly reading.

use serde_json::json;

use super::Simulation;
use super::calendar::{self, DAY, MINUTE};
use super::chores;
use super::draft::{Draft, Session};
use super::people::{self, PEOPLE, PersonNo, Role};

/// A generic record: type, id prefix, names.
const RECORDS: &[(&str, &str, &[&str])] = &[
    ("dashboard", "dash", &["Checkout golden signals", "Payout funnel", "On-call load", "Fraud overview"]),
    ("report", "rep", &["MTTA by team", "Weekly incident review", "SLA of key merchants", "Alert noise"]),
    (
        "merchant",
        "mer",
        &["Tulip & Thyme", "Baobab Books", "Fjord Outfitters", "Casa Azulejo", "Kiwi Cycles"],
    ),
    ("settlement_batch", "batch", &["SEPA morning run", "Card settlement EU", "Instant payouts", "FX sweep"]),
];

/// One piece of work by somebody who is signed in.
pub(super) fn work(s: &mut Simulation, session: &Session) {
    let draw = s.rng.below(100);
    match (PEOPLE[session.person].role, draw) {
        (Role::Stakeholder, 0..=10) | (Role::Responder, 0..=6) => refused(s, session),
        (Role::Stakeholder, _) => read(s, session),
        (_, 0..=19) => chores::run(s, session),
        (_, 20..=27) => edit(s, session),
        (_, 28..=31) => share(s, session),
        (_, 32..=34) => transfer(s, session),
        (_, 35..=38) => own_profile(s, session),
        _ => read(s, session),
    }
}

/// A record of some type: type, id, name. The same names keep their ids.
fn record(s: &mut Simulation) -> (&'static str, String, &'static str) {
    let (kind, prefix, names) = *s.rng.pick(RECORDS);
    let no = s.rng.below(names.len() as u32) as usize;
    (kind, format!("{prefix}_{}", 11 + no * 13), names[no])
}

fn read(s: &mut Simulation, session: &Session) {
    let by = |action| Draft::by(session, action);
    let draw = s.rng.below(20);
    let draft = match draw {
        0..=6 if !s.incidents.is_empty() => {
            let no = s.rng.below(s.incidents.len() as u32) as usize;
            let (id, title) = s.incidents[no].clone();
            by("record.viewed")
                .on("incident", &id, &title)
                .meta("fields_shown", json!(["summary", "timeline"]))
        }
        0..=11 => {
            let (kind, id, name) = record(s);
            let sensitivity = if kind == "merchant" { "confidential" } else { "internal" };
            by("record.viewed")
                .on(kind, &id, name)
                .meta("fields_shown", json!(["overview"]))
                .meta("sensitivity", sensitivity)
                .meta("purpose", "daily work")
        }
        12..=15 => {
            let (kind, ..) = record(s);
            by("record.listed")
                .on(kind, &format!("{kind}_list"), &format!("All {kind}s"))
                .meta("filter_hash", s.rng.hex(16))
                .meta("returned_count", s.rng.between(0, 50))
        }
        16..=17 => {
            let query = *s.rng.pick(&[
                "timeout acquirer",
                "refund",
                "certificate",
                "lag ledger",
                "vip merchant",
                "rollback",
            ]);
            by("record.searched")
                .on("incident", "incident_list", "All incidents")
                .meta("query", query)
                .meta("returned_count", s.rng.between(0, 40))
        }
        18 => {
            let (id, name) = *s.rng.pick(&[
                ("file_81", "bank-contacts.pdf"),
                ("file_92", "acquirer-failover.md"),
                ("file_97", "trace-export.json"),
            ]);
            by("file.downloaded")
                .on("file", id, name)
                .meta("sha256", s.rng.hex(64))
                .meta("bytes", s.rng.between(2_000, 4_000_000))
        }
        _ => {
            let (kind, id, name) = record(s);
            let export = s.new_id("exp");
            by("record.exported")
                .on(kind, &id, name)
                .on("export", &export, &format!("{name}.csv"))
                .meta("format", "csv")
                .meta("rows", s.rng.between(12, 900))
                .meta("digest", format!("sha256:{}", s.rng.hex(32)))
        }
    };
    s.emit(draft);
}

fn edit(s: &mut Simulation, session: &Session) {
    let (kind, id, name) = record(s);
    let by = |action| Draft::by(session, action).on(kind, &id, name);
    let draft = match s.rng.below(12) {
        0..=5 => {
            let (old, new) = *s.rng.pick(&[("7d", "30d"), ("30d", "7d"), ("24h", "7d")]);
            by("record.updated").change("/range", old, new)
        }
        6..=7 => {
            let file = s.new_id("file");
            Draft::by(session, "file.uploaded")
                .on("file", &file, "screenshot.png")
                .meta("size", s.rng.between(20_000, 900_000))
                .meta("sha256", s.rng.hex(64))
                .meta("media_type", "image/png")
        }
        8 => by("record.created").adds("/name", name).adds("/range", "7d"),
        9 => {
            let rows = s.rng.between(40, 700);
            let import = s.new_id("imp");
            by("record.imported")
                .on("import", &import, "merchants.csv")
                .meta("rows", rows)
                .meta("created", rows - 9)
                .meta("updated", 6)
                .meta("rejected", 3)
        }
        _ => {
            let old = json!({"path": "/name", "op": "remove", "old": name});
            let draft = by("record.deleted").changes([old]);
            if s.rng.chance(0.5) {
                let (session, id) = (session.clone(), id.clone());
                s.after(3 * MINUTE, move |s| {
                    let draft =
                        Draft::by(&session, "record.restored").on(kind, &id, name).adds("/name", name);
                    s.emit(draft.because("deleted by mistake"));
                });
            }
            draft
        }
    };
    s.emit(draft);
}

fn share(s: &mut Simulation, session: &Session) {
    let (kind, id, name) = record(s);
    let other = s.rng.below(PEOPLE.len() as u32) as usize;
    let is_new = s.rng.chance(0.75);
    let draft = Draft::by(session, if is_new { "record.shared" } else { "record.unshared" })
        .on(kind, &id, name)
        .on("principal", &people::user_id(other), PEOPLE[other].name);
    s.emit(if is_new {
        draft
            .adds("/acl/0", people::user_id(other))
            .adds("/link_expires_at", calendar::rfc3339(s.now_ms + 7 * DAY))
    } else {
        draft.changes([json!({"path": "/acl/0", "op": "remove", "old": people::user_id(other)})])
    });
}

fn transfer(s: &mut Simulation, session: &Session) {
    let (kind, id, name) = record(s);
    let other = s.rng.below(PEOPLE.len() as u32) as usize;
    let draft = Draft::by(session, "record.ownership_transferred")
        .on(kind, &id, name)
        .on_user(session.person)
        .on_user(other)
        .change("/owner_id", people::user_id(session.person), people::user_id(other));
    s.emit(draft);
}

/// People look after their own account: phone numbers, notification rules, passkeys.
fn own_profile(s: &mut Simulation, session: &Session) {
    let person = session.person;
    let user = s.registry.by_id(&people::user_id(person));
    let by = |action| Draft::by(session, action).on_user(person);
    let draft = match s.rng.below(12) {
        0..=2 => {
            let delay = *s.rng.pick(&[1, 2, 3, 5]);
            let change = s.registry.set(user, "/notification_rules/1/delay_min", json!(delay));
            by("user.notification_rules_updated").changes(change)
        }
        3 => {
            let kind = *s.rng.pick(&["sms", "slack", "second phone"]);
            let change = s.registry.push(user, "/contact_methods", json!(kind));
            by("user.contact_method_added").on("contact_method", kind, kind).changes([change])
        }
        4 => {
            let change = s.registry.pull(user, "/contact_methods", &json!("phone"));
            if change.is_none() {
                return read(s, session);
            }
            by("user.contact_method_removed").on("contact_method", "phone", "phone").changes(change)
        }
        5..=6 => {
            let locale = *s.rng.pick(&["en-GB", "en-US", "pt-PT", "pl-PL", "fr-FR"]);
            let Some(change) = s.registry.set(user, "/locale", json!(locale)) else {
                return read(s, session);
            };
            by("user.updated").changes([change])
        }
        7 => by("mfa_recovery_codes.regenerated").meta("count", 10),
        8 => {
            let id = s.new_id("pk");
            Draft::by(session, "passkey.registered")
                .on("passkey", &id, "Security key")
                .on_user(person)
                .adds("/name", "Security key")
        }
        9 => {
            let old = json!({"path": "/name", "op": "remove", "old": "Old laptop"});
            Draft::by(session, "passkey.removed")
                .on("passkey", "pk_old", "Old laptop")
                .on_user(person)
                .changes([old])
        }
        10 => {
            let id = s.new_id("mfa");
            let change = s.registry.push(user, "/mfa_factors", json!("totp"));
            Draft::by(session, "mfa_factor.enrolled")
                .on("mfa_factor", &id, "Authenticator app")
                .on_user(person)
                .changes([change])
        }
        _ => {
            let draft = by("password.reset_requested").meta("channel", "email");
            let session = session.clone();
            s.after(3 * MINUTE, move |s| {
                s.emit(Draft::by(&session, "password.reset_completed").on_user(person).meta("by", "self"));
                let fact = json!({"path": "/password", "op": "replace"});
                s.emit(Draft::by(&session, "password.changed").on_user(person).changes([fact]));
            });
            draft
        }
    };
    s.emit(draft);
}

/// Somebody tries what their role does not allow.
pub(super) fn refused(s: &mut Simulation, session: &Session) {
    const WISHES: &[(&str, &str, &str, &str)] = &[
        ("escalation_policy", "ep_payments", "Payments P1", "policies.write"),
        ("audit_log", "audit_log", "Audit log", "audit.read"),
        ("api_key", "key_terraform", "terraform", "keys.read"),
        ("organization", "northlight", "Northlight Payments", "settings.write"),
        ("schedule", "sch_core", "Core SRE follow-the-sun", "schedules.write"),
        ("report", "rep_24", "SLA of key merchants", "exports.create"),
    ];
    let (kind, id, name, permission) = *s.rng.pick(WISHES);
    let draft = Draft::by(session, "access.denied")
        .on(kind, id, name)
        .meta("permission_needed", permission)
        .meta("policy_id", "pol_roles")
        .denied(format!("The role {} does not include {permission}", session.role));
    s.emit(draft);
}

/// Whether somebody is in a team that looks after the audit log.
pub(super) fn reads_audit(person: PersonNo) -> bool {
    matches!(PEOPLE[person].team, "Security" | "Compliance")
}
