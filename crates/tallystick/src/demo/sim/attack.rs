//! The intrusion to discover, told over seven days of the history's last two weeks. It begins with a phishing mail on a
//! Tuesday and ends with an export on a Sunday night; `defence` tells how it is found on Monday. Every step uses the
//! same registry as everybody else, so what the intruder changes really changes what happens.

use serde_json::json;

use super::alerts;
use super::calendar::{self, HOUR, MINUTE, SECOND};
use super::days;
use super::defence;
use super::draft::{Draft, Machine, Session};
use super::incidents;
use super::organization::{FORGOTTEN, NOBODY, SERVICES, SYSTEM};
use super::people::{self, ON_LEAVE, PEOPLE, REPORTER, VICTIM};
use super::{Simulation, StepFn};

/// The address of the rented server, in a country where nobody of the company is.
pub(super) const INTRUDER_IP: &str = "198.51.100.177";
pub(super) const INTRUDER_COUNTRY: &str = "SC";
const INTRUDER_BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0";
/// The range that the intruder opens in the allowlist.
pub(super) const OPENED_RANGE: &str = "198.51.100.160/27";
/// The key that the intruder makes for later.
pub(super) const KEY_ID: &str = "key_ci_metrics";
pub(super) const KEY_NAME: &str = "ci-metrics";

/// The private incident that the intruder came for.
pub(super) const SECRET: (&str, &str) = ("inc_1193", "Card vault key exposure in a debug log");

pub(super) fn begin(s: &mut Simulation) {
    let tuesday =
        (46..53).find(|&day| calendar::weekday(s.day(day)) == 1).expect("seven days have a Tuesday");
    let steps: [(i64, i64, i64, StepFn); 8] = [
        (0, 13, 52, phishing),
        (1, 21, 17, spray),
        (2, 2, 31, break_in),
        (3, 2, 48, open_doors),
        (5, 1, 20, return_through_key),
        (5, 1, 41, blind),
        (5, 2, 4, read_and_take),
        (5, 3, 12, clean_up),
    ];
    for (day, hour, minute, step) in steps {
        let at_ms = s.instant(tuesday + day, hour, minute);
        // Nobody does anything at the full minute.
        let seconds_ms = s.rng.between(2_000, 56_000);
        s.at(at_ms + seconds_ms, step);
    }
    defence::begin(s, tuesday + 6);
}

/// The intruder's session on the victim's account.
fn intruder(s: &mut Simulation) -> Session {
    Session {
        id: format!("ses_{}", s.rng.hex(12)),
        person: VICTIM,
        role: s.role_of(VICTIM),
        ip: INTRUDER_IP.to_owned(),
        country: INTRUDER_COUNTRY,
        user_agent: INTRUDER_BROWSER.to_owned(),
        origin: "ui",
    }
}

/// A colleague reports the mail. It is taken for a training matter and closed.
fn phishing(s: &mut Simulation) {
    let session = s.session_of(REPORTER);
    let incident =
        incidents::declare_by(s, session, "Strange mail asks to re-confirm the Okta login", 3, false);
    s.after(3 * HOUR, move |s| {
        let lead = s.session_of(people::SECURITY_LEAD);
        let draft = Draft::by(&lead, "incident.resolved").on("incident", &incident.id, &incident.title);
        let draft = draft.change("/status", "triage", "resolved").meta("duration_s", 10_800);
        s.emit(draft.because("Sender blocked. Nobody says they clicked. Reminder posted in #general"));
    });
}

