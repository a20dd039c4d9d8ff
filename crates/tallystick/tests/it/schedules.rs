//! Schedules of exports of the real service: by the command line, killed in between; and a message to a mail server.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tallystick_receivers::{MailServer, Protection};

use crate::server::{Server, tallystick, text};

/// What nothing here should take, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(3);

fn write(server: &Server, first: u64, count: u64) {
    let one = |number: u64| {
        json!({ "org": "acme", "action": "invoice.updated", "actor": { "type": "user", "id": "u_1" },
            "metadata": { "number": number } })
    };
    let batch: Vec<Value> = (first..first + count).map(one).collect();
    assert_eq!(server.api.post("/v1/events", &json!(batch)).status, 201);
}

fn done(server: &Server, id: &str, number: u64) -> Value {
    let started = Instant::now();
    loop {
        let found = server.api.get(&format!("/v1/export-schedules/{id}/runs")).body;
        let runs = found["runs"].as_array().unwrap();
        if let Some(run) = runs.iter().find(|run| run["number"] == number && run["status"] == "done") {
            return run.clone();
        }
        assert!(started.elapsed() < PATIENCE, "it does not end: {found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn runs_killed_at_any_moment_have_every_event_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    server.api.make_org("acme");
    let create = ["exports", "schedules", "create", "action:invoice.*", "--org", "acme", "--name", "All"];
    let made =
        server.cli(&[&create[..], &["--format", "ndjson", "--order", "asc", "--weekly", "sunday"]].concat());
    assert!(made.status.success(), "{}", text(&made.stderr));
    let id = text(&made.stdout).trim().to_owned();
    let mut numbers = Vec::new();
    for round in 0..6 {
        write(&server, round * 50, 50);
        std::thread::sleep(Duration::from_millis(5));
        let asked = server.cli(&["exports", "schedules", "run", &id]);
        assert!(asked.status.success(), "{}", text(&asked.stderr));
        // At another moment each time: before it begins, while its file is made, when it is done.
        std::thread::sleep(Duration::from_millis(round * 15));
        server.kill();
        server = Server::start(dir.path());
        let run = done(&server, &id, round + 1);
        let path = format!("/v1/exports/{}/download", run["export_id"].as_str().unwrap());
        let (status, bytes) = server.api.bytes(&path, "*/*");
        assert_eq!(status, 200);
        for line in text(&bytes).lines() {
            let event: Value = serde_json::from_str(line).unwrap();
            numbers.push(event["metadata"]["number"].as_u64().unwrap());
        }
    }
    assert_eq!(numbers, (0..300).collect::<Vec<_>>(), "each once, in order, over all runs");
    let listed = text(&server.cli(&["exports", "schedules", "list", "--org", "acme"]).stdout);
    assert!(
        listed.contains(&id) && listed.contains("run 6 done") && listed.contains("weekly 06:00"),
        "{listed}"
    );
    let runs = text(&server.cli(&["exports", "schedules", "runs", &id]).stdout);
    assert_eq!(runs.lines().count(), 6, "{runs}");
    for act in ["pause", "resume", "delete"] {
        let acted = server.cli(&["exports", "schedules", act, &id]);
        assert!(acted.status.success(), "{act}: {}", text(&acted.stderr));
    }
    server.stop();
}

#[test]
fn a_message_shows_whether_the_mail_server_is_set_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = MailServer::start(Protection::None);
    let config = dir.path().join("tallystick.toml");
    let settings = format!(
        "version = 1\n[server]\npublic_url = \"https://audit.example\"\n[smtp]\nhost = \"127.0.0.1\"\n\
         port = {}\ntls = \"none\"\nfrom = \"Audit <audit@acme.example>\"\n",
        server.port
    );
    std::fs::write(&config, settings).unwrap();
    let check = || {
        let mut command = tallystick();
        command.arg("check-config").arg(&config).args(["--mail-to", "ana@acme.example"]).output().unwrap()
    };
    let sent = check();
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let messages = server.messages();
    assert!(messages[0].text.contains("Subject: Tallystick can send e-mail"), "{messages:?}");
    server.stop();
    let refused = check();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("has not taken the message"), "{}", text(&refused.stderr));
}
