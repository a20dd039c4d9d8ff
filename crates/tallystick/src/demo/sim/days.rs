//! The working day: people sign in, work, and sign out, each in their own time zone and with their own habits. It
//! exists because nearly everything else hangs on who is signed in, and from where.

use serde_json::{Value, json};

use super::Simulation;
use super::activity;
use super::calendar::{self, HOUR, MINUTE, SECOND};
use super::draft::{Draft, Session};
use super::organization::{LEAVE_FROM, SYSTEM};
use super::people::{self, PEOPLE, PersonNo, Role};

/// Plans the first two days and, from then on, each day one day ahead: in the east it begins before UTC's.
pub(super) fn begin(s: &mut Simulation) {
    plan_day(s, calendar::day_of(s.now_ms));
    plan_ahead(s);
}

fn plan_ahead(s: &mut Simulation) {
    let tomorrow = calendar::day_of(s.now_ms) + 1;
    plan_day(s, tomorrow);
    s.at(tomorrow * calendar::DAY, plan_ahead);
}

fn plan_day(s: &mut Simulation, day: i64) {
    let leave_from_day = s.day(LEAVE_FROM.1);
    for (person, who) in PEOPLE.iter().enumerate() {
        let works = people::is_working(person, day, leave_from_day);
        let late_ms = s.rng.between(-25 * MINUTE, 45 * MINUTE);
        let length_min = s.rng.between(430, 560);
        let weekend_visit = s.rng.chance(0.05) && who.role != Role::Stakeholder;
        if works || weekend_visit {
            let length_min = if works { length_min } else { length_min / 6 };
            let from_ms = who.midnight_ms(day) + who.starts_at_min() * MINUTE + late_ms;
            if from_ms > s.now_ms {
                s.at(from_ms, move |s| arrive(s, person, from_ms + length_min * MINUTE));
            }
        }
    }
}

/// Somebody starts to work: signs in, perhaps not at the first try.
fn arrive(s: &mut Simulation, person: PersonNo, until_ms: i64) {
    let session = s.open_session(person);
    let user = s.registry.by_id(&people::user_id(person));
    if s.registry.value(user, "/status") == Some(&json!("suspended")) {
        let draft =
            Draft::by(&session, "user.sign_in_failed").on_user(person).meta("reason_code", "suspended");
        return s.emit(draft.denied("The account is suspended"));
    }
    if s.rng.chance(0.22) {
        let reason = *s.rng.pick(&["bad_password", "mfa_timeout", "idp_assertion_expired", "bad_password"]);
        let tries = s.rng.between(1, 3);
        for attempt in 1..=tries {
            let session = session.clone();
            s.after((attempt - 1) * 14 * SECOND, move |s| sign_in_failed(s, &session, reason, attempt));
        }
        s.after(tries * 17 * SECOND, move |s| begin_session(s, session, until_ms));
    } else {
        begin_session(s, session, until_ms);
    }
}

pub(super) fn sign_in_failed(s: &mut Simulation, session: &Session, reason: &str, attempt: i64) {
    let draft = Draft::by(session, "user.sign_in_failed")
        .on_user(session.person)
        .context("session_id", session.id.replace("ses_", "try_"))
        .meta("reason_code", reason)
        .meta("method", if reason == "bad_password" { "password" } else { "saml" })
        .meta("attempt_no", attempt)
        .failed(match reason {
            "bad_password" => "The password does not match",
            "mfa_timeout" => "Nobody answered the second-factor prompt",
            _ => "The identity provider's assertion had expired",
        });
    s.emit(draft);
}

fn begin_session(s: &mut Simulation, session: Session, until_ms: i64) {
    let person = session.person;
    announce(s, &session, "saml", "webauthn", s.sessions[person].is_none() && session.origin == "mobile");
    s.sessions[person] = Some(session);
    for nth in 1..=2 {
        s.after(nth * 3 * HOUR, move |s| refresh(s, person));
    }
    s.at(until_ms, move |s| leave(s, person));
    next_activity(s, person, until_ms);
}

