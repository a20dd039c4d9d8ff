//! `tallystick doctor` on the well and the unwell.

use crate::{
    journal::{Sent, Writer},
    server::{Server, run, text},
};

#[test]
fn a_running_and_a_stopped_service_are_well() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.api.make_org("acme");
    assert_eq!(Writer::new("acme", "w").send(&server.api, 5, ""), Sent::Acknowledged);
    let path = dir.path().to_str().unwrap();
    let online = server.cli(&["doctor", "--online", "--data-dir", path]);
    let shown = text(&online.stdout);
    assert_eq!(online.status.code(), Some(0), "{shown}");
    assert!(shown.contains(&format!("process {}", server.pid())), "{shown}");
    for what in ["service", "clock", "ready", "version", "key"] {
        assert!(shown.contains(&format!("OK    {what}")), "{what} in {shown}");
    }
    server.stop();
    let offline = run(&["doctor", "--data-dir", path]);
    let shown = text(&offline.stdout);
    assert_eq!(offline.status.code(), Some(0), "{shown}");
    assert!(shown.contains("5 events to replay") || shown.contains("6 events to replay"), "{shown}");
}

#[test]
fn what_is_missing_is_a_failure() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.stop();
    std::fs::remove_file(dir.path().join("catalog.db")).unwrap();
    let output = run(&["doctor", "--data-dir", dir.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stdout).contains("FAIL  catalog"), "{}", text(&output.stdout));
    assert!(!dir.path().join("catalog.db").exists(), "looking must not make one");
    let output = run(&["doctor", "--online", "--server", "http://127.0.0.1:9"]);
    assert_eq!(output.status.code(), Some(5));
}

/// A service that has stopped, with a stream that had sent all there was.
fn with_stream(dir: &std::path::Path) -> String {
    let receiver = crate::receiver::Receiver::start();
    let server = crate::reconcile::service(dir, 20);
    let more = serde_json::json!({ "kind": "webhook", "settings": { "url": receiver.url() } });
    let id = crate::reconcile::make_stream(&server, &more);
    crate::reconcile::drained(&server, &id);
    let path = dir.to_str().unwrap();
    let shown = text(&run(&["doctor", "--data-dir", path]).stdout);
    assert!(shown.contains("their places were not compared"), "while it runs: {shown}");
    server.stop();
    let output = run(&["doctor", "--data-dir", path]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(shown.contains("OK    streams") && shown.contains("1 streams with 1 places"), "{shown}");
    id
}

#[test]
fn streams_that_are_not_well_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let id = with_stream(dir.path());
    let letter =
        "INSERT INTO stream_dead_letters (id, stream, org, seq, event_id, reason, excerpt, at_ms) VALUES";
    let letter_id = "dl_aaaaaaaaaaaaaaaaaaaa";
    for (statement, parts) in [
        ("UPDATE stream_cursors SET next_seq = 1000000".to_owned(), ["seq 1,000,000", "rewind"]),
        ("UPDATE stream_cursors SET in_flight_last = 900000".to_owned(), ["on its way", "900,000"]),
        (
            "PRAGMA foreign_keys = OFF; UPDATE stream_cursors SET org = 'nobody'".to_owned(),
            ["log of nobody", "none"],
        ),
        ("UPDATE streams SET kind = 'carrier_pigeon'".to_owned(), ["carrier_pigeon", "unknown"]),
        ("UPDATE streams SET format = 'morse'".to_owned(), ["morse", "format"]),
        ("UPDATE streams SET mask = '{}}'".to_owned(), ["mask", "not understood"]),
        ("UPDATE streams SET query = 'actor:('".to_owned(), ["query", "not understood"]),
        ("UPDATE streams SET settings_sealed = X'01'".to_owned(), ["settings", "cannot be opened"]),
        (
            format!("{letter} ('{letter_id}', '{id}', 'acme', 500000, 'evt_1', 'refused', '', 1)"),
            [letter_id, "500,000"],
        ),
        (
            format!("{letter} ('{letter_id}', '{id}', 'nobody', 1, 'evt_1', 'refused', '', 1)"),
            [letter_id, "nobody"],
        ),
    ] {
        let bad = tempfile::tempdir().unwrap();
        crate::server::copy_folder(dir.path(), bad.path());
        crate::tampering::sql(bad.path(), &statement);
        let output = run(&["doctor", "--data-dir", bad.path().to_str().unwrap()]);
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(5), "{statement}: {shown}");
        let failed: Vec<&str> = shown.lines().filter(|line| line.starts_with("FAIL  streams")).collect();
        assert_eq!(failed.len(), 1, "{statement}: {shown}");
        assert!(parts.iter().all(|part| failed[0].contains(part)), "{statement}: {}", failed[0]);
    }
    std::fs::remove_file(dir.path().join("keys/seal.key")).unwrap();
    let output = run(&["doctor", "--data-dir", dir.path().to_str().unwrap()]);
    let shown = text(&output.stdout);
    assert!(output.status.code() == Some(5) && shown.contains("no stream can send"), "{shown}");
    assert!(!dir.path().join("keys/seal.key").exists(), "looking must not make one");
}