/// One wrong password for each of fourteen people, slowly: below every threshold.
fn spray(s: &mut Simulation) {
    for (nth, person) in [5, 7, 11, 13, 16, 18, 21, 23, 27, VICTIM, 33, 36, 40, 44].into_iter().enumerate() {
        s.after(nth as i64 * 97 * SECOND, move |s| {
            let draft = Draft::machine(NOBODY, "user.sign_in_failed")
                .on("claimed_identifier", &PEOPLE[person].email(), PEOPLE[person].name)
                .context("ip", INTRUDER_IP)
                .context("country", INTRUDER_COUNTRY)
                .context("user_agent", "python-requests/2.32.3")
                .meta("reason_code", "bad_password")
                .meta("method", "password")
                .meta("attempt_no", 1);
            s.emit(draft.failed("The password does not match"));
        });
    }
}

/// Three wrong passwords, the right one, six prompts on a sleeping man's phone. He presses yes at the seventh.
fn break_in(s: &mut Simulation) {
    let session = intruder(s);
    for attempt in 1..=3 {
        let session = session.clone();
        s.after(attempt * 41 * SECOND, move |s| days::sign_in_failed(s, &session, "bad_password", attempt));
    }
    for prompt in 1..=6 {
        let session = session.clone();
        s.after(3 * MINUTE + prompt * 67 * SECOND, move |s| {
            let draft = Draft::by(&session, "mfa_factor.challenge_failed")
                .on("mfa_factor", "mfa_push_tf", "Phone push")
                .on_user(VICTIM)
                .meta("reason_code", if prompt < 5 { "timeout" } else { "denied_by_user" })
                .meta("prompt_no", prompt);
            s.emit(draft.failed(if prompt < 5 {
                "Nobody answered the prompt"
            } else {
                "The user pressed no"
            }));
        });
    }
    s.after(12 * MINUTE, move |s| settle_in(s, &session));
}

/// First hour inside: look around, add a second factor, make a key, leave.
fn settle_in(s: &mut Simulation, session: &Session) {
    days::announce(s, session, "password", "push", true);
    let later = |s: &mut Simulation, minutes: i64, step: fn(&mut Simulation, &Session)| {
        let session = session.clone();
        s.after(minutes * MINUTE, move |s| step(s, &session));
    };
    later(s, 2, |s, session| {
        let draft = Draft::by(session, "audit_log.searched").on("audit_log", "audit_log", "Audit log");
        s.emit(
            draft
                .meta("query", "actor:tomas.figueiredo@northlight.example")
                .meta("returned_count", 214)
                .meta("purpose", ""),
        );
        let draft = Draft::by(session, "record.searched").on("incident", "incident_list", "All incidents");
        s.emit(draft.meta("query", "card vault").meta("returned_count", 6));
        let draft = Draft::by(session, "private_incident.access_attempted")
            .on("incident", SECRET.0, SECRET.1)
            .on_user(VICTIM);
        s.emit(
            draft
                .meta("permission_needed", "private_incidents.read")
                .denied("Not a member of this private incident"),
        );
    });
    later(s, 6, |s, session| {
        let user = s.registry.by_id(&people::user_id(VICTIM));
        let change = s.registry.push(user, "/mfa_factors", json!("totp"));
        let draft = Draft::by(session, "mfa_factor.enrolled")
            .on("mfa_factor", "mfa_totp_tf2", "Authenticator 2")
            .on_user(VICTIM);
        s.emit(draft.changes([change]));
    });
    later(s, 9, |s, session| {
        let fingerprint = format!("sha256:{}", s.rng.hex(12));
        let key = s.registry.add("api_key", KEY_ID.to_owned(), json!({
            "name": KEY_NAME, "scopes": ["*:read", "exports:write", "settings:write"], "owner": "Tomás Figueiredo",
            "status": "active", "ip_allowlist": [], "expires_at": null, "fingerprint": fingerprint,
        }));
        let changes = s.registry.after_image(key);
        s.emit(Draft::by(session, "api_key.created").on("api_key", KEY_ID, KEY_NAME).changes(changes));
    });
    later(s, 11, |s, session| {
        s.emit(Draft::by(session, "user.signed_out").on_user(VICTIM).meta("initiator", "user"));
    });
}

