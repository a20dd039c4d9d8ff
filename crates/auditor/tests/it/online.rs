//! Over HTTP, with a key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use tallystick_event::{LeafKind, Unit};

use crate::support::{DIRECTORY, Log, ORIGIN, Published, erasure};
use crate::{code, run, text, write};

const KEY: &str = "tsk_test";

/// Serves a log until the process ends. Without the key everything is refused.
fn serve(log: Log) -> String {
    serve_what(log).0
}

/// What is served, which may change.
type Shared = Arc<Mutex<(Log, Files)>>;
type Files = std::collections::BTreeMap<String, Vec<u8>>;

fn serve_what(log: Log) -> (String, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/logs/acme", listener.local_addr().unwrap());
    let files = Published::new(&log).files;
    let shared = Arc::new(Mutex::new((log, files)));
    let served = Arc::clone(&shared);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || answer(&stream, &shared));
        }
    });
    (url, served)
}

fn answer(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_owned());
        }
        let path = lines[0].split(' ').nth(1).unwrap().strip_prefix("/v1/logs/acme/").unwrap_or_default();
        let is_known =
            lines.iter().any(|line| line.eq_ignore_ascii_case(&format!("authorization: bearer {KEY}")));
        let served = shared.lock().unwrap();
        let (log, files) = &*served;
        let body = match path.strip_prefix("range?from=").and_then(|rest| rest.split_once("&to=")) {
            Some((from, to)) => Some(log.range(from.parse().unwrap(), to.parse().unwrap())),
            None => files.get(path).cloned(),
        };
        drop(served);
        let (status, body) = match body {
            _ if !is_known => ("403 Forbidden", Vec::new()),
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", Vec::new()),
        };
        let mut stream = stream;
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(&[head.as_bytes(), &body].concat()).is_err() {
            return;
        }
    }
}

#[test]
fn a_log_and_a_range_are_verified_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new(700);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]]]"#));
    log.erase(3, &[Unit::Actor], by);
    let policy = write(folder.path(), "trust.policy", log.policy_text().as_bytes());
    let key = write(folder.path(), "key", format!("{KEY}\n").as_bytes());
    let note = log.note(300).to_string();
    let kept = write(folder.path(), "kept", note.as_bytes());
    let url = serve(log);
    let trust = ["--policy", &policy, "--bearer-file", &key];
    for (args, says) in [
        (vec!["log", &url], "the log is what its checkpoint says"),
        (vec!["since", &kept, "--log", &url], "continues the checkpoint of size 300"),
        (vec!["range", &url], "0 to 701: complete"),
        (vec!["range", &url, "--from", "1", "--to", "9"], "1 ERASED"),
    ] {
        let output = run(&[&args[..], &trust].concat());
        assert_eq!(code(&output), 0, "{args:?} {}", text(&output));
        assert!(text(&output).contains(says), "{args:?} {}", text(&output));
    }
    let output = run(&["range", &url, "--to", "5", "--policy", &policy]);
    assert_eq!(code(&output), 4, "{}", text(&output));
    assert!(text(&output).contains("403"), "{}", text(&output));
}

#[test]
fn a_key_that_can_be_read_once_does_for_a_whole_range() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new(20);
    let by = log.append(LeafKind::Erasure, &erasure(r#"[[3,["actor"]]]"#));
    log.erase(3, &[Unit::Actor], by);
    let policy = write(folder.path(), "trust.policy", log.policy_text().as_bytes());
    let url = serve(log);
    for range in [&["--to", "9"][..], &[]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tallystick-verify"));
        command.args(["range", &url, "--policy", &policy, "--bearer-file", "/dev/stdin"]).args(range);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(KEY.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
    let output = run(&["range", &url, "--policy", &policy, "--bearer", " "]);
    assert!(code(&output) == 4 && text(&output).contains("403"), "no key: {}", text(&output));
}

#[test]
fn an_address_has_the_log_that_it_had_or_the_one_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::new(300);
    let policy = write(folder.path(), "trust.policy", log.policy_text().as_bytes());
    let state = folder.path().join("state").to_str().unwrap().to_owned();
    let (url, served) = serve_what(Log::new(300));
    let verify = |what: &str, more: &[&str]| {
        run(&[&[what, &url, "--policy", &policy, "--bearer", KEY], more].concat())
    };
    let kept = ["--state", &state[..]];
    let output = verify("range", &[&kept[..], &["--from", "2", "--to", "9"]].concat());
    assert_eq!(code(&output), 0, "{}", text(&output));
    // The range has pinned the log, so growth, and a fork, are noticed by either command.
    let larger = Log::new(400);
    let files = Published::new(&larger).files;
    *served.lock().unwrap() = (larger, files);
    for what in ["log", "range"] {
        let output = verify(what, &kept);
        assert_eq!(code(&output), 0, "{}", text(&output));
    }
    assert!(text(&verify("range", &kept)).contains("continues the checkpoint of size 400"));
    let mut fork = Log::new(300);
    fork.hashes.swap(100, 101);
    fork.append(LeafKind::Event, &erasure("[]"));
    for _ in 0..120 {
        fork.append(LeafKind::Event, &erasure("[]"));
    }
    let files = Published::new(&fork).files;
    *served.lock().unwrap() = (fork, files);
    for what in ["log", "range"] {
        let output = verify(what, &[&kept[..], &[]].concat());
        assert_eq!(code(&output), 2, "{what}: {}", text(&output));
    }

    // Genuine files of another log that the policy believes.
    served.lock().unwrap().1 = Published::of_directory(&log).files;
    let output = verify("log", &[]);
    assert_eq!(code(&output), 0, "nobody has said which log is meant: {}", text(&output));
    for more in [&kept[..], &["--origin", ORIGIN]] {
        let output = verify("log", more);
        assert_eq!(code(&output), 4, "{}", text(&output));
        assert!(text(&output).contains(DIRECTORY) && text(&output).contains(ORIGIN), "{}", text(&output));
    }
    // Whoever runs it may have begun a new log, and says so.
    let output = verify("log", &[&kept[..], &["--origin", DIRECTORY]].concat());
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(code(&verify("log", &kept)), 0);
}

#[test]
fn a_flag_that_a_command_does_not_honour_is_refused() {
    for args in [
        &["event", "x", "--key", "y", "--need-anchor"][..],
        &["log", "x", "--key", "y", "--need-anchor"],
        &["pack", "x", "--key", "y", "--state", "z"],
        &["since", "x", "--log", "y", "--key", "y", "--state", "z"],
        &["event", "x", "--key", "y", "--origin", "z"],
    ] {
        let output = run(args);
        assert_eq!(code(&output), 4, "{args:?} {}", text(&output));
        assert!(text(&output).contains("unexpected argument"), "{args:?} {}", text(&output));
    }
}
