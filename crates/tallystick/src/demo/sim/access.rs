//! People come and go, change teams and roles, get temporary permissions. Key lifecycles beyond the daily chores are
//! here too, and the account's commercial side.

use serde_json::json;

use super::calendar::{self, DAY, HOUR, MINUTE};
use super::draft::Draft;
use super::organization::{SCIM, SYSTEM, WAREHOUSE};
use super::people::{self, OWNER, PEOPLE};
use super::{Simulation, StepFn};

/// New colleagues, in the order in which they join: name, team.
const JOINERS: &[(&str, &str)] = &[
    ("Amara Diallo", "Payments"),
    ("Viktor Horváth", "Platform"),
    ("Mei-Ling Tan", "Support"),
    ("Rūta Kazlauskaitė", "Risk"),
    ("Diego Fuentes", "Apps"),
    ("Ngozi Eze", "Ledger"),
];

pub(super) fn begin(s: &mut Simulation) {
    for (no, day) in [3, 12, 19, 31, 38, 45].into_iter().enumerate() {
        let at_ms = s.instant(day, 10, 12 + no as i64 * 7);
        s.at(at_ms, move |s| join(s, JOINERS[no]));
    }
    s.now_and_then(40 * HOUR, change_team);
    s.now_and_then(44 * HOUR, change_role);
    s.now_and_then(50 * HOUR, permission);
    s.now_and_then(4 * DAY, key_lifecycle);
    s.now_and_then(55 * HOUR, elevate);
    s.now_and_then(6 * DAY, lock_out);
    s.now_and_then(6 * HOUR, factor_trouble);
    for (day, step) in [
        (8, seats as StepFn),
        (28, renew),
        (33, contractor_erased),
        (21, invitation_withdrawn),
        (15, certificate),
        (41, shadow_app),
    ] {
        let at_ms = s.instant(day, 11, 40);
        s.at(at_ms, step);
    }
}

/// Directory first, then the invitation, then a role: as it happens with SCIM.
fn join(s: &mut Simulation, (name, team): (&'static str, &'static str)) {
    let id = s.new_id("u");
    let email = format!("{}@northlight.example", name.split(' ').next().unwrap_or(name).to_lowercase());
    let thing = s.registry.add(
        "user",
        id.clone(),
        json!({"name": name, "email": email, "roles": ["responder"], "team": team, "status": "invited"}),
    );
    let changes = s.registry.after_image(thing);
    s.emit(
        Draft::machine(SCIM, "user.created").on("user", &id, name).changes(changes).meta("source", "scim"),
    );
    let admin = s.session_of(people::VICTIM);
    let invitation = s.new_id("inv");
    let draft = Draft::by(&admin, "user.invited").on("user", &id, name).on("invitation", &invitation, name);
    s.emit(draft.adds("/email", email).adds("/expires_at", calendar::rfc3339(s.now_ms + 7 * DAY)));
    s.after(3 * HOUR, move |s| {
        let draft = Draft::machine(SCIM, "user.invitation_accepted").on("user", &id, name).on(
            "invitation",
            &invitation,
            name,
        );
        s.emit(draft.change("/status", "pending", "accepted"));
        let change = s.registry.set(thing, "/status", json!("active"));
        let team_no = s.registry.by_id(&format!("team_{}", team.to_lowercase()));
        let member = s.registry.push(team_no, "/members", json!(id));
        let draft = Draft::machine(SCIM, "team.member_added");
        s.emit(
            draft
                .on("team", &s.registry.get(team_no).id, team)
                .on("user", &id, name)
                .changes([member])
                .changes(change),
        );
    });
}

fn change_team(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].role == people::Role::Manager || Simulation::is_admin(no))
    else {
        return;
    };
    let teams = s.registry.alive("team");
    let team = *s.rng.pick(&teams);
    let person = s.rng.below(PEOPLE.len() as u32) as usize;
    let user = json!(people::user_id(person));
    let (action, change) = match s.registry.pull(team, "/members", &user) {
        Some(change) if s.rng.chance(0.6) => ("team.member_removed", change),
        Some(_) => {
            s.registry.push(team, "/members", user);
            (
                "team.member_role_changed",
                json!({"path": "/team_role", "op": "replace", "old": "member", "new": "lead"}),
            )
        }
        None => ("team.member_added", s.registry.push(team, "/members", user)),
    };
    let thing = s.registry.get(team);
    let draft =
        Draft::by(&session, action).on("team", &thing.id, thing.name()).on_user(person).changes([change]);
    s.emit(draft);
}

