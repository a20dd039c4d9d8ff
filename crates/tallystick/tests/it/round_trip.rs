//! An event's whole way through the commands: sent, found, counted, followed live, exported, imported elsewhere.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::Stdio,
};

use serde_json::Value;

use crate::server::{Server, text};

fn ok(server: &Server, arguments: &[&str]) -> String {
    let output = server.cli(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn send_search_count_tail_and_export_agree() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    assert_eq!(ok(&server, &["orgs", "create", "acme", "--name", "Acme Inc."]).trim(), "acme");
    assert!(ok(&server, &["orgs", "list"]).contains("Acme Inc."));

    let sent = ok(
        &server,
        &[
            "send",
            "--org",
            "acme",
            "--action",
            "role.granted",
            "--actor",
            "user:u_1",
            "--actor-name",
            "Ana Ruiz",
            "--target",
            "user:u_2",
            "--metadata",
            "ticket=OPS-1",
            "--outcome",
            "denied",
        ],
    );
    let id = sent.split_whitespace().next().unwrap();
    assert!(id.starts_with("evt_") && sent.contains("seq 0"), "{sent}");
    let stdin = "{\"org\":\"acme\",\"action\":\"a.b\",\"actor\":{\"type\":\"t\",\"id\":\"1\"}}\n".repeat(30);
    let mut child =
        server.command(&["send", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    assert_eq!(text(&child.wait_with_output().unwrap().stdout).lines().count(), 30);

    let table = ok(&server, &["search", "--org", "acme", "OPS-1", "-outcome:success"]);
    assert!(
        table.contains("Ana Ruiz") && table.contains("role.granted") && table.contains("denied"),
        "{table}"
    );
    let found = json_lines(&ok(&server, &["search", "--org", "acme", "-action:a.b", "--output", "ndjson"]));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["id"], id);
    let whole: Value =
        serde_json::from_str(&ok(&server, &["search", "--org", "acme", "--output", "json", "--limit", "7"]))
            .unwrap();
    assert_eq!(whole["events"].as_array().unwrap().len(), 7);
    assert!(whole["next_cursor"].is_string());
    assert_eq!(ok(&server, &["count", "--org", "acme"]).trim(), "31");
    assert!(ok(&server, &["count", "--org", "acme", "--by", "action"]).contains("30  a.b"));

    let exported = ok(&server, &["export", "--org", "acme"]);
    let events = json_lines(&exported);
    assert_eq!(events.len(), 31);
    assert_eq!(events, server.api.all_events("acme"), "an export is what the API gives");

    // Into another organization, from the export.
    ok(&server, &["orgs", "create", "copy"]);
    let file = dir.path().join("export.ndjson");
    std::fs::write(&file, exported).unwrap();
    let file = file.to_str().unwrap();
    let imported = server.cli(&["import", "--org", "copy", "--format", "ndjson", file]);
    assert!(text(&imported.stderr).contains("31 events stored, 0 skipped"), "{}", text(&imported.stderr));
    assert_eq!(ok(&server, &["count", "--org", "copy", "action:role.granted"]).trim(), "1");
    server.stop();
}

#[test]
fn a_tail_shows_what_arrives_and_goes_on_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let send = |server: &Server, n: u32| {
        let number = format!("n={n}");
        ok(server, &["send", "--org", "acme", "--action", "a.b", "--actor", "t:1", "--metadata", &number]);
    };
    send(&server, 0);
    send(&server, 1);
    // The same port after the restart, so that the tail finds it again.
    let address = server.api.base.strip_prefix("http://").unwrap().to_owned();
    let mut tail = server
        .command(&["tail", "--org", "acme", "--after", "0", "--count", "3", "--output", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let mut next =
        || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap()["metadata"]["n"].clone();
    assert_eq!(next(), 1, "after seq 0");
    send(&server, 2);
    assert_eq!(next(), 2);
    server.kill();
    let server = Server::start_at(dir.path(), &address);
    send(&server, 3);
    assert_eq!(next(), 3, "nothing is lost or repeated by the restart");
    assert!(tail.wait().unwrap().success(), "it ends after --count events");
}

#[test]
fn a_bad_query_is_drawn_with_carets_and_a_missing_key_has_advice() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let output = server.cli(&["search", "outcome:faliure"]);
    assert_eq!(output.status.code(), Some(4));
    let errors = text(&output.stderr);
    let drawing = tallystick_query::parse("outcome:faliure").diagnostics;
    let drawing = tallystick_query::render_diagnostic("outcome:faliure", &drawing[0]);
    for line in drawing.lines() {
        assert!(errors.contains(line), "{errors}\nlacks\n{drawing}");
    }
    let output = crate::server::run(&["search", "x", "--server", &server.api.base]);
    assert_eq!(output.status.code(), Some(4));
    assert!(text(&output.stderr).contains("help: give a key"), "{}", text(&output.stderr));
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let token = ok(&server, &["keys", "create", "writer", "--org", "acme", "--scope", "events:write"]);
    let token = token.trim();
    let send = || {
        crate::server::tallystick()
            .args(["send", "--action", "a.b", "--actor", "t:1", "--server", &server.api.base])
            .env("TALLYSTICK_KEY", token)
            .output()
            .unwrap()
    };
    assert!(send().status.success());
    let listed = json_lines(&ok(&server, &["keys", "list", "--json"]));
    assert_eq!(listed[0]["name"], "writer");
    assert!(!listed[0].to_string().contains(token));
    ok(&server, &["keys", "revoke", listed[0]["id"].as_str().unwrap()]);
    let refused = send();
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused.stderr));
}

#[test]
fn an_export_that_is_cut_short_says_how_to_go_on_and_overwrites_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    let event = serde_json::json!({"org": "acme", "action": "a.b", "actor": {"type": "t", "id": "1"}});
    let batch = Value::from(vec![event; 2_500]);
    assert_eq!(server.api.post("/v1/events", &batch).status, 201);
    let first: Value = serde_json::from_str(&ok(
        &server,
        &["search", "--org", "acme", "--order", "asc", "--limit", "1000", "--output", "json"],
    ))
    .unwrap();
    let cursor = first["next_cursor"].as_str().unwrap();
    let file = dir.path().join("rest.ndjson");
    let path = file.to_str().unwrap();
    ok(&server, &["export", "--org", "acme", "--cursor", cursor, "--output", path]);
    let rest = json_lines(&std::fs::read_to_string(&file).unwrap());
    let all = server.api.all_events("acme");
    assert_eq!(rest, all[1_000..]);
    let again = server.cli(&["export", "--org", "acme", "--output", path]);
    assert!(!again.status.success(), "a file that is there is not overwritten");
    assert_eq!(json_lines(&std::fs::read_to_string(&file).unwrap()).len(), 1_500);
}
