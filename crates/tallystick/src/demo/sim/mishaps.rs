//! Mistakes, told at fixed days of the history: a schedule deleted and restored, a wrong role, a forgotten
//! script with a
//! rotated key, a vendor's support looking at an account. They exist to be found, and to be told apart from the attack.

use serde_json::json;

use super::activity;
use super::calendar::{self, DAY, HOUR, MINUTE};
use super::draft::{Draft, Machine};
use super::organization::{SYSTEM, VENDOR};
use super::people::{self, CLUMSY, MISROLED};
use super::{Simulation, StepFn};

/// The script on somebody's old server.
const SCRIPT: Machine = Machine {
    kind: "api_key",
    id: "key_oncall_sync",
    name: "on-call calendar sync",
    ip: "10.42.19.4",
    user_agent: "curl/7.68.0",
    origin: "api",
};

pub(super) fn begin(s: &mut Simulation) {
    for (day, hour, minute, step) in [
        (38, 14, 22, delete_wrong_schedule as StepFn),
        (29, 8, 40, wrong_role),
        (34, 15, 10, rotate_key),
        (25, 12, 5, vendor_support),
        (20, 9, 15, move_directory),
        (36, 10, 30, tidy_sso),
    ] {
        let at_ms = s.instant(day, hour, minute);
        // Nobody does anything at the full minute.
        let seconds_ms = s.rng.between(2_000, 56_000);
        s.at(at_ms + seconds_ms, step);
    }
}

/// There are two schedules with similar names; the wrong one goes, and alerts find nobody for six minutes.
fn delete_wrong_schedule(s: &mut Simulation) {
    let session = s.session_of(CLUMSY);
    let schedule = s.registry.by_id("sch_payments");
    s.registry.set_alive(schedule, false);
    let image = s.registry.before_image(schedule);
    let draft = Draft::by(&session, "schedule.deleted").on("schedule", "sch_payments", "Payments primary");
    s.emit(draft.changes(image));
    s.after(2 * MINUTE, |s| {
        let draft = Draft::machine(SYSTEM, "on_call_shift.gap_detected").on(
            "schedule",
            "sch_payments",
            "Payments primary",
        );
        s.emit(draft.meta("from", calendar::rfc3339(s.now_ms)).meta("open_ended", true));
    });
    s.after(6 * MINUTE, move |s| {
        s.registry.set_alive(schedule, true);
        let image = s.registry.after_image(schedule);
        let draft =
            Draft::by(&session, "schedule.created").on("schedule", "sch_payments", "Payments primary");
        let draft = draft.changes(image).meta("restored", true);
        s.emit(draft.because("Deleted the wrong one, meant 'Payments primary (old)'"));
    });
}

/// A directory group maps to the wrong role for three days; its member is refused again and again.
fn wrong_role(s: &mut Simulation) {
    let admin = s.session_of(people::VICTIM);
    let user = s.registry.by_id(&people::user_id(MISROLED));
    let change = s.registry.set(user, "/roles/0", json!("stakeholder"));
    let draft = Draft::by(&admin, "user.role_removed").on_user(MISROLED).on("role", "responder", "Responder");
    s.emit(draft.changes(change).because("group mapping clean-up"));
    for nth in 0..26 {
        let wait_ms = 30 * MINUTE + nth * 2 * HOUR + s.rng.between(0, HOUR);
        s.after(wait_ms, |s| {
            if let Some(session) = s.sessions[MISROLED].clone() {
                for _ in 0..s.rng.between(1, 3) {
                    activity::refused(s, &session);
                }
            }
        });
    }
    s.after(3 * DAY + 2 * HOUR, move |s| {
        let change = s.registry.set(user, "/roles/0", json!("responder"));
        let admin = s.session_of(people::VICTIM);
        let draft =
            Draft::by(&admin, "user.role_assigned").on_user(MISROLED).on("role", "responder", "Responder");
        s.emit(draft.changes(change).because("could not acknowledge alerts for three days, ticket IT-4471"));
    });
}

