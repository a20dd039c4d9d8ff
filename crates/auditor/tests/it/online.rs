//! Over HTTP, with a key.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;

use tallystick_event::{LeafKind, Unit};

use crate::support::{Log, Published, erasure};
use crate::{code, run, text, write};

const KEY: &str = "tsk_test";

/// Serves a log until the process ends. Without the key everything is refused.
fn serve(log: Log) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/logs/acme", listener.local_addr().unwrap());
    let files = Published::new(&log).files;
    let shared = Arc::new((log, files));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || answer(&stream, &shared.0, &shared.1));
        }
    });
    url
}

fn answer(stream: &TcpStream, log: &Log, files: &std::collections::BTreeMap<String, Vec<u8>>) {
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
        let body = match path.strip_prefix("range?from=").and_then(|rest| rest.split_once("&to=")) {
            Some((from, to)) => Some(log.range(from.parse().unwrap(), to.parse().unwrap())),
            None => files.get(path).cloned(),
        };
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
