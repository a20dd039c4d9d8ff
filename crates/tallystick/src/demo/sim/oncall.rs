//! Who is on call. Rotations turn every Monday, overrides and swaps take precedence, and the alerts ask here whom to
//! wake: that is what makes the acknowledgements in the log fit the schedules in it.

use serde_json::{Value, json};

use super::Simulation;
use super::calendar::{self, DAY, HOUR, MINUTE};
use super::draft::Draft;
use super::organization::{LEAVE_FROM, SYSTEM, person_of};
use super::people::{self, PEOPLE, PersonNo};
use super::registry::ThingNo;

/// Somebody stands in for whoever the rotation names.
pub(super) struct Override {
    schedule: ThingNo,
    from_ms: i64,
    to_ms: i64,
    person: PersonNo,
}

pub(super) fn begin(s: &mut Simulation) {
    s.now_and_then(15 * HOUR, override_shift);
    s.now_and_then(30 * HOUR, swap_shift);
    s.now_and_then(8 * DAY, reorder_rotation);
    s.now_and_then(5 * DAY, gap);
    s.now_and_then(2 * DAY, pause_notifications);
    let leave_ms = s.instant(LEAVE_FROM.1 - 1, 16, 20);
    s.at(leave_ms, |s| pause(s, LEAVE_FROM.0, 120 * 24, "Parental leave"));
}

impl Simulation {
    /// Whom a target of an escalation level means right now: a user, or whoever is on call on a schedule.
    pub(super) fn on_call(&self, target: &str) -> Option<PersonNo> {
        if let Some(person) = person_of(target) {
            return Some(person);
        }
        let schedule = self.registry.by_id(target);
        if !self.registry.get(schedule).is_alive {
            return None;
        }
        let standing_in = self
            .overrides
            .iter()
            .rev()
            .find(|o| o.schedule == schedule && (o.from_ms..o.to_ms).contains(&self.now_ms));
        standing_in.map(|o| o.person).or_else(|| self.by_rotation(schedule, self.now_ms))
    }

    /// Whom the rotation alone names at an instant: the members take turns by week.
    fn by_rotation(&self, schedule: ThingNo, at_ms: i64) -> Option<PersonNo> {
        let users = self.registry.value(schedule, "/users")?.as_array()?;
        let turn = calendar::week(calendar::day_of(at_ms - 9 * HOUR)).rem_euclid(users.len().max(1) as i64);
        person_of(users.get(turn as usize)?.as_str()?)
    }

    /// The living schedules of the first day, which the policies point to.
    fn rotating_schedules(&self) -> Vec<ThingNo> {
        let has_members = |&no: &ThingNo| self.registry.value(no, "/users/1").is_some();
        self.registry.alive("schedule").into_iter().filter(has_members).collect()
    }
}

/// A schedule, somebody who could take a shift, and who has it by rotation.
fn draw_shift(s: &mut Simulation, at_ms: i64) -> Option<(ThingNo, PersonNo, PersonNo)> {
    let schedules = s.rotating_schedules();
    if schedules.is_empty() {
        return None;
    }
    let schedule = *s.rng.pick(&schedules);
    let current = s.by_rotation(schedule, at_ms)?;
    let users = s.registry.value(schedule, "/users")?.as_array()?.clone();
    let others: Vec<PersonNo> =
        users.iter().filter_map(|id| person_of(id.as_str()?)).filter(|&no| no != current).collect();
    let other = *others.get(s.rng.below(others.len() as u32) as usize)?;
    Some((schedule, current, other))
}

fn override_shift(s: &mut Simulation) {
    let from_ms = (s.now_ms + s.rng.between(1, 60) * HOUR) / HOUR * HOUR;
    let to_ms = from_ms + s.rng.between(4, 14) * HOUR;
    let Some((schedule, current, stand_in)) = draw_shift(s, from_ms) else { return };
    let session = s.session_of(stand_in);
    let id = s.new_id("ovr");
    let thing = s.registry.get(schedule);
    let (schedule_id, name) = (thing.id.clone(), thing.name().to_owned());
    let draft = Draft::by(&session, "schedule_override.created")
        .on("schedule", &schedule_id, &name)
        .on("override", &id, &id)
        .on_user(stand_in)
        .adds("/from", calendar::rfc3339(from_ms))
        .adds("/to", calendar::rfc3339(to_ms))
        .adds("/user_id", people::user_id(stand_in))
        .meta("who_was_on_call", PEOPLE[current].name);
    let reason = *s.rng.pick(&[
        "dentist",
        "covering a school run",
        "conference talk",
        "swapping for a concert",
        "feeling ill",
    ]);
    s.emit(draft.because(reason));
    s.overrides.retain(|o| o.to_ms > s.now_ms);
    s.overrides.push(Override { schedule, from_ms, to_ms, person: stand_in });
    let draw = s.rng.below(10);
    if draw < 2 {
        s.after(35 * MINUTE, move |s| {
            let later_ms = to_ms + 2 * HOUR;
            let draft = Draft::by(&session, "schedule_override.updated")
                .on("schedule", &schedule_id, &name)
                .on("override", &id, &id)
                .change("/to", calendar::rfc3339(to_ms), calendar::rfc3339(later_ms));
            s.emit(draft);
            let same = s.overrides.iter_mut().find(|o| o.schedule == schedule && o.from_ms == from_ms);
            if let Some(found) = same {
                found.to_ms = later_ms;
            }
        });
    } else if draw == 2 {
        s.after(50 * MINUTE, move |s| {
            s.overrides.retain(|o| !(o.schedule == schedule && o.from_ms == from_ms));
            let old = |path: &str, old: String| json!({"path": path, "op": "remove", "old": old});
            let draft = Draft::by(&session, "schedule_override.deleted")
                .on("schedule", &schedule_id, &name)
                .on("override", &id, &id)
                .changes([
                    old("/from", calendar::rfc3339(from_ms)),
                    old("/to", calendar::rfc3339(to_ms)),
                    old("/user_id", people::user_id(stand_in)),
                ]);
            s.emit(draft.because("not needed after all"));
        });
    }
}