/// The next night: the single sign-on is no longer required for this account, and a range is let in.
fn open_doors(s: &mut Simulation) {
    let session = intruder(s);
    days::announce(s, &session, "password", "totp", false);
    for (minutes, action, kind, id, name, permission) in [
        (2, "access.denied", "retention_policy", "ret_default", "Default", "audit.retention.write"),
        (3, "access.denied", "role", "owner", "Owner", "roles.owner.write"),
        (4, "access.denied", "audit_stream", "ast_archive", "Object archive", "audit.streams.delete"),
    ] {
        let session = session.clone();
        s.after(minutes * MINUTE, move |s| {
            let draft = Draft::by(&session, action).on(kind, id, name).meta("permission_needed", permission);
            s.emit(
                draft
                    .meta("policy_id", "pol_roles")
                    .denied(format!("The role admin does not include {permission}")),
            );
        });
    }
    s.after(7 * MINUTE, move |s| {
        let organization = s.registry.by_id("northlight");
        let required = s.registry.set(organization, "/sso_required", json!(false));
        let draft = Draft::by(&session, "sso_enforcement.disabled").on(
            "organization",
            "northlight",
            "Northlight Payments",
        );
        s.emit(draft.changes(required).because("temporary, IdP maintenance"));
        let range = s.registry.push(organization, "/ip_allowlist", json!(OPENED_RANGE));
        let draft = Draft::by(&session, "ip_allowlist.updated").on(
            "organization",
            "northlight",
            "Northlight Payments",
        );
        s.emit(draft.changes([range]).because("new office line"));
        s.emit(Draft::by(&session, "user.signed_out").on_user(VICTIM).meta("initiator", "user"));
    });
}

/// The key as an actor, from the rented server.
const KEY: Machine = Machine {
    kind: "api_key",
    id: KEY_ID,
    name: KEY_NAME,
    ip: INTRUDER_IP,
    user_agent: "python-httpx/0.28.1",
    origin: "api",
};

fn by_key(action: &'static str) -> Draft {
    Draft::machine(KEY, action).context("country", INTRUDER_COUNTRY)
}

/// Sunday night. The key is used for the first time, and a forgotten account becomes powerful.
fn return_through_key(s: &mut Simulation) {
    s.emit(
        by_key("api_key.first_used")
            .on("api_key", KEY_ID, KEY_NAME)
            .meta("new_source", INTRUDER_IP)
            .meta("user_agent", KEY.user_agent),
    );
    s.after(8 * MINUTE, |s| {
        let account = s.registry.by_id(FORGOTTEN.id);
        let admin = s.registry.push(account, "/roles", json!("admin"));
        let reader = s.registry.push(account, "/roles", json!("private_incident_reader"));
        let on = |role: &str, name: &str| {
            by_key("user.role_assigned")
                .on("service_account", FORGOTTEN.id, FORGOTTEN.name)
                .on("role", role, name)
        };
        s.emit(on("admin", "Admin").changes([admin]));
        s.emit(on("private_incident_reader", "Private incident reader").changes([reader]));
    });
}

/// What could give the alarm is put to sleep: the stream to the SIEM, a detection rule, the security escalation.
fn blind(s: &mut Simulation) {
    let stream = s.registry.by_id("ast_splunk");
    let change = s.registry.set(stream, "/state", json!("paused"));
    let cursor = s.emitted as i64;
    let draft = by_key("audit_stream.paused").on("audit_stream", "ast_splunk", "Splunk SIEM");
    s.emit(draft.changes(change).meta("cursor", cursor).because("maintenance"));
    s.after(3 * MINUTE, |s| {
        let rule = s.registry.by_id("rule_country");
        let change = s.registry.set(rule, "/enabled", json!(false));
        s.emit(
            by_key("audit_alert_rule.updated")
                .on("alert_rule", "rule_country", "Sign-in from a new country")
                .changes(change),
        );
    });
    s.after(7 * MINUTE, |s| {
        let policy = s.registry.by_id("ep_security");
        let target = s.registry.set(policy, "/levels/0/target", json!(people::user_id(ON_LEAVE)));
        let timeout = s.registry.set(policy, "/levels/0/timeout_min", json!(2880));
        let draft =
            by_key("escalation_policy.updated").on("escalation_policy", "ep_security", "Security SOC");
        s.emit(draft.changes(target).changes(timeout));
    });
}

