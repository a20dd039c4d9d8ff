//! Streams of the real service: killed while batches are on their way, every event arrives in order, at least once, and
//! a batch is the same on every attempt.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tallystick::seeded::Rng;

use crate::{
    receiver::{Call, Receiver},
    server::{Api, Server},
};

const ROUNDS: u64 = 10;
const BATCH: usize = 150;
/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(3);
const SETTINGS: [(&str, &str); 3] = [
    ("TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS", "true"),
    ("TALLYSTICK_LOG__TAIL_EVENTS_MAX", "500"),
    ("TALLYSTICK_LOG__TAIL_AGE_S", "1"),
];

fn write(api: &Api, round: u64) -> Result<(), ()> {
    let one = |number: usize| {
        json!({
            "org": "acme", "action": "invoice.updated", "actor": { "type": "user", "id": format!("u_{number}") },
            "metadata": { "round": round, "number": number, "note": "x".repeat(200) },
        })
    };
    let batch: Vec<Value> = (0..BATCH).map(one).collect();
    api.try_call("POST", "/v1/events", Some(json!(batch).to_string())).map(drop).map_err(drop)
}

/// Writes until told to stop, whether the server is there or not.
fn keep_writing(api: &Api, round: u64, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) && write(api, round).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn make_stream(server: &Server, receiver: &Receiver) -> String {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let made = server.api.post(
        "/v1/streams",
        &json!({
            "organization_id": "acme", "name": "Receiver", "kind": "webhook", "start_from": "beginning",
            "settings": { "url": receiver.url(), "secret": secret },
        }),
    );
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}

/// Waits until the stream has nothing more to send.
fn drained(api: &Api, id: &str) -> Value {
    let started = Instant::now();
    loop {
        let now = api.get(&format!("/v1/streams/{id}")).body;
        if now["health"]["lag_events"] == 0 {
            return now;
        }
        assert!(started.elapsed() < PATIENCE, "it does not get there: {now}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn killed_while_batches_are_on_their_way_every_event_arrives_in_order() {
    let mut rng = Rng::new(7);
    let dir = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let mut server = Server::try_start(dir.path(), &SETTINGS).unwrap();
    server.api.make_org("acme");
    write(&server.api, 0).unwrap();
    let id = make_stream(&server, &receiver);
    for round in 1..=ROUNDS {
        receiver.answer_after(Duration::from_millis(rng.between(0, 40) as u64));
        let stop = AtomicBool::new(false);
        let held = std::thread::scope(|scope| {
            let (api, stop) = (server.api.again(), &stop);
            scope.spawn(move || keep_writing(&api, round, stop));
            std::thread::sleep(Duration::from_millis(rng.between(50, 900) as u64));
            // Every other time it dies while a batch waits for its answer, else whenever.
            let held = round.is_multiple_of(2).then(|| receiver.hold(PATIENCE));
            server.kill();
            stop.store(true, Ordering::Relaxed);
            held
        });
        let seen = receiver.calls().len();
        receiver.release();
        server = Server::try_start(dir.path(), &SETTINGS)
            .unwrap_or_else(|output| panic!("round {round}: {output}"));
        if let Some(held) = held {
            let again = receiver.call_after(seen, PATIENCE);
            assert_eq!(
                (&again.id, again.body == held.body),
                (&held.id, true),
                "round {round}: what was on its way"
            );
        }
    }
    receiver.answer_after(Duration::ZERO);
    let done = drained(&server.api, &id);
    assert_eq!((&done["state"], &done["health"]["dead_letters"]), (&json!("active"), &json!(0)), "{done}");
    check(&server.api, &receiver.calls());
    server.stop();
}

/// What has arrived against what the log has.
fn check(api: &Api, calls: &[Call]) {
    let logged = api.all_events("acme");
    let mut logged: Vec<(u64, String)> = logged
        .iter()
        .map(|event| (event["seq"].as_u64().unwrap(), event["id"].as_str().unwrap().to_owned()))
        .collect();
    logged.sort_unstable();
    let mut bodies: HashMap<&str, &[u8]> = HashMap::new();
    let mut ids: HashMap<(u64, u64), &str> = HashMap::new();
    let (mut arrived, mut repeated) = (Vec::new(), 0);
    for call in calls {
        let json = call.json();
        let range = (json["first_seq"].as_u64().unwrap(), json["last_seq"].as_u64().unwrap());
        assert!(!call.headers["webhook-signature"].is_empty() && call.id.len() == 32, "{:?}", call.headers);
        match bodies.insert(&call.id, &call.body) {
            Some(before) => {
                assert!(before == call.body, "the batch {} is another one", call.id);
                repeated += 1;
            }
            None => arrived.extend(call.events()),
        }
        let before = ids.insert(range, &call.id);
        assert!(before.is_none_or(|before| before == call.id), "the range {range:?} has two ids");
    }
    println!("{} events in {} calls, {repeated} of them repeated", logged.len(), calls.len());
    assert!(repeated as u64 >= ROUNDS / 2, "hardly anything was on its way, so hardly anything was tested");
    assert!(
        arrived == logged,
        "{} of {} events arrived, in order, once a batch",
        arrived.len(),
        logged.len()
    );
}