/// The key is rotated with a grace period of a day. One script never heard of it.
fn rotate_key(s: &mut Simulation) {
    let admin = s.session_of(44);
    let key = s.registry.by_id("key_oncall_sync");
    let fingerprint = format!("sha256:{}", s.rng.hex(12));
    let change = s.registry.set(key, "/fingerprint", json!(fingerprint));
    let draft =
        Draft::by(&admin, "api_key.rotated").on("api_key", "key_oncall_sync", "on-call calendar sync");
    s.emit(draft.changes(change).adds("/grace_until", calendar::rfc3339(s.now_ms + DAY)));
    s.after(DAY, |s| rejected(s, 140));
}

/// Every half hour, until somebody switches the old server off.
fn rejected(s: &mut Simulation, left: u32) {
    let draft =
        Draft::machine(SCRIPT, "api_key.rejected").on("api_key", "key_oncall_sync", "on-call calendar sync");
    s.emit(draft.meta("reason_code", "revoked").denied("This secret was rotated out"));
    if left > 0 {
        s.after(30 * MINUTE, move |s| rejected(s, left - 1));
    }
}

/// The vendor looks at the account of a user, with their ticket, for half an hour.
fn vendor_support(s: &mut Simulation) {
    let id = format!("ses_{}", s.rng.hex(12));
    let on = |action: &'static str, session: &str| {
        Draft::machine(VENDOR, action)
            .on_user(35)
            .on("session", session, session)
            .context("session_id", session)
    };
    let draft = on("impersonation.started", &id)
        .meta("ticket", "SUP-20418")
        .meta("expires_at", calendar::rfc3339(s.now_ms + HOUR));
    s.emit(draft.because("customer reports that push notifications do not arrive"));
    for nth in 1..=4 {
        let id = id.clone();
        s.after(nth * 5 * MINUTE, move |s| {
            let draft = Draft::machine(VENDOR, "record.viewed").on(
                "user",
                &people::user_id(35),
                people::PEOPLE[35].name,
            );
            let draft = draft.context("session_id", id).for_user(35).meta("ticket", "SUP-20418");
            s.emit(draft.meta("fields_shown", json!(["notification_rules", "devices"])));
        });
    }
    s.after(27 * MINUTE, move |s| {
        s.emit(on("impersonation.ended", &id).meta("duration_s", 1620).meta("event_count", 4));
    });
}

/// The directory connection is replaced by one with a new credential.
fn move_directory(s: &mut Simulation) {
    let admin = s.session_of(people::VICTIM);
    let by = |action| Draft::by(&admin, action).on("scim_directory", "dir_okta", "Okta directory");
    let directory = s.registry.by_id("dir_okta");
    let change = s.registry.set(directory, "/status", json!("disconnected"));
    s.emit(by("scim_directory.disconnected").changes(change));
    let fingerprint = format!("sha256:{}", s.rng.hex(12));
    let status = s.registry.set(directory, "/status", json!("connected"));
    let secret = s.registry.set(directory, "/fingerprint", json!(fingerprint));
    s.emit(
        by("scim_directory.connected").changes(status).changes(secret).because("new directory credential"),
    );
}

/// A second SSO connection for a trial of another identity provider comes and goes.
fn tidy_sso(s: &mut Simulation) {
    let admin = s.session_of(44);
    let attributes = json!({"name": "Trial IdP", "protocol": "oidc", "issuer": "https://idp-trial.example",
        "domains": [], "enforced": false});
    let connection = s.registry.add("sso_connection", "sso_trial".into(), attributes);
    let image = s.registry.after_image(connection);
    s.emit(
        Draft::by(&admin, "sso_connection.created")
            .on("sso_connection", "sso_trial", "Trial IdP")
            .changes(image),
    );
    s.after(4 * HOUR, move |s| {
        s.registry.set_alive(connection, false);
        let image = s.registry.before_image(connection);
        let draft =
            Draft::by(&admin, "sso_connection.deleted").on("sso_connection", "sso_trial", "Trial IdP");
        s.emit(draft.changes(image).because("trial is over"));
    });
}
