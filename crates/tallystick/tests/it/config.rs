//! Mistakes in the configuration and on the command line, as the user sees them.

use crate::server::{run, tallystick, text};

#[test]
fn mistakes_come_all_at_once_with_line_and_hint() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.toml");
    std::fs::write(
        &file,
        "version = 1\n[server]\nlisen = \"127.0.0.1:1\"\n[limits]\nevent_bytes_max = \"big\"\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    for arguments in [vec!["check-config", path], vec!["serve", "--config", path]] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let errors = text(&output.stderr);
        assert!(errors.starts_with("error: ") && errors.contains(path), "{errors}");
        assert!(errors.contains("line 3: there is no server.lisen; did you mean listen?"), "{errors}");
        assert!(errors.contains("line 5: limits.event_bytes_max: expected a whole number"), "{errors}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn the_effective_configuration_shows_where_values_come_from() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("good.toml");
    std::fs::write(&file, "version = 1\n[data]\ndir = \"/srv/log\"\n").unwrap();
    let output = tallystick()
        .args(["check-config", file.to_str().unwrap()])
        .env("TALLYSTICK_SERVER__LISTEN", "[::1]:9000")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    assert!(shown.contains("dir = \"/srv/log\"  # line 3"), "{shown}");
    assert!(shown.contains("listen = \"[::1]:9000\"  # TALLYSTICK_SERVER__LISTEN"), "{shown}");
}

#[test]
fn a_mistyped_variable_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let output = tallystick()
        .args(["serve", "--data-dir", dir.path().to_str().unwrap()])
        .env("TALLYSTICK_LOG__TAIL_EVENT_MAX", "5")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("did you mean TALLYSTICK_LOG__TAIL_EVENTS_MAX?"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_reader_that_closes_its_end_is_no_error() {
    let mut child = tallystick()
        .args(["check-config", "--default"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
}

#[test]
fn no_service_is_told_with_advice_and_its_own_exit_code() {
    let output = run(&["count", "--server", "http://127.0.0.1:9", "--key", "x"]);
    assert_eq!(output.status.code(), Some(3));
    let errors = text(&output.stderr);
    assert!(errors.starts_with("error: cannot reach the service at http://127.0.0.1:9\n"), "{errors}");
    assert!(errors.contains("help: is it running there?"), "{errors}");
}