/// The two events of a successful sign-in.
pub(super) fn announce(
    s: &mut Simulation,
    session: &Session,
    method: &str,
    factor: &str,
    is_new_device: bool,
) {
    let usual = PEOPLE[session.person].country;
    let sign_in = Draft::by(session, "user.signed_in")
        .on_user(session.person)
        .on("session", &session.id, &session.id)
        .meta("method", method)
        .meta("mfa_used", factor)
        .meta("idp_id", if method == "saml" { "sso_okta" } else { "local" })
        .meta("new_device", is_new_device)
        .meta("new_country", session.country != usual);
    s.emit(sign_in);
    let expires = calendar::rfc3339(s.now_ms + 12 * HOUR);
    let created = Draft::by(session, "session.created")
        .on("session", &session.id, &session.id)
        .on_user(session.person)
        .adds("/expires_at", expires)
        .meta("geo", json!({"country": session.country}));
    s.emit(created);
}

/// Work goes on until the person leaves or somebody ends the session.
fn next_activity(s: &mut Simulation, person: PersonNo, until_ms: i64) {
    let mean_ms = match PEOPLE[person].role {
        Role::Stakeholder => 52 * MINUTE,
        _ => 37 * MINUTE,
    };
    let at_ms = s.next_arrival_ms(mean_ms);
    if at_ms < until_ms {
        s.at(at_ms, move |s| {
            if let Some(session) = s.sessions[person].clone() {
                activity::work(s, &session);
                next_activity(s, person, until_ms);
            }
        });
    }
}

fn refresh(s: &mut Simulation, person: PersonNo) {
    let Some(session) = s.sessions[person].clone() else { return };
    let (old, new) = (calendar::rfc3339(s.now_ms + HOUR), calendar::rfc3339(s.now_ms + 13 * HOUR));
    let draft = Draft::by(&session, "session.refreshed").on("session", &session.id, &session.id).change(
        "/expires_at",
        old,
        new,
    );
    s.emit(draft);
}

fn leave(s: &mut Simulation, person: PersonNo) {
    let Some(session) = s.sessions[person].take() else { return };
    let draft = if s.rng.chance(0.55) {
        Draft::by(&session, "user.signed_out").on_user(person).meta("initiator", "user")
    } else {
        Draft::machine(SYSTEM, "session.expired").on("session", &session.id, &session.id).meta("idle_s", 3600)
    };
    s.emit(draft);
}

impl Simulation {
    /// A session on the person's computer, from wherever they are today.
    pub(super) fn open_session(&mut self, person: PersonNo) -> Session {
        let who = &PEOPLE[person];
        let habit = self.rng.below(100);
        let local_day = calendar::day_of(self.now_ms + who.offset_min * MINUTE);
        let (country, ip) = match people::trip(person, local_day) {
            Some((country, hotel)) => (country, hotel),
            None => (who.country, people::address(person, habit)),
        };
        let id = format!("ses_{}", self.rng.hex(12));
        let role = self.role_of(person);
        Session { id, person, role, ip, country, user_agent: who.browser().to_owned(), origin: "ui" }
    }

    /// The session in which somebody acts now: the one on their computer, or their phone if they are not at work.
    pub(super) fn session_of(&mut self, person: PersonNo) -> Session {
        if let Some(session) = &self.sessions[person] {
            return session.clone();
        }
        let who = &PEOPLE[person];
        let id = format!("ses_m{}", self.rng.hex(11));
        let ip = people::address(person, 60);
        let role = self.role_of(person);
        Session {
            id,
            person,
            role,
            ip,
            country: who.country,
            user_agent: who.phone().to_owned(),
            origin: "mobile",
        }
    }

    /// The first role that the person has now; the others are additions to it.
    pub(super) fn role_of(&self, person: PersonNo) -> String {
        let user = self.registry.by_id(&people::user_id(person));
        self.registry.value(user, "/roles/0").and_then(Value::as_str).unwrap_or("none").to_owned()
    }

    /// Somebody who is signed in and fits; nobody if none is.
    pub(super) fn somebody(&mut self, fits: impl Fn(PersonNo) -> bool) -> Option<Session> {
        let present: Vec<&Session> =
            self.sessions.iter().flatten().filter(|session| fits(session.person)).collect();
        let no = self.rng.below(present.len() as u32) as usize;
        present.get(no).map(|session| (*session).clone())
    }

    /// Whether a user may change settings.
    pub(super) fn is_admin(person: PersonNo) -> bool {
        matches!(PEOPLE[person].role, Role::Admin | Role::Owner)
    }
}
