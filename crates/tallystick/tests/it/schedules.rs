//! Schedules of exports of the real service: by the command line, killed in between, and a message to a real mail server.

use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

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
    let made = server.cli(&[&create[..], &["--format", "ndjson", "--order", "asc", "--weekly", "sunday"]].concat());
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
    assert!(listed.contains(&id) && listed.contains("run 6 done") && listed.contains("weekly 06:00"), "{listed}");
    let runs = text(&server.cli(&["exports", "schedules", "runs", &id]).stdout);
    assert_eq!(runs.lines().count(), 6, "{runs}");
    for act in ["pause", "resume", "delete"] {
        let acted = server.cli(&["exports", "schedules", act, &id]);
        assert!(acted.status.success(), "{act}: {}", text(&acted.stderr));
    }
    server.stop();
}

fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = std::env::var_os("TALLYSTICK_STREAMS_VENV")
        .map_or_else(|| root.join("target/streams-venv"), PathBuf::from);
    let path = venv.join("bin/python");
    assert!(path.exists(), "{} is not there: run `cargo xtask streams-setup`", path.display());
    path
}

#[test]
fn a_message_shows_whether_the_mail_server_is_set_up() {
    let dir = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../delivery/testdata/smtp_server.py");
    let mut command = Command::new(python());
    command.arg(script).arg(dir.path()).arg(port.to_string()).args(["none", "-", "-"]);
    let mut server = command.stdin(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < PATIENCE, "the mail server is not ready");
        std::thread::sleep(Duration::from_millis(20));
    }
    let config = dir.path().join("tallystick.toml");
    let text_of = |port: u16| {
        format!(
            "version = 1\n[server]\npublic_url = \"https://audit.example\"\n[smtp]\nhost = \"127.0.0.1\"\n\
             port = {port}\ntls = \"none\"\nfrom = \"Audit <audit@acme.example>\"\n"
        )
    };
    std::fs::write(&config, text_of(port)).unwrap();
    let check = || {
        let mut command = tallystick();
        command.arg("check-config").arg(&config).args(["--mail-to", "ana@acme.example"]).output().unwrap()
    };
    let sent = check();
    assert!(sent.status.success(), "{}", text(&sent.stderr));
    let message = std::fs::read_to_string(dir.path().join("001.eml")).unwrap();
    assert!(message.contains("Subject: Tallystick can send e-mail"), "{message}");
    let _ = server.kill();
    let _ = server.wait();
    let refused = check();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("has not taken the message"), "{}", text(&refused.stderr));
}
