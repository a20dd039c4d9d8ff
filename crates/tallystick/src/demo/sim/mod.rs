//! The sample organization: a seeded, endless simulation of a payments company and the incident platform it uses. It
//! exists so that somebody who tries the product finds a log worth reading: people with habits, alerts that wake
//! whoever is really on call, mistakes, and one intrusion to discover.
//!
//! Pure: no clock, no IO. The same [`SimulationOptions`] give the same bytes for ever.
//!
//! Time runs in steps kept in a queue. A step changes the organization, emits events and plans further steps, so the
//! events come out in order and every `changes` list holds what the configuration really was at that moment.

mod access;
mod accounts;
mod activity;
mod agents;
mod alerts;
mod attack;
mod audit;
mod calendar;
mod chores;
mod days;
mod defence;
mod draft;
mod incidents;
mod machines;
mod mishaps;
mod oncall;
mod organization;
mod people;
mod registry;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tour;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::seeded::Rng;
use alerts::Alert;
use calendar::DAY;
use draft::{Draft, Session};
use oncall::Override;
use people::PEOPLE;
use registry::Registry;

/// The organization's id in the log.
pub const ORG_ID: &str = "northlight";
/// The organization's name.
pub const ORG_NAME: &str = "Northlight Payments";
/// How many days of history the stories are laid out for; the intrusion happens in the last fourteen of them.
pub const HISTORY_DAYS: i64 = 60;
/// The pace that gives a live demonstration about one event a second in office hours.
pub const LIVE_PACE: f64 = 40.0;

/// What a simulation follows from.
#[derive(Clone, Debug)]
pub struct SimulationOptions {
    /// Chooses every random draw.
    pub seed: u64,
    /// The first simulated instant, Unix milliseconds; see [`history_start_ms`].
    pub start_ms: i64,
    /// From this instant (Unix milliseconds) on, alerts and daily work happen `pace` times as often. What comes before
    /// it does not depend on it.
    pub live_from_ms: i64,
    /// How much busier the live part is; 1.0 is the natural rate of about one event a minute.
    pub pace: f64,
    /// Written as `org` into each event; `None` leaves it out, for a key that is bound to an organization.
    pub org: Option<String>,
}

impl SimulationOptions {
    /// The usual demonstration: history up to `now_ms`, then a busy live part, with `org` set to [`ORG_ID`].
    pub fn usual(seed: u64, now_ms: i64) -> Self {
        let start_ms = history_start_ms(now_ms);
        Self { seed, start_ms, live_from_ms: now_ms, pace: LIVE_PACE, org: Some(ORG_ID.to_owned()) }
    }
}

/// Where a history that ends at `now_ms` begins: at a UTC midnight [`HISTORY_DAYS`] days before. All histories of one
/// day begin at the same instant, so a demonstration that is started again repeats its idempotency keys.
pub fn history_start_ms(now_ms: i64) -> i64 {
    (calendar::day_of(now_ms) - HISTORY_DAYS) * DAY
}

/// One event to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimEvent {
    /// When it happened, Unix milliseconds. Never smaller than that of the event before.
    pub occurred_ms: i64,
    /// The event as the API takes it: one JSON object without line breaks.
    pub json: String,
}

type Step = Box<dyn FnOnce(&mut Simulation) + Send>;
/// A step that carries nothing along.
type StepFn = fn(&mut Simulation);

/// A step and when it is due; steps that are due together run in the order in which they were planned.
struct Planned {
    at_ms: i64,
    no: u64,
    step: Step,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        (self.at_ms, self.no) == (other.at_ms, other.no)
    }
}
impl Eq for Planned {}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at_ms, self.no).cmp(&(other.at_ms, other.no))
    }
}

/// The organization as it lives on. An endless iterator of events in the order of their time.
pub struct Simulation {
    options: SimulationOptions,
    rng: Rng,
    now_ms: i64,
    planned: BinaryHeap<Reverse<Planned>>,
    planned_count: u64,
    ready: VecDeque<SimEvent>,
    emitted: u64,
    registry: Registry,
    /// Who is signed in, by person.
    sessions: Vec<Option<Session>>,
    overrides: Vec<Override>,
    /// Private incidents that can be looked at: id, title.
    private_incidents: Vec<(String, String)>,
    /// Open incidents: id, title.
    incidents: Vec<(String, String)>,
    /// The alert that the intruder's export raised, until somebody takes it.
    case_alert: Option<Alert>,
    alert_count: u32,
    incident_count: u32,
    thing_count: u32,
}

