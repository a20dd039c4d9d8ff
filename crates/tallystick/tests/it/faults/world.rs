//! What all these tests do: streams to every target, a writer that goes on writing, and the look at what has arrived.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tallystick_receivers::Event;

use super::targets::{Target, lakes};
use crate::server::{Api, Server};

/// What nothing here should take, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);
/// How often the service is asked whether it is done.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// The organization.
pub(crate) const ORG: &str = "acme";

/// Starts the service of a test; [`lakes`] has to be there.
pub(crate) fn serve(folder: &Path) -> Server {
    let lakes = lakes(folder);
    std::fs::create_dir_all(&lakes).unwrap();
    let variables = [
        ("TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS", "true"),
        ("TALLYSTICK_STREAMS__LAKE_FOLDER", lakes.to_str().unwrap()),
        ("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "500"),
        ("TALLYSTICK_LOG__TAIL_AGE_S", "1"),
    ];
    Server::try_start(&folder.join("data"), &variables).unwrap_or_else(|output| panic!("no start: {output}"))
}

/// Makes a stream to each target.
pub(crate) fn make_streams(api: &Api, targets: &mut [Target]) {
    for target in targets {
        let made = api.post(
            "/v1/streams",
            &json!({ "organization_id": ORG, "name": target.name, "kind": target.receiver.kind(),
                "format": "native", "start_from": "beginning", "settings": target.settings }),
        );
        assert_eq!(made.status, 201, "{}: {made:?}", target.name);
        made.body["id"].as_str().unwrap().clone_into(&mut target.stream);
    }
}

/// Writes events, whether the service is there or not. No two are alike.
pub(crate) struct Writer {
    events: usize,
    pause: Duration,
    number: AtomicU64,
    is_done: AtomicBool,
}

impl Writer {
    /// So many events at a time, with a pause after them.
    pub(crate) fn new(events: usize, pause: Duration) -> Self {
        Self { events, pause, number: AtomicU64::new(0), is_done: AtomicBool::new(false) }
    }

    /// Writes once. An error if nobody answers.
    pub(crate) fn write(&self, api: &Api) -> Result<(), ()> {
        let batch: Vec<Value> = (0..self.events).map(|_| self.event("number", json!(1))).collect();
        let answer = api.try_call("POST", "/v1/events", Some(json!(batch).to_string())).map_err(drop)?;
        assert_eq!(answer.status, 201, "{answer:?}");
        Ok(())
    }

    /// Writes an event with something more in its `metadata`. Gives its id.
    pub(crate) fn write_one(&self, api: &Api, name: &str, value: Value) -> String {
        let answer = api.post("/v1/events", &self.event(name, value));
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["events"][0]["id"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    fn event(&self, name: &str, value: Value) -> Value {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        json!({
            "org": ORG, "action": "invoice.updated", "actor": { "type": "user", "id": format!("u_{number}") },
            "metadata": { name: value, "note": note(number) },
        })
    }

    /// Goes on writing while something else is done, or until nobody answers any more.
    pub(crate) fn while_writing<T>(&self, api: &Api, act: impl FnOnce() -> T) -> T {
        let api = api.again();
        self.is_done.store(false, Ordering::SeqCst);
        scope(|scope| {
            scope.spawn(move || {
                while !self.is_done.load(Ordering::SeqCst) && self.write(&api).is_ok() {
                    sleep(self.pause);
                }
            });
            // Also if it fails: nobody would come back otherwise.
            let _done = Done(&self.is_done);
            act()
        })
    }
}

/// Says that it is done when it is dropped.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A text of some length that no compressor makes much smaller.
fn note(number: u64) -> String {
    (0..8).map(|part| format!("{:016x}", tallystick::seeded::mix(number * 8 + part))).collect()
}

/// The streams as the API has them, by id.
pub(crate) fn streams(api: &Api) -> BTreeMap<String, Value> {
    let answer = api.get(&format!("/v1/streams?organization_id={ORG}"));
    let Some(streams) = answer.body["data"].as_array() else { panic!("{answer:?}") };
    streams.iter().map(|stream| (stream["id"].as_str().unwrap().to_owned(), stream.clone())).collect()
}

/// Has every stream that fails tried at once.
pub(crate) fn resume(api: &Api, targets: &[Target]) -> Vec<&'static str> {
    let streams = streams(api);
    let waiting = targets.iter().filter(|target| streams[&target.stream]["state"] != "active");
    let waiting: Vec<&Target> = waiting.collect();
    for target in &waiting {
        let answer = api.post(&format!("/v1/streams/{}/resume", target.stream), &json!({}));
        assert_eq!(answer.status, 200, "{}: {answer:?}", target.name);
    }
    waiting.iter().map(|target| target.name).collect()
}

/// Whether no stream has anything more to send.
fn is_settled(api: &Api, targets: &[Target]) -> bool {
    let streams = streams(api);
    targets.iter().all(|target| streams[&target.stream]["health"]["lag_events"] == 0)
}

/// Waits until all have sent everything, at most so long; whether they have. What is recorded of streams goes out, too.
pub(crate) fn settle_within(api: &Api, targets: &[Target], patience: Duration) -> bool {
    let started = Instant::now();
    let mut settled = 0;
    while settled < 3 {
        settled = if is_settled(api, targets) { settled + 1 } else { 0 };
        if started.elapsed() > patience {
            return false;
        }
        sleep(LOOK_INTERVAL);
    }
    true
}

/// As [`settle_within`], however busy the machine is.
pub(crate) fn settle(api: &Api, targets: &[Target]) {
    if settle_within(api, targets, PATIENCE) {
        return;
    }
    let streams = streams(api);
    let told = targets.iter().map(|target| {
        let stream = &streams[&target.stream];
        format!("{}: {} {}", target.name, stream["state"], stream["health"])
    });
    panic!("they do not get there:\n{}", told.collect::<Vec<_>>().join("\n"));
}

/// What the log has, in its order.
pub(crate) fn logged(api: &Api) -> Vec<Event> {
    let mut events: Vec<Event> = api.all_events(ORG).iter().map(Event::of_native).collect();
    events.sort();
    for (place, event) in events.iter().enumerate() {
        assert_eq!(event.seq, place as u64, "the log has no holes");
    }
    events
}

/// The dead letters of a stream: ids of events, reason and what the other side said.
pub(crate) fn dead_letters(api: &Api, target: &Target) -> Vec<(String, String, String)> {
    let answer = api.get(&format!("/v1/streams/{}/dead_letters?limit=100", target.stream));
    let Some(letters) = answer.body["data"].as_array() else { panic!("{answer:?}") };
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let one = |letter: &Value| (text(&letter["event_id"]), text(&letter["reason"]), text(&letter["excerpt"]));
    letters.iter().map(one).collect()
}

/// Panics unless each target has every event of the log but those that are in `refused` under its name, in order, and
/// once where that is promised; nothing was left out. Gives how many there were more than once.
pub(crate) fn check(api: &Api, targets: &[Target], refused: impl Fn(&Target) -> Vec<String>) -> usize {
    let logged = logged(api);
    let mut repeated = 0;
    for target in targets {
        let gaps = api.get(&format!("/v1/streams/{}/gaps", target.stream)).body;
        assert_eq!(gaps["data"], json!([]), "{}: nothing was left out", target.name);
        let refused = refused(target);
        let mut dead: Vec<String> = dead_letters(api, target).into_iter().map(|(id, ..)| id).collect();
        dead.reverse();
        assert_eq!(dead, refused, "{}: dead letters", target.name);
        let expected: Vec<Event> =
            logged.iter().filter(|event| !refused.contains(&event.id)).cloned().collect();
        repeated += check_arrived(target, &expected);
    }
    repeated
}

fn check_arrived(target: &Target, expected: &[Event]) -> usize {
    let (name, started) = (target.name, Instant::now());
    let known: HashSet<&Event> = expected.iter().collect();
    // Receivers that answer before they have written need a moment.
    let arrived = loop {
        let arrived = target.receiver.events();
        if started.elapsed() > PATIENCE || arrived.iter().collect::<HashSet<_>>().len() >= expected.len() {
            break arrived;
        }
        sleep(LOOK_INTERVAL);
    };
    if let Some(stranger) = arrived.iter().find(|event| !known.contains(event)) {
        panic!("{name} has {stranger:?}, which is not in the log, or was refused");
    }
    let mut seen = HashSet::new();
    let first: Vec<&Event> = arrived.iter().filter(|event| seen.insert(*event)).collect();
    let missing: Vec<u64> =
        expected.iter().filter(|event| !seen.contains(event)).map(|event| event.seq).collect();
    assert!(missing.is_empty(), "{name} misses {} of {}: {missing:?}", missing.len(), expected.len());
    let swapped = first.windows(2).find(|pair| pair[0].seq > pair[1].seq);
    assert!(swapped.is_none(), "{name} has them in another order: {swapped:?}");
    let repeated = arrived.len() - first.len();
    println!("{name}: {} events, {repeated} of them again", first.len());
    assert!(!target.is_once || repeated == 0, "{name} has {repeated} events twice");
    repeated
}