/// The forgotten account reads the private incidents, lists everything, and carries it away. An alert is raised, and
/// goes to somebody on parental leave.
fn read_and_take(s: &mut Simulation) {
    let by = |action: &'static str| {
        Draft::machine(FORGOTTEN, action).context("ip", INTRUDER_IP).context("country", INTRUDER_COUNTRY)
    };
    let secrets = s.private_incidents.clone();
    for (nth, (id, title)) in secrets.into_iter().take(3).enumerate() {
        s.after(nth as i64 * 23 * SECOND, move |s| {
            let draft = by("private_incident.viewed").on("incident", &id, &title).on(
                "user",
                FORGOTTEN.id,
                FORGOTTEN.name,
            );
            s.emit(draft.meta("fields_shown", json!(["summary", "timeline", "attachments"])));
        });
    }
    for page in 0..60 {
        s.after(5 * MINUTE + page * 9 * SECOND, move |s| {
            let draft = by("record.listed").on("merchant", "merchant_list", "All merchants");
            s.emit(draft.meta("page", page + 1).meta("returned_count", 500));
        });
    }
    for (nth, (file, rows)) in
        [("merchants.csv", 29_870), ("incidents-all.ndjson", 48_211), ("contacts.csv", 11_406)]
            .into_iter()
            .enumerate()
    {
        s.after((16 + 3 * nth as i64) * MINUTE, move |s| {
            let digest = format!("sha256:{}", s.rng.hex(32));
            let id = format!("exp_x{nth}");
            let draft = by("record.exported")
                .on("merchant", "merchant_list", "All merchants")
                .on("export", &id, file);
            s.emit(draft.meta("format", "csv").meta("rows", rows).meta("digest", digest));
        });
    }
    s.after(20 * MINUTE, |s| {
        let draft = Draft::machine(SYSTEM, "audit_alert_rule.triggered").on(
            "alert_rule",
            "rule_export",
            "Large export",
        );
        s.emit(draft.meta("count", 2).meta("actor", FORGOTTEN.name));
        let labels = json!({"kind": "security", "actor": FORGOTTEN.name, "rows": 78_081});
        let alert =
            alerts::open(s, "Large export by a service account", SERVICES.len() - 1, SYSTEM, "P1", labels);
        s.case_alert = Some(alert.clone());
        alerts::notify(s, alert);
    });
}

/// Tracks are covered, nearly all: the role of the account, the stream and the policy stay as they are.
fn clean_up(s: &mut Simulation) {
    let organization = s.registry.by_id("northlight");
    let range = s.registry.pull(organization, "/ip_allowlist", &json!(OPENED_RANGE));
    s.emit(
        by_key("ip_allowlist.updated").on("organization", "northlight", "Northlight Payments").changes(range),
    );
    let fields = json!(["title", "labels"]);
    let scrubbed = format!("al_{}", s.alert_count);
    s.emit(
        by_key("alert.scrubbed")
            .on("alert", &scrubbed, "scrubbed")
            .meta("fields", fields)
            .because("contained personal data"),
    );
    let user = s.registry.by_id(&people::user_id(VICTIM));
    let change = s.registry.pull(user, "/mfa_factors", &json!("totp"));
    let draft =
        by_key("mfa_factor.removed").on("mfa_factor", "mfa_totp_tf2", "Authenticator 2").on_user(VICTIM);
    s.emit(draft.changes(change));
}
