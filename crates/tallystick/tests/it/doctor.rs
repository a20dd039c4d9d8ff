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