fn swap_shift(s: &mut Simulation) {
    let from_ms = calendar::day_of(s.now_ms + 3 * DAY) * DAY + 9 * HOUR;
    let to_ms = from_ms + DAY;
    let Some((schedule, current, other)) = draw_shift(s, from_ms) else { return };
    let session = s.session_of(current);
    let thing = s.registry.get(schedule);
    let draft = Draft::by(&session, "on_call_shift.swapped")
        .on("schedule", &thing.id, thing.name())
        .on_user(current)
        .on_user(other)
        .change("/user_id", people::user_id(current), people::user_id(other))
        .meta("from", calendar::rfc3339(from_ms))
        .meta("to", calendar::rfc3339(to_ms));
    s.emit(draft);
    s.overrides.push(Override { schedule, from_ms, to_ms, person: other });
}

/// A manager puts two members of a rotation in another order.
fn reorder_rotation(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| PEOPLE[no].role == people::Role::Manager) else { return };
    let schedules = s.rotating_schedules();
    if schedules.is_empty() {
        return;
    }
    let schedule = *s.rng.pick(&schedules);
    let users = s.registry.value(schedule, "/users").and_then(Value::as_array).cloned().unwrap_or_default();
    let at = s.rng.below(users.len() as u32 - 1) as usize;
    let (first, second) = (users[at].clone(), users[at + 1].clone());
    let changes: Vec<Value> = [(at, second), (at + 1, first)]
        .into_iter()
        .filter_map(|(at, user)| s.registry.set(schedule, &format!("/users/{at}"), user))
        .collect();
    let thing = s.registry.get(schedule);
    let draft = Draft::by(&session, "schedule_rotation.updated")
        .on("schedule", &thing.id, thing.name())
        .on("rotation", &format!("rot_{}", &thing.id[4..]), "Weekly")
        .changes(changes);
    s.emit(draft);
}

fn gap(s: &mut Simulation) {
    let schedules = s.registry.alive("schedule");
    let schedule = *s.rng.pick(&schedules);
    let from_ms = (s.now_ms + 2 * DAY) / HOUR * HOUR;
    let thing = s.registry.get(schedule);
    let draft = Draft::machine(SYSTEM, "on_call_shift.gap_detected")
        .on("schedule", &thing.id, thing.name())
        .meta("from", calendar::rfc3339(from_ms))
        .meta("to", calendar::rfc3339(from_ms + HOUR));
    s.emit(draft);
}

fn pause_notifications(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| !people::is_needed(no)) else { return };
    let hours = s.rng.between(1, 20);
    let reason = *s.rng.pick(&["Flight", "Focus time", "Doctor", "Board meeting", "Long-haul flight"]);
    pause(s, session.person, hours, reason);
}

/// Somebody is not to be woken for some hours.
fn pause(s: &mut Simulation, person: PersonNo, hours: i64, reason: &'static str) {
    let session = s.session_of(person);
    let id = s.new_id("pause");
    let until_ms = s.now_ms + hours * HOUR;
    let draft = Draft::by(&session, "on_call_notifications.paused")
        .on_user(person)
        .on("pause", &id, &id)
        .adds("/starts_at", calendar::rfc3339(s.now_ms))
        .adds("/ends_at", calendar::rfc3339(until_ms))
        .because(reason);
    s.emit(draft);
    s.at(until_ms, move |s| {
        let draft = Draft::machine(SYSTEM, "on_call_notifications.resumed")
            .on_user(person)
            .on("pause", &id, &id)
            .meta("automatic", true);
        s.emit(draft);
    });
}