fn change_role(s: &mut Simulation) {
    let Some(session) = s.somebody(Simulation::is_admin) else { return };
    let person = s.rng.below(PEOPLE.len() as u32) as usize;
    let user = s.registry.by_id(&people::user_id(person));
    let role = json!("private_incident_reader");
    let (action, change) = match s.registry.pull(user, "/roles", &role) {
        Some(change) => ("user.role_removed", change),
        None => ("user.role_assigned", s.registry.push(user, "/roles", role)),
    };
    let draft = Draft::by(&session, action)
        .on_user(person)
        .on("role", "private_incident_reader", "Private incident reader")
        .changes([change]);
    s.emit(draft.because("quarterly access review"));
}

/// A permission for a while, taken back when its time is over.
fn permission(s: &mut Simulation) {
    let Some(session) = s.somebody(Simulation::is_admin) else { return };
    let person = s.rng.below(PEOPLE.len() as u32) as usize;
    let user = s.registry.by_id(&people::user_id(person));
    let change = s.registry.push(user, "/permissions", json!("exports.create"));
    let until_ms = s.now_ms + 8 * HOUR;
    let draft = Draft::by(&session, "user.permission_granted")
        .on_user(person)
        .on("permission", "exports.create", "Create exports")
        .changes([change])
        .adds("/expires_at", calendar::rfc3339(until_ms));
    s.emit(draft.because("quarter-end numbers"));
    s.at(until_ms, move |s| {
        let change = s.registry.pull(user, "/permissions", &json!("exports.create"));
        let draft = Draft::machine(SYSTEM, "user.permission_revoked").on_user(person);
        s.emit(draft.on("permission", "exports.create", "Create exports").changes(change).because("expired"));
    });
}

fn key_lifecycle(s: &mut Simulation) {
    let keys = s.registry.alive("api_key");
    let thing = s.registry.get(*s.rng.pick(&keys));
    let (id, name) = (thing.id.clone(), thing.name().to_owned());
    if s.rng.chance(0.4) && thing_is_disposable(s, &id) {
        let thing = s.registry.by_id(&id);
        s.registry.set_alive(thing, false);
        let draft = Draft::machine(SYSTEM, "api_key.expired").on("api_key", &id, &name);
        s.emit(draft.change("/status", "active", "expired"));
    } else {
        let draft = Draft::machine(WAREHOUSE, "api_key.first_used").on("api_key", &id, &name);
        s.emit(draft.meta("new_source", "10.42.11.0/24").meta("user_agent", WAREHOUSE.user_agent));
    }
}

fn thing_is_disposable(s: &Simulation, id: &str) -> bool {
    s.registry.get(s.registry.by_id(id)).is_disposable
}

/// More rights for a quarter of an hour, with a reason.
fn elevate(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].team == "Core SRE") else { return };
    let draft = Draft::by(&session, "session.elevated")
        .on("session", &session.id, &session.id)
        .change("/scopes", json!(["incidents:write"]), json!(["incidents:write", "breakglass"]))
        .adds("/elevated_until", calendar::rfc3339(s.now_ms + 15 * MINUTE));
    s.emit(draft.because("break-glass: policies frozen during the incident"));
}

fn lock_out(s: &mut Simulation) {
    let person = s.rng.below(PEOPLE.len() as u32) as usize;
    if people::is_needed(person) {
        return;
    }
    let session = s.open_session(person);
    for attempt in 1..=5 {
        super::days::sign_in_failed(s, &session, "bad_password", attempt);
    }
    let until = calendar::rfc3339(s.now_ms + 30 * MINUTE);
    let draft = Draft::machine(SYSTEM, "user.locked_out").on_user(person);
    s.emit(draft.meta("failed_count", 5).meta("window_s", 300).meta("until", until.as_str()));
    s.after(12 * MINUTE, move |s| {
        let Some(admin) = s.somebody(|no| PEOPLE[no].team == "IT") else { return };
        let old = json!({"path": "/locked_until", "op": "remove", "old": until});
        s.emit(
            Draft::by(&admin, "user.unlocked").on_user(person).changes([old]).because("called the help desk"),
        );
    });
}