impl Simulation {
    /// The organization at its first instant.
    pub fn new(options: SimulationOptions) -> Self {
        let mut rng = Rng::new(options.seed);
        let mut registry = Registry::default();
        organization::found(&mut registry, || format!("sha256:{}", rng.hex(12)));
        let mut simulation = Self {
            now_ms: options.start_ms,
            options,
            rng,
            planned: BinaryHeap::new(),
            planned_count: 0,
            ready: VecDeque::new(),
            emitted: 0,
            registry,
            sessions: vec![None; PEOPLE.len()],
            overrides: Vec::new(),
            private_incidents: Vec::new(),
            incidents: Vec::new(),
            case_alert: None,
            alert_count: 41_870,
            incident_count: 1_204,
            thing_count: 300,
        };
        days::begin(&mut simulation);
        alerts::begin(&mut simulation);
        incidents::begin(&mut simulation);
        oncall::begin(&mut simulation);
        machines::begin(&mut simulation);
        agents::begin(&mut simulation);
        audit::begin(&mut simulation);
        access::begin(&mut simulation);
        mishaps::begin(&mut simulation);
        attack::begin(&mut simulation);
        simulation
    }

    /// The next event. There always is one: days follow days.
    pub fn next_event(&mut self) -> SimEvent {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            let Reverse(next) = self.planned.pop().expect("each day plans the day after it");
            self.now_ms = self.now_ms.max(next.at_ms);
            (next.step)(self);
        }
    }

    /// Runs `step` at an instant, or now if that has passed.
    fn at(&mut self, at_ms: i64, step: impl FnOnce(&mut Self) + Send + 'static) {
        self.planned_count += 1;
        self.planned.push(Reverse(Planned { at_ms, no: self.planned_count, step: Box::new(step) }));
    }

    /// Runs `step` this many milliseconds from now.
    fn after(&mut self, wait_ms: i64, step: impl FnOnce(&mut Self) + Send + 'static) {
        self.at(self.now_ms + wait_ms, step);
    }

    /// Runs `step` again and again at a fixed distance, first after `first_ms`.
    fn every(&mut self, first_ms: i64, distance_ms: i64, step: fn(&mut Self)) {
        self.after(first_ms, move |s| {
            step(s);
            s.every(distance_ms, distance_ms, step);
        });
    }

    /// Runs `step` again and again, independently of what came before, on average once in `mean_ms`; in the live part
    /// more often.
    fn now_and_then(&mut self, mean_ms: i64, step: fn(&mut Self)) {
        let at_ms = self.next_arrival_ms(mean_ms);
        self.at(at_ms, move |s| {
            step(s);
            s.now_and_then(mean_ms, step);
        });
    }

    /// When something that happens on average once in `mean_ms` happens next. A wait that reaches into the live part is
    /// compressed there rather than drawn anew: the draws of the history must not depend on when it ends.
    fn next_arrival_ms(&mut self, mean_ms: i64) -> i64 {
        let live_from = self.options.live_from_ms;
        let wait_ms = self.rng.wait(mean_ms);
        let natural_ms = (live_from - self.now_ms).clamp(0, wait_ms);
        self.now_ms + natural_ms + ((wait_ms - natural_ms) as f64 / self.options.pace.max(0.01)) as i64
    }

    /// Sends an event off, a few milliseconds after the one before.
    fn emit(&mut self, draft: Draft) {
        self.now_ms += self.rng.between(3, 40);
        self.emitted += 1;
        let key = self.idempotency_key();
        let request = format!("req_{}", self.rng.hex(16));
        let json = draft.into_json(self.options.org.as_deref(), self.now_ms, &key, &request);
        self.ready.push_back(SimEvent { occurred_ms: self.now_ms, json });
    }

    /// Unique within the organization: named after the history, or after the live part and its beginning.
    fn idempotency_key(&self) -> String {
        let SimulationOptions { seed, start_ms, live_from_ms, .. } = self.options;
        let part = if self.now_ms < live_from_ms { start_ms } else { live_from_ms };
        let name = if self.now_ms < live_from_ms { "past" } else { "live" };
        format!("sim-{seed:x}-{name}-{:x}-{}", part / 1000, self.emitted)
    }

    /// The instant `hour:minute` UTC on a day of the history.
    fn instant(&self, day: i64, hour: i64, minute: i64) -> i64 {
        self.options.start_ms + day * DAY + hour * calendar::HOUR + minute * calendar::MINUTE
    }

    /// A day number (since 1970) of the history's day.
    fn day(&self, day: i64) -> i64 {
        calendar::day_of(self.options.start_ms) + day
    }

    /// An id that nothing else has, such as `wf_0301`.
    fn new_id(&mut self, prefix: &str) -> String {
        self.thing_count += 1;
        format!("{prefix}_{:04}", self.thing_count)
    }
}

impl Iterator for Simulation {
    type Item = SimEvent;

    fn next(&mut self) -> Option<SimEvent> {
        Some(self.next_event())
    }
}
