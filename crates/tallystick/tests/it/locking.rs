//! One service a directory, and who holds it.

use crate::server::{Server, text};

#[test]
fn the_second_service_says_who_has_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::start(dir.path());
    let address = first.api.base.strip_prefix("http://").unwrap();
    // On a port of its own, and on the same one, where the port alone would say less.
    for listen in ["127.0.0.1:0", address] {
        let output = crate::server::tallystick()
            .args(["serve", "--listen", listen, "--data-dir", dir.path().to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert!(errors.contains(&format!("process {}", first.pid())), "{errors}");
        assert!(errors.contains(&format!("listening on {address}")), "{errors}");
    }
    // The first one has not noticed, and its directory is free once it is gone, however it goes.
    assert_eq!(first.api.get("/healthz").status, 200);
    first.kill();
    Server::start(dir.path()).stop();
}

#[test]
fn another_program_on_the_port_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let output =
        crate::server::run(&["serve", "--listen", &address, "--data-dir", dir.path().to_str().unwrap()]);
    let errors = text(&output.stderr);
    assert!(errors.contains(&format!("{address} is in use by another program")), "{errors}");
    assert!(errors.contains("--listen"), "{errors}");
}

#[test]
fn the_root_key_is_made_once_and_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("keys").join("root.key");
    let server = Server::start(dir.path());
    assert!(server.greeting.iter().any(|line| line.contains(key.to_str().unwrap())), "{:?}", server.greeting);
    let text = std::fs::read_to_string(&key).unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    server.stop();
    let server = Server::start(dir.path());
    assert!(!server.greeting.iter().any(|line| line.contains("root.key")), "{:?}", server.greeting);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), text);
}