fn factor_trouble(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| no != people::VICTIM) else { return };
    let draft = Draft::by(&session, "mfa_factor.challenge_failed")
        .on("mfa_factor", &format!("mfa_{}", session.person), "Security key")
        .on_user(session.person)
        .meta("reason_code", "timeout");
    s.emit(draft.failed("Nobody touched the security key in time"));
}

fn seats(s: &mut Simulation) {
    let session = s.session_of(OWNER);
    let subscription = s.registry.by_id("sub_1");
    let change = s.registry.set(subscription, "/seats", json!(75));
    let draft = Draft::by(&session, "subscription.plan_changed").on("subscription", "sub_1", "Business");
    s.emit(draft.changes(change).because("six joiners until the end of the quarter"));
}

fn renew(s: &mut Simulation) {
    let session = s.session_of(OWNER);
    let license = s.registry.by_id("lic_1");
    let change = s.registry.set(license, "/expires_at", json!("2028-06-30"));
    s.emit(
        Draft::by(&session, "license.updated").on("license", "lic_1", "Status pages add-on").changes(change),
    );
}

/// A contractor's account goes through every stage of leaving.
fn contractor_erased(s: &mut Simulation) {
    let thing = s.registry.add(
        "user",
        "u_0900".into(),
        json!({"name": "Kofi Mensah",
        "email": "kofi@contractor.example", "roles": ["responder"], "team": "Apps", "status": "active"}),
    );
    let admin = s.session_of(44);
    let by = |action| Draft::by(&admin, action).on("user", "u_0900", "Kofi Mensah");
    let change = s.registry.set(thing, "/email", json!("kofi.mensah@contractor.example"));
    s.emit(by("user.email_changed").changes(change).meta("verified", true));
    let change = s.registry.set(thing, "/status", json!("suspended"));
    s.emit(by("user.suspended").changes(change).because("contract paused"));
    s.after(2 * DAY, move |s| {
        let admin = s.session_of(44);
        let by = |action| Draft::by(&admin, action).on("user", "u_0900", "Kofi Mensah");
        let change = s.registry.set(thing, "/status", json!("active"));
        s.emit(by("user.reactivated").changes(change));
        let change = s.registry.set(thing, "/status", json!("deactivated"));
        s.emit(
            by("user.deactivated")
                .changes(change)
                .meta("sessions_revoked", 2)
                .meta("keys_revoked", 1)
                .because("contract ended"),
        );
        let image = s.registry.before_image(thing);
        s.emit(by("user.deleted").changes(image));
        let draft = Draft::by(&admin, "user.erased").on("user", "u_0900", "erased person");
        s.emit(
            draft.meta("legal_basis", "GDPR Art. 17").meta("key_destroyed", true).meta("event_count", 312),
        );
    });
}

fn invitation_withdrawn(s: &mut Simulation) {
    let admin = s.session_of(44);
    let draft =
        Draft::by(&admin, "user.invitation_revoked").on("invitation", "inv_0044", "press@northlight.example");
    s.emit(draft.change("/status", "pending", "revoked").because("a shared mailbox, not a person"));
}

/// The identity provider's certificate is renewed in time.
fn certificate(s: &mut Simulation) {
    let admin = s.session_of(people::VICTIM);
    let sso = s.registry.by_id("sso_okta");
    let change = s.registry.set(sso, "/cert_fingerprint", json!("sha256:e20b77d4"));
    s.emit(
        Draft::by(&admin, "sso_connection.updated")
            .on("sso_connection", "sso_okta", "Okta SAML")
            .changes(change),
    );
}

/// A refresh token is used twice: the client kept an old copy. The whole family is revoked.
fn shadow_app(s: &mut Simulation) {
    let draft =
        Draft::machine(SYSTEM, "refresh_token.reuse_detected").on("refresh_token", "rt_7f", "Backstage");
    s.emit(
        draft
            .on_user(26)
            .meta("family_id", "fam_19")
            .meta("revoked_count", 4)
            .failed("An already used token was presented"),
    );
}
