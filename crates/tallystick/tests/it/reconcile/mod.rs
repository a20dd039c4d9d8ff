//! `tallystick reconcile` on copies that real streams and exports have made: what they have is equal, and whatever is
//! done to them is named.

mod copies;
mod stores;
mod streams;

use std::{path::Path, process::Output, time::Instant};

use serde_json::{Value, json};

use crate::server::{Server, text};

pub(crate) const SETTINGS: [(&str, &str); 1] = [("TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS", "true")];
/// What nothing here should take, however busy the machine is.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(3);

/// A service with events in the log of `acme`.
pub(crate) fn service(dir: &Path, events: usize) -> Server {
    let server = Server::try_start(dir, &SETTINGS).unwrap_or_else(|output| panic!("no start: {output}"));
    server.api.make_org("acme");
    if events > 0 {
        write(&server, "acme", 0, events);
    }
    server
}

/// Writes events of several kinds, with texts that formats have to escape.
pub(crate) fn write(server: &Server, org: &str, from: usize, count: usize) {
    let actions = ["user.role_assigned", "invoice.updated", "user.signed_in", "file.shared"];
    let one = |number: usize| {
        json!({
            "org": org, "action": actions[number % actions.len()],
            "actor": { "type": "user", "id": format!("u_{}", number % 7), "name": "Zoë = | \\ Ruiz",
                "email": "zoe@acme.example" },
            "targets": [{ "type": "user", "id": format!("t_{number}"), "name": "Chen\tWei" }],
            "context": { "ip": "203.0.113.7", "user_agent": "curl/8 a=b" },
            "outcome": if number.is_multiple_of(3) { "failure" } else { "success" }, "reason": "one\ntwo = 2",
            "changes": [{ "path": "a", "op": "replace", "old": number, "new": [1.5, null] }],
            "metadata": { "number": number, "note": "x".repeat(number % 50) },
        })
    };
    let batch: Vec<Value> = (from..from + count).map(one).collect();
    let answer = server.api.post("/v1/events", &json!(batch));
    assert!(answer.status < 300, "{answer:?}");
}

/// What the command found, and its exit code.
pub(crate) fn reconcile(server: &Server, arguments: &[&str]) -> (i32, Value) {
    let output = server.cli(&[&["reconcile", "--output", "json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout);
    let report = report.unwrap_or_else(|_| panic!("{}{}", text(&output.stdout), text(&output.stderr)));
    (output.status.code().unwrap(), report)
}

/// It must find that a copy is equal. Gives what it found.
pub(crate) fn assert_equal(server: &Server, arguments: &[&str], records: usize) -> Value {
    let (code, report) = reconcile(server, arguments);
    assert_eq!(
        (code, &report["equal"], &report["records"]),
        (0, &json!(true), &json!(records)),
        "{report:#}"
    );
    report
}

/// The text for people, and the exit code.
pub(crate) fn shown(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// Makes a stream of `acme`.
pub(crate) fn make_stream(server: &Server, more: &Value) -> String {
    let mut body = json!({ "organization_id": "acme", "name": "Copy", "start_from": "beginning" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = server.api.post("/v1/streams", &body);
    assert_eq!(made.status, 201, "{made:?}");
    made.body["id"].as_str().unwrap().to_owned()
}

/// Waits until a stream is as it should be, and gives it.
pub(crate) fn until(server: &Server, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let started = Instant::now();
    loop {
        let now = server.api.get(&format!("/v1/streams/{id}")).body;
        if is_so(&now) {
            return now;
        }
        assert!(started.elapsed() < PATIENCE, "it does not get there: {now}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// Waits until a stream has nothing more to send.
pub(crate) fn drained(server: &Server, id: &str) -> Value {
    until(server, id, |now| now["health"]["lag_events"] == 0)
}
